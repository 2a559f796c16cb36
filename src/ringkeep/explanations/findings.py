"""`ringkeep check`: what is wrong with a phone system, from its files alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ringkeep.explanations.opened import Opened, opened
from ringkeep.explanations.sounds import listen
from ringkeep.phonesystem.checks import Beside, Finding, review
from ringkeep.phonesystem.checks.rates import BadRates, Rate, read_rates
from ringkeep.phonesystem.checks.words import ADVICE, TITLES, WHY
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.phonesystem.sentences import Sentence, verbatim
from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, fail, print_json
from ringkeep.translation import Words, shown

_ = str  # marks a text for translation; the catalogue's test looks for it

HEADINGS = {
    "bad": _("Mend now: calls fail, or strangers can do harm"),
    "degraded": _("Wrong, but it rings"),
    "note": _("Worth knowing"),
}
COLOUR = {"bad": "red", "degraded": "yellow", "note": "cyan"}
SIGN = {"bad": "✖", "degraded": "▲", "note": "·"}
PRODUCTS = {"asterisk": "Asterisk", "freepbx": "FreePBX", "issabel": "Issabel"}
RATES_BYTES = 16 << 20
PLACES = 5  # of one finding that a terminal shows

Show = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Work:
    """What `ringkeep check` was asked."""

    path: Path
    rates: Path | None
    at: datetime
    as_json: bool
    lang: str


def tell(work: Work) -> int:
    """Print the findings; the exit code."""
    words = Words(work.lang)
    try:
        rates = _rates(work.rates)
    except (BadRates, UnicodeDecodeError) as error:
        fail("rates", verbatim(f"{work.rates}: {error}"), words, as_json=work.as_json)
        return COULD_NOT_TRY
    with opened(work.path) as phone_system:
        beside = Beside(
            at=work.at, rates=rates, version=phone_system.source.asterisk_version,
            sounds=listen(phone_system.source, phone_system.system),
        )  # fmt: skip
        findings = secrets_of(phone_system.system).covered_in(review(phone_system.system, beside))
        if work.as_json:
            print_json(document(findings, words))
        else:
            _print(phone_system, findings, words)
    return NOT_GOOD if any(finding.severity != "note" for finding in findings) else GOOD


def _rates(path: Path | None) -> tuple[Rate, ...]:
    if path is None:
        return ()
    if path.stat().st_size > RATES_BYTES:
        raise BadRates("it is too large for a rate table")
    return read_rates(path.read_text("utf-8-sig"))


def document(findings: tuple[Finding, ...], words: Words) -> dict[str, object]:
    """What --json prints."""
    counts = Counter(finding.severity for finding in findings)
    return {
        "findings": [_fields(finding, words) for finding in findings],
        "counts": {severity: counts[severity] for severity in HEADINGS},
    }


def _fields(finding: Finding, words: Words) -> dict[str, object]:
    return {
        "severity": finding.severity, "code": finding.code, "where": shown(str(finding.place)), "title": words(TITLES.get(finding.code, finding.code)),
        "what": said(finding, words), "why": words(WHY.get(finding.code, "")), "advice": words(ADVICE.get(finding.code, "")),
        "what_id": shown(finding.subject) or None, "more": [shown(str(place)) for place in finding.more],
    }  # fmt: skip


def said(finding: Finding, words: Words) -> str:
    """The finding's sentence in the reader's language."""
    if not isinstance(finding.says, Sentence):
        return shown(finding.says)
    return finding.says.said(
        words, lambda text: words.digits(shown(text)) if text.isdigit() and len(text) < 4 else shown(text)
    )


def _print(phone_system: Opened, findings: tuple[Finding, ...], words: Words) -> None:
    show = partial(Console().print, highlight=False, soft_wrap=True)  # a terminal breaks lines, a pipe gets them whole
    source, system = phone_system.source, phone_system.system
    product = " ".join(filter(None, (PRODUCTS.get(source.product, source.product), source.product_version)))
    show()
    show(f"[bold]{escape(shown(str(source.path)))}[/]")
    about = words("{product}, {extensions} extensions, {numbers} numbers from outside, {trunks} trunks").format(
        product=shown(product), extensions=words.number(len(system.extensions)),
        numbers=words.number(len(system.inbound_numbers)), trunks=words.number(len(system.trunks)),
    )  # fmt: skip
    show(escape(about), style="dim")
    if not findings:
        show(f"\n[green]✔ {escape(words('Nothing found that is wrong.'))}[/]")
    for severity, same in groupby(findings, key=lambda finding: finding.severity):
        show(f"\n[bold {COLOUR[severity]}]{escape(words(HEADINGS[severity]))}[/]")
        by_code: dict[str, list[Finding]] = {}
        for finding in same:
            by_code.setdefault(finding.code, []).append(finding)
        for code, of_code in by_code.items():
            _group(code, of_code, show, words)


def _group(code: str, findings: list[Finding], show: Show, words: Words) -> None:
    """A kind of finding: what, where, why it matters, what to do."""
    severity = findings[0].severity
    show(f"\n[{COLOUR[severity]}]{SIGN[severity]}[/] [bold]{escape(words(TITLES.get(code, code)))}[/] [dim]{code}[/]")
    for finding in findings:
        show(f"    {escape(said(finding, words))}")
        places = ", ".join(shown(str(place)) for place in (finding.place, *finding.more[: PLACES - 1]))
        left = len(finding.more) - PLACES + 1
        more = " " + words("… and {number} more").format(number=words.number(left)) if left > 0 else ""
        show(f"    [dim]{escape(places + more)}[/]")
    show(f"    {escape(words(WHY.get(code, '')))}")
    show(f"    → {escape(words(ADVICE.get(code, '')))}")
