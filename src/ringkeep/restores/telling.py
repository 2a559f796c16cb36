"""What is said of a restore in a terminal, in either language: what would change, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringkeep.explanations.differences import HEADINGS, SIGNS
from ringkeep.phonesystem.compare import capital
from ringkeep.phonesystem.differences.telling import AUDIENCES
from ringkeep.phonesystem.sentences import amount, sentence
from ringkeep.restores.words import CHECKS
from ringkeep.translation import Words, shown

# Changes under one heading, and of what only engineers notice: what is beyond is no reading any more.
SHOWN, SHOWN_INNER = 40, 10


def show(result: dict[str, Any], words: Words) -> None:
    """The preview: what is lost, then who notices what, the callers first; then numbers and warnings."""
    if result["changes"] and result["trunks_released"]:
        print(words("With its trunks let go, compared with now:"))
    elif result["changes"]:
        print(words("With {backup} restored, compared with now:").format(backup=result["backup"]))
    lost = [one for one in result["changes"] if _is_lost(one)]
    _show_some(words("Lost, because it was made since the backup"), lost, words)
    for audience in AUDIENCES:
        told = [one for one in result["changes"] if one["audience"] == audience and one not in lost]
        _show_some(words(HEADINGS[audience]), told, words)
    if not result["changes"]:
        print(words("Callers, staff and carriers would notice nothing."))
    counts, number = result["counts"], words.number
    print(
        words("Files: {written} to add, {replaced} to replace ({size} in all), {removed} to remove; {kept} newer ones stay").format(
            written=number(counts["written"]), size=words.say(amount(counts["bytes"])),
            replaced=number(counts["replaced"]), removed=number(counts["removed"]), kept=number(counts["kept"]),
        )
    )  # fmt: skip
    if counts["databases"]:
        print(words("Databases: {names}").format(names=", ".join(shown(name) for name in counts["databases"])))
    if counts["states"]:
        print(words("States of phones to set: {count}").format(count=number(counts["states"])))
    for path, why in counts["left"]:
        print(words("left: {path}: {why}").format(path=shown(path), why=words(why)))
    for warning in result["warnings"]:
        print(words("warning: {text}").format(text=said(warning, words)))


def _is_lost(change: dict[str, Any]) -> bool:
    """Whether something that somebody made goes; a single setting inside the system is none."""
    return change["change"] == "removed" and change.get("field") is None and change["audience"] != "inner"


def _show_some(heading: str, changes: Sequence[dict[str, Any]], words: Words) -> None:
    if not changes:
        return
    print(heading)
    most = SHOWN_INNER if changes[0]["audience"] == "inner" else SHOWN
    for change in changes[:most]:
        print(f"  {SIGNS[change['change']]} {said(change, words)}")
    if len(changes) > most:
        print("  " + words("and {count} more; --json gives them all").format(count=words.number(len(changes) - most)))


def said(one: dict[str, Any], words: Words) -> str:
    """A kept sentence in the reader's language."""
    if "says" not in one:
        return shown(one["text"])
    return capital(words.say(sentence(one["says"])))


def show_end(result: dict[str, Any], words: Words) -> None:
    """How it went."""
    names = {"system": shown(result["phone_system"]), "backup": result["backup"], "before": result["before"]}
    if not result["checks"]:
        only = result.get("only")
        as_asked = words("In what was asked for, {system} is already as in {backup}: nothing was changed.")
        print((as_asked if only else words("{system} is already as in {backup}: nothing was changed.")).format(**names))
        return
    show_checks(result, words)
    if result.get("trunks_released"):
        print(words("The trunks of {system} are let go: it may log in at its carriers.").format(**names))
    else:
        print(words("Restored {system} from {backup}.").format(**names))
    if result["first_answer_s"] is not None:
        print(
            words("The first call was answered {time} after the swap began.").format(
                time=words.duration(result["first_answer_s"])
            )
        )
    print(words("The way back: {before}.").format(**names))
    if result["trunks_held"]:
        print(words("Its trunks are held: --release-trunks lets them go."))


def show_checks(result: dict[str, Any], words: Words) -> None:
    """What was asked of the phone system afterwards, and what it answered."""
    if result["checks"]:
        print(words("Checked on {system} afterwards:").format(system=shown(result["phone_system"])))
    for check in result["checks"]:
        found = words.say(sentence(check["says"])) if "says" in check else shown(check["found"])
        line = f"  {words('good') if check['ok'] else words('BAD')}  {words(CHECKS[check['what']])}"
        print(f"{line}: {found}" if found else line)
