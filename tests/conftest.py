"""What holds for all tests: nothing is skipped in silence."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.db import connections

from ringkeep.standing.places import Standing
from tests.standing import standing

# Django's settings are read once a process: from a folder of this test run's own, never the user's.
_scratch = tempfile.TemporaryDirectory(prefix="ringkeep-tests-")
os.environ["RINGKEEP_HOME"] = _scratch.name
os.environ["DJANGO_SETTINGS_MODULE"] = "ringkeep.settings"
os.environ.pop("RINGKEEP_DATABASE_URL", None)
django.setup()


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RINGKEEP_HOME with its tables and keys, to be copied: making them takes a second or two."""
    place = tmp_path_factory.mktemp("made-home")
    place.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        _use(place, patch)
        connections.close_all()  # the last one takes the journals in
    return place


@pytest.fixture
def home(made_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh RINGKEEP_HOME with its tables, for this process and those it starts."""
    place = tmp_path / "home"
    shutil.copytree(made_home, place)
    _use(place, monkeypatch)
    yield place
    connections.close_all()


def _use(place: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("RINGKEEP_HOME", str(place))
    from ringkeep.jobs.start import prepared

    connections.close_all()
    connections["default"].settings_dict["NAME"] = str(place / "ringkeep.sqlite3")
    prepared()


@pytest.fixture(scope="session")
def saba() -> Iterator[Standing]:
    """The sample on a lab server of its own with Asterisk 22: real sshd, real sudo. Shared by tests that leave it as it is."""
    with standing("saba") as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how many tests this machine could not run, and why; also when there is none."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    terminalreporter.section(f"could not be run on this machine: {reasons.total()}")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:4} {reason}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason of a skip; pytest keeps it as (file, line, "Skipped: reason")."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return f"no reason given: {report.nodeid}"
