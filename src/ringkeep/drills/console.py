"""A drill in the terminal: live steps while it runs (stderr), the report when it is done (stdout)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ringkeep.drills.report import Report, Step
from ringkeep.drills.words import KINDS, MISSING, STEPS, VERDICTS, Words

COLOUR = {"good": "green", "degraded": "yellow", "bad": "red", "note": "cyan"}
SIGN = {"good": "✔", "degraded": "▲", "bad": "✖", "note": "·"}
SHOWN_DEFECTS, SHOWN_CALLS, SHOWN_MISSING = 30, 12, 6


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
            if self._live is None:
                self._console.print(self._line(self.steps[-1]))
            self._show()

    def update(self, note: str, done: int = 0, total: int = 0) -> None:
        """How far the current step is."""
        if self._open:
            name, started, _ = self._open[-1]
            self._open[-1] = (name, started, f"{done}/{total}" if total else note)
            self._show()

    def _line(self, step: Step) -> str:
        return f"  {step.seconds:6.2f} s  {self._words(STEPS.get(step.name, step.name))} {step.note}".rstrip()

    def _show(self) -> None:
        if self._live is None:
            return
        text = Text()
        for step in self.steps:
            text.append(self._line(step) + "\n", style="dim")
        for name, started, note in self._open:
            seconds = time.monotonic() - started
            text.append(f"  {seconds:6.2f} s  {self._words(STEPS.get(name, name))} {note}\n", style="bold")
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
    words = Words(lang)
    colour = COLOUR[report.verdict]
    console.print()
    console.print(f"[bold {colour}]{SIGN[report.verdict]} {words(VERDICTS[report.verdict])}[/]", highlight=False)
    first = report.timings.get("first_answer_s")
    if first is not None:
        console.print(
            words("First answered call {seconds} s after the start of the boot").format(seconds=words.number(first, 1)),
            highlight=False,
        )
    lab = f"Asterisk {report.lab_asterisk}" if report.lab_asterisk else words("not booted")
    source = f"{report.product}, Asterisk {report.source_asterisk or '?'}"
    console.print(
        f"{escape(report.source_path)} ({source}) → {lab}{' · ' + words('upgrade drill') if report.upgrade else ''}",
        highlight=False,
        style="dim",
    )
    _calls(report, console, words)
    _defects(report, console, words)
    _missing(report, console, words)
    total = report.timings.get("total_s") or 0.0
    console.print(words("Took {seconds} s.").format(seconds=words.number(total, 1)), highlight=False, style="dim")
    if html is not None:
        console.print(words("The whole report: {path}").format(path=escape(str(html.absolute()))), highlight=False)


def _calls(report: Report, console: Console, words: Words) -> None:
    if not report.calls and not report.counts:
        return
    table = Table(box=None, padding=(0, 2), show_header=False)
    for kind, count in report.counts.items():
        mark = "[green]✔[/]" if count.seen >= count.expected else "[red]✖[/]"
        table.add_row(
            mark, words(KINDS.get(kind, kind)), f"{words.number(count.seen)} / {words.number(count.expected)}"
        )
    for kind in dict.fromkeys(call.kind for call in report.calls):
        calls = [call for call in report.calls if call.kind == kind]
        good = sum(call.ok for call in calls)
        mark = "[green]✔[/]" if good == len(calls) else "[red]✖[/]"
        label = words("calls: {kind}").format(kind=words(KINDS.get(kind, kind)))
        table.add_row(mark, label, f"{words.number(good)} / {words.number(len(calls))}")
    console.print(table)
    for call in [c for c in report.calls if not c.ok][:SHOWN_CALLS]:
        keys = f" {words('keys')} {call.keys}" if call.keys else ""
        console.print(
            f"  [red]✖[/] {escape(call.caller)} → {escape(call.to)}{keys}: {escape(call.expected)} [dim]≠ {escape(call.got)}[/]",
            highlight=False,
        )


def _defects(report: Report, console: Console, words: Words) -> None:
    for defect in report.defects[:SHOWN_DEFECTS]:
        colour = COLOUR[defect.severity]
        console.print(
            f"[{colour}]{SIGN[defect.severity]}[/] [bold]{escape(defect.where)}[/] {escape(defect.what)} [dim]{defect.code}[/]",
            highlight=False,
        )
    if len(report.defects) > SHOWN_DEFECTS:
        console.print(words("… and {number} more").format(number=words.number(len(report.defects) - SHOWN_DEFECTS)))


def _missing(report: Report, console: Console, words: Words) -> None:
    for kind in dict.fromkeys(item.kind for item in report.missing):
        names = [item.name for item in report.missing if item.kind == kind]
        more = " …" if len(names) > SHOWN_MISSING else ""
        label = words("missing: {kind}").format(kind=words(MISSING.get(kind, kind)))
        console.print(
            f"[yellow]?[/] {label} ({words.number(len(names))}): {escape(', '.join(names[:SHOWN_MISSING]))}{more}",
            highlight=False,
        )
