"""What a finding says, in a reader's language."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ringkeep.findings.kinds import KINDS
from ringkeep.fleet.rules import zone
from ringkeep.phonesystem.secrecy import Secrets
from ringkeep.translation import Words, shown

if TYPE_CHECKING:  # stored sentences are said without a database too
    from ringkeep.findings.models import Finding

VALUE_SHOWN = 200  # signs of one value
NOBODY_S = Secrets(frozenset())  # what stands where a secret stands is covered: an error may quote a command
GIB, MIB = 1 << 30, 1 << 20


def said(finding: Finding, words: Words, *, over: bool = False) -> str:
    """Its sentence, fit to be shown; `over`: what is said when it is no longer so."""
    kind = KINDS[finding.kind]
    template = kind.over if over else kind.says
    values = {"system": finding.phone_system.name if finding.phone_system else "", **finding.values}
    needed = {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name}
    if not over and kind.without and any(values.get(name) in (None, "", []) for name in needed):
        template = kind.without
    time_zone = finding.phone_system.time_zone if finding.phone_system else "UTC"
    return _filled(template, values, words, time_zone)


def advice(finding: Finding, words: Words) -> str:
    """What to do about it."""
    return words(KINDS[finding.kind].advice)


def severity(finding: Finding) -> str:
    """bad or degraded."""
    return KINDS[finding.kind].severity


def document(finding: Finding, words: Words) -> dict[str, Any]:
    """One finding as `--json` has it."""
    return {
        "id": finding.pk, "kind": finding.kind, "severity": severity(finding), "detail": shown(finding.detail),
        "phone_system": finding.phone_system.name if finding.phone_system else None, "text": said(finding, words),
        "advice": advice(finding, words), "opened_at": finding.opened_at.isoformat(),
        "seen_at": finding.seen_at.isoformat(), "closed_at": finding.closed_at and finding.closed_at.isoformat(),
        "told_at": finding.told_at and finding.told_at.isoformat(),
    }  # fmt: skip


def sentence(of: Mapping[str, Any], words: Words) -> str:
    """A stored sentence, {"text": template, "values": {name: text, number or such a sentence}}, in the reader's language."""
    return _filled(str(of.get("text", "")), of.get("values") or {}, words, "UTC")


class _Lenient(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def _filled(template: str, values: Mapping[str, Any], words: Words, time_zone: str) -> str:
    filled = _Lenient({name: _value(name, value, words, time_zone) for name, value in values.items()})
    return words(template).format_map(filled)


def _value(name: str, value: Any, words: Words, time_zone: str) -> str:
    match value:
        case None:
            return "?"
        case {"text": str()}:
            return _filled(value["text"], value.get("values") or {}, words, time_zone)
        case list():
            return words("; ").join(_value(name, one, words, time_zone) for one in value)
        case int() | float() if name.endswith("_bytes"):
            return size(value, words)
        case int() | float() if name.endswith("_s"):
            return words.duration(value)
        case int():
            return words.number(value)
        case float():
            return words.number(value, 1)
        case str() if name.endswith("_at"):
            return _instant(value, words, time_zone)
    return words.shown(NOBODY_S.covered(str(value)[: VALUE_SHOWN + 1]), VALUE_SHOWN)


def _instant(value: str, words: Words, time_zone: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return shown(value, VALUE_SHOWN)
    return words.instant((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone(time_zone)))


def size(size_bytes: float, words: Words) -> str:
    """An amount of bytes for reading: "1.2 GiB"."""
    if size_bytes >= GIB:
        return words("{number} GiB").format(number=words.number(size_bytes / GIB, 1))
    if size_bytes >= MIB:
        return words("{number} MiB").format(number=words.number(size_bytes / MIB, 1))
    return words("{number} KiB").format(number=words.number(size_bytes / 1024, 1))
