"""A drill in the terminal: live steps while it runs (stderr), the report when it is done (stdout)."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ringkeep.drills.report import Report, Step
from ringkeep.drills.steps import AS_LINES, line
from ringkeep.drills.words import DEFECTS, KINDS, MISSING, PRODUCTS, STEPS, Words, phrases, safe, verdict_text
from ringkeep.terminal import errors
from ringkeep.translation import shown

COLOUR = {"good": "green", "degraded": "yellow", "bad": "red", "note": "cyan"}
SIGN = {"good": "✔", "degraded": "▲", "bad": "✖", "note": "·"}
SHOWN_DEFECTS, SHOWN_OF_A_CODE, SHOWN_CALLS, SHOWN_MISSING = 30, 5, 12, 6

Show = Callable[..., None]


class Progress:
    """Steps with their seconds: a live list in a terminal, plain lines anywhere else."""

    def __init__(self, lang: str = "en", console: Console | None = None) -> None:
        self._words = Words(lang)
        self._console = console or Console(stderr=True, highlight=False)
        self._live = (
            Live(console=self._console, refresh_per_second=12, transient=True) if self._console.is_terminal else None
        )
        self.steps: list[Step] = []
        self._open: list[tuple[str, float, str]] = []
        if self._live:
            self._live.start()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A timed step; its seconds go into the report."""
        self._open.append((name, time.monotonic(), ""))
        self._show()
        try:
            yield
        finally:
            name, started, note = self._open.pop()
            self.steps.append(Step(name, time.monotonic() - started, note))
            if os.environ.get(AS_LINES):
                errors.print(line(name, self.steps[-1].seconds, note))
            elif self._live is None:
                self._console.print(escape(self._line(self.steps[-1])))
            self._show()

    def update(self, note: str, done: int = 0, total: int = 0) -> None:
        """How far the current step is."""
        if self._open:
            name, started, _ = self._open[-1]
            self._open[-1] = (name, started, f"{done}/{total}" if total else note)
            self._show()

    def _line(self, step: Step) -> str:
        return self._text(step.name, step.seconds, step.note)

    def _text(self, name: str, seconds: float, note: str) -> str:
        number = self._words.number(seconds, 2).rjust(6)
        time_taken = self._words("{seconds} s").format(seconds=number)
        return f"  {time_taken}  {self._words(STEPS.get(name, name))} {self._words.digits(shown(note))}".rstrip()

    def _show(self) -> None:
        if self._live is None:
            return
        text = Text()
        for step in self.steps:
            text.append(self._line(step) + "\n", style="dim")
        for name, started, note in self._open:
            text.append(self._text(name, time.monotonic() - started, note) + "\n", style="bold")
        self._live.update(text)

    def close(self) -> None:
        """Take the live display away."""
        if self._live:
            self._live.stop()

    def complete(self, report: Report) -> Report:
        """End the display and give the report its steps."""
        self.close()
        return replace(report, steps=tuple(self.steps))


def print_report(report: Report, console: Console, lang: str = "en", *, html: Path | None = None) -> None:
    """The report in a screen: the verdict, what was called, what is wrong and where."""
    words, report = Words(lang), safe(report)
    show = partial(console.print, highlight=False, soft_wrap=True)  # a terminal breaks lines, a pipe gets them whole
    colour = COLOUR[report.verdict]
    show()
    show(f"[bold {colour}]{SIGN[report.verdict]} {words(verdict_text(report))}[/]")
    first = report.timings.get("first_answer_s")
    if first is not None:
        show(words("First answered call {time} after the start of the boot").format(time=words.duration(first)))
    _proved(report, show, words)
    _calls(report, show, words)
    _defects(report, show, words)
    _missing(report, show, words)
    total = report.timings.get("total_s") or 0.0
    show(words("Took {time}.").format(time=words.duration(total)), style="dim")
    if html is not None:
        show(words("The whole report: {path}").format(path=escape(str(html.absolute()))))


def _proved(report: Report, show: Show, words: Words) -> None:
    lab = f"Asterisk {report.lab_asterisk}" if report.lab_asterisk else words("not booted")
    product = PRODUCTS.get(report.product, report.product)
    source = f"Asterisk {report.source_asterisk}" if report.source_asterisk else words("Asterisk of unknown version")
    if product != "Asterisk":
        source = f"{product}, {source}"
    upgrade = f" · {words('upgrade drill')}" if report.upgrade else ""
    show(escape(report.source_path), style="dim")
    show(escape(words("{source} → {lab}").format(source=source, lab=lab) + upgrade), style="dim")


def _calls(report: Report, show: Show, words: Words) -> None:
    if not report.calls and not report.counts:
        return
    table = Table(box=None, padding=(0, 2), show_header=False)
    for kind, count in report.counts.items():
        table.add_row(*_row(words(KINDS.get(kind, kind)), count.seen, count.expected, words))
    for kind in dict.fromkeys(call.kind for call in report.calls):
        calls = [call for call in report.calls if call.kind == kind]
        label = words("calls: {kind}").format(kind=words(KINDS.get(kind, kind)))
        table.add_row(*_row(label, sum(call.ok for call in calls), len(calls), words))
    show(table)
    failed = [call for call in report.calls if not call.ok]
    for call in failed[:SHOWN_CALLS]:
        keys = f" {words('keys')} {call.keys}" if call.keys else ""
        way = words("{caller} → {number}").format(caller=_told(call.caller, words), number=call.to)
        show(f"[red]✖[/] [bold]{escape(way + keys)}[/]")
        for label, text in ((words("expected"), call.expected), (words("got"), call.got)):
            show(f"  {label}: {escape(_told(text, words))}", style="dim")
    _more(len(failed) - SHOWN_CALLS, show, words)


def _row(label: str, good: int, total: int, words: Words) -> tuple[str, str, str]:
    share = words("{good} of {total}").format(good=words.number(good), total=words.number(total))
    return "[green]✔[/]" if good >= total else "[red]✖[/]", escape(label), share


def _told(text: str, words: Words) -> str:
    return "".join(before + f"{word} {name}".strip() for before, word, name in phrases(text, words))


def _defects(report: Report, show: Show, words: Words) -> None:
    """Each defect in a line, under what its code means: the first of each code, the rest are counted."""
    left = SHOWN_DEFECTS
    for (severity, code), same in groupby(report.defects, key=lambda d: (d.severity, d.code)):
        defects = list(same)
        shown = defects[: min(SHOWN_OF_A_CODE if severity != "note" else 1, left)]
        if not shown:
            continue
        left -= len(shown)
        colour = COLOUR[severity]
        title = words(DEFECTS.get(code, code))
        show(f"[{colour}]{SIGN[severity]} {escape(title)}[/] ({words.number(len(defects))}) [dim]{escape(code)}[/]")
        for defect in shown:
            show(f"    [bold]{escape(defect.where)}[/] {escape(defect.what)}")
        _more(len(defects) - len(shown), show, words)


def _missing(report: Report, show: Show, words: Words) -> None:
    for kind in dict.fromkeys(item.kind for item in report.missing):
        names = [item.name for item in report.missing if item.kind == kind]
        more = " …" if len(names) > SHOWN_MISSING else ""
        label = words("missing: {kind}").format(kind=words(MISSING.get(kind, kind)))
        show(
            f"[yellow]?[/] {escape(label)} ({words.number(len(names))}): {escape(', '.join(names[:SHOWN_MISSING]))}{more}"
        )


def _more(number: int, show: Show, words: Words) -> None:
    if number > 0:
        show("    " + words("… and {number} more").format(number=words.number(number)), style="dim")
