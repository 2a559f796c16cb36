"""What a restore says, in both languages, from the document that its job gives."""

from __future__ import annotations

import re

import pytest

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores import telling
from ringkeep.restores.checking import Check
from ringkeep.translation import Words

RESULT = {
    "phone_system": "saba", "backup": "saba-1", "before": "saba-2", "trunks_held": True, "trunks_released": False, "first_answer_s": 1.25,
    "changes": [
        {"audience": "staff", "change": "added", "text": "Extension 305 was added",
         "says": {"text": "{thing} was added", "values": {"thing": "\u202e305"}}},
        {"audience": "staff", "change": "removed", "field": None, "text": "Extension 399 was removed",
         "says": {"text": "{thing} was removed", "values": {"thing": {"text": "extension {id}", "values": {"id": "399"}}}}},
    ],
    "counts": {"written": 3, "replaced": 2, "removed": 1, "kept": 4, "bytes": 2048, "databases": ["asterisk"], "states": 2,
               "left": [["/a\nb", "its name has line breaks, control characters or backslashes"]]},
    "warnings": [{"text": "", "says": {"text": "The backup is of Asterisk {then}, the target runs {now}.",
                                       "values": {"then": 16, "now": 22}}}],
    "checks": [{"what": what, "ok": what != "same", "found": ""} for what in telling.CHECKS]
              + [Check("extensions", ok=False, found=Sentence("missing: {names}", {"names": ["201", "202", Sentence("and {count} more", {"count": 12})]})).as_document()],
}  # fmt: skip


def test_what_would_change_stands_under_who_notices_it_and_nothing_hostile_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telling.show(RESULT, Words("en"))
    said = capsys.readouterr().out
    assert said.startswith(
        "With saba-1 restored, compared with now:\nLost, because it was made since the backup\n  − Extension 399 was removed\n"
        "Staff notice\n  + \\u202e305 was added\n"
    )
    assert "Files: 3 to add, 2 to replace (2 KiB in all), 1 to remove; 4 newer ones stay" in said
    assert "left: /a b" in said and "warning: The backup is of Asterisk 16, the target runs 22." in said


def test_of_very_many_changes_the_first_are_shown_and_a_setting_that_goes_is_not_called_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    inner = {"audience": "inner", "change": "removed", "field": None, "text": "Setting x was removed"}
    telling.show({**RESULT, "changes": [inner] * 100}, Words("en"))
    said = capsys.readouterr().out
    assert said.count("Setting x was removed") == telling.SHOWN_INNER and "and 90 more" in said and "Lost" not in said


def test_trunks_that_are_let_go_are_not_called_a_restore(capsys: pytest.CaptureFixture[str]) -> None:
    telling.show_end({**RESULT, "trunks_held": False, "trunks_released": True}, Words("en"))
    said = capsys.readouterr().out
    assert "The trunks of saba are let go" in said and "Restored" not in said


def test_every_line_is_persian_for_a_persian_reader(capsys: pytest.CaptureFixture[str]) -> None:
    telling.show(RESULT, Words("fa"))
    telling.show_end(RESULT, Words("fa"))
    for line in capsys.readouterr().out.splitlines():
        assert re.search("[آ-ی]", line), line
        assert not re.search(r"(?<![\w-])\d+(?![\w-])", re.sub("saba-.|u202e305", "", line), re.ASCII), line
