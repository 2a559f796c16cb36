"""Asterisk's own log: what a stock boot says too is taken out, the rest becomes defects at their lines."""

from __future__ import annotations

import pytest

from ringkeep.drills.logs import defects, normal_form, own_lines
from ringkeep.lab.server import LogLine


def line(text: str, level: str = "WARNING", source: str = "pbx") -> LogLine:
    return LogLine("Jan  6 10:30:00", level, source, text, None)


def told(text: str, *known: str, wanted: frozenset[str] = frozenset()) -> list[tuple[str, str, str]]:
    return [(d.code, d.severity, d.where) for d in defects([line(text)], known, wanted)]


# -- whose words ----------------------------------------------------------------------------------------------


def test_a_line_of_a_stock_boot_is_not_the_systems_own() -> None:
    stock = frozenset({normal_form(line("port 5060 is odd"))})
    assert own_lines([line("port 5080 is odd"), line("port is gone")], stock) == [line("port is gone")]


def test_a_line_that_differs_only_in_numbers_is_told_once() -> None:
    assert len(own_lines([line("call 0x1f at 10"), line("call 0x2e at 11")], frozenset())) == 1


@pytest.mark.parametrize(
    "made",
    [
        line("hello", "NOTICE"),
        line("Could not resolve carrier.example"),
        line("Connection failed", source="res_odbc"),
        line("Context 'a' tries to include nonexistent context 'a-custom'"),
    ],
)
def test_what_the_lab_brings_about_or_is_harmless_is_not_told(made: LogLine) -> None:
    assert own_lines([made], frozenset()) == []


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_warnings_and_errors_of_its_own_are_kept(level: str) -> None:
    assert own_lines([line("hello", level)], frozenset()) == [line("hello", level)]


# -- what they mean -------------------------------------------------------------------------------------------

LINES = [
    ("parse error: No closing ']' at line 3 of /etc/asterisk/queues.conf", "config-refused", "bad"),
    ("Could not create an object of type 'endpoint' with id '201' from configuration file", "object-refused", "bad"),
    (
        "Error loading module 'app_own.so': /x/app_own.so: cannot open shared object file: No such file",
        "module-absent",
        "note",
    ),
    ("Module 'app_own' declined to load", "module-not-loaded", "degraded"),
    ("No application 'Macro' for extension (c, 1, 1)", "application-missing", "bad"),
    ("File custom/gone does not exist in any format", "prompt-missing", "degraded"),
    ("Failed to execute '/x/own.py': No such file or directory", "script-missing", "degraded"),
    ("No closing parenthesis found? 'A(' at line 7 of extensions.conf", "dialplan-line", "degraded"),
]


@pytest.mark.parametrize(("text", "code", "severity"), LINES, ids=[row[1] for row in LINES])
def test_a_line_becomes_the_defect_it_tells_of(text: str, code: str, severity: str) -> None:
    assert [found[:2] for found in told(text)] == [(code, severity)]


def test_a_defect_stands_at_the_line_that_the_log_names() -> None:
    assert told(LINES[0][0])[0][2] == "/etc/asterisk/queues.conf:3"


def test_a_defect_without_a_line_stands_in_the_log() -> None:
    assert told(LINES[4][0])[0][2] == "Asterisk log"


def test_what_the_files_told_already_is_not_told_again() -> None:
    assert told(LINES[5][0], "the prompt custom/gone is missing") == []


def test_every_object_that_asterisk_refused_is_told() -> None:
    text = "Could not create an object of type 'endpoint' with id '{}' from configuration file"
    found = defects([line(text.format(name)) for name in ("201", "202")], ["carrier-1: endpoint carrier has no auth"])
    assert len(found) == 2


@pytest.mark.parametrize(("wanted", "severity"), [(frozenset(), "note"), (frozenset({"app_own.so"}), "degraded")])
def test_a_module_nobody_asked_for_is_only_a_note(wanted: frozenset[str], severity: str) -> None:
    text = "Error loading module 'app_own.so': undefined symbol: x"
    assert [found[1] for found in told(text, wanted=wanted)] == [severity]


def test_a_line_without_a_known_meaning_is_no_defect() -> None:
    assert told("something else") == []
