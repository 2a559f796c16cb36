"""A recording that came, went or says something else is told from its file."""

from __future__ import annotations

from dataclasses import replace

from ringkeep.phonesystem.compare import compare
from tests.oracle.house_changes import house

FOLDER = "/var/lib/asterisk/sounds/fa/custom/"


def texts(before: dict[str, str], after: dict[str, str]) -> list[str]:
    system = house().read()
    a, b = (
        replace(system, sounds={FOLDER + name: digest for name, digest in sounds.items()}) for sounds in (before, after)
    )
    return [change.text for change in compare(a, b)]


def test_recordings_are_told_once_whatever_their_codings() -> None:
    before = {"closed.wav": "1", "closed.gsm": "2", "old.wav": "3", "same.wav": "4"}
    after = {"closed.wav": "9", "closed.gsm": "8", "new.wav": "5", "same.wav": "4"}
    assert texts(before, after) == [
        "Recording fa/custom/closed says something else now",
        "Recording fa/custom/new was added",
        "Recording fa/custom/old was removed",
    ]


def test_nothing_is_said_of_recordings_that_only_one_side_holds_at_all() -> None:
    assert texts({"closed.wav": "1"}, {}) == []
