"""Every command starts at once: none loads what only another needs, nor anything large before it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# What takes long to load and belongs to some verbs only.
LARGE = {"asyncio", "babel", "django", "email", "numpy", "persiantools", "rich"}
AFTER = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
DRILLS = {"numpy", "asyncio", "django"}


def loaded(code: str) -> set[str]:
    """Names of the top packages that are loaded once `code` has run in a fresh interpreter."""
    return set(subprocess.run([sys.executable, "-c", f"{code}\n{AFTER}"], capture_output=True, text=True, check=True).stdout.split())  # fmt: skip


def test_the_options_of_all_commands_load_nothing_large() -> None:
    assert not loaded("import ringkeep.cli.commands") & LARGE


@pytest.mark.parametrize("verb", ["inventory", "differences"])
def test_reading_loads_nothing_of_what_drills_call_with(verb: str) -> None:
    assert not loaded(f"from ringkeep.explanations import opened, {verb}") & DRILLS


def test_a_backup_and_its_drill_load_nothing_that_reads_phone_systems(tmp_path: Path) -> None:
    """That is done in processes of their own, and not at all where nothing changed."""
    code = (
        "from ringkeep.jobs.start import prepared; prepared()\n"
        "from ringkeep.jobs.kinds import kind_of; kind_of('backup'), kind_of('drill')\n"
        "import sys; print(*{'.'.join(name.split('.')[:3]) for name in sys.modules if name.startswith('ringkeep.')})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "RINGKEEP_HOME": str(tmp_path)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    heavy = {
        "ringkeep.phonesystem.model",
        "ringkeep.phonesystem.checks",
        "ringkeep.sources.contents",
        "ringkeep.restores.jobs",
    }
    assert "ringkeep.drills.jobs" in done.stdout.split() and not heavy & set(done.stdout.split())


def test_english_needs_no_catalogue() -> None:
    assert "babel" not in loaded("from ringkeep.translation import Words; Words('en')('Queues')")
