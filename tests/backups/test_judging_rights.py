"""Owners and rights of two nights: what Asterisk can no longer read is told, and what is only numbered otherwise is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringkeep.backups.fetch_listing import Entry, Record
from ringkeep.backups.fetch_mirror import OWNERS
from ringkeep.backups.judging_content import judge_files
from ringkeep.backups.judging_rights import rights_in
from ringkeep.findings.telling import sentence as said
from ringkeep.phonesystem.sentences import Document
from ringkeep.translation import Words
from tests.backups.test_judging import FACTS, plain_mirror

ETC = "etc/asterisk"
USUAL = {
    f"{ETC}": ("d", 0o755, 0, 0), f"{ETC}/queues.conf": ("f", 0o640, 101, 101), f"{ETC}/extensions.conf": ("f", 0o640, 0, 101),
    f"{ETC}/queues.conf.bak": ("f", 0o644, 101, 101), f"{ETC}/cdr.conf": ("f", 0o640, 0, 33), f"{ETC}/link.conf": ("l", 0o777, 0, 0),
}  # fmt: skip
NAMES = {"0": "root", "101": "asterisk", "33": "www-data"}


def night(folder: Path, *, ids: int = 0, names: dict[str, str] = NAMES, **other: tuple[str, int, int, int]) -> Path:
    """A mirror whose phone system said these owners and rights; all numbers above 0 are `ids` more."""
    mirror = plain_mirror(folder, **{f"{ETC}/queues.conf": b"[general]\n"})
    entries = {
        path: Entry(kind, mode, uid and uid + ids, gid and gid + ids, 1, 1)
        for path, (kind, mode, uid, gid) in {**USUAL, **{path.replace("__", "/"): one for path, one in other.items()}}.items()
    }  # fmt: skip
    numbered = {str(int(number) and int(number) + ids): name for number, name in names.items()}
    record = Record({"configuration": entries}, users=numbered, groups=numbered)
    (mirror / "ringkeep").mkdir(exist_ok=True)
    (mirror / "ringkeep/owners.json").write_text(record.as_text())
    return mirror


def told(tmp_path: Path, after: Path) -> list[Document]:
    before = night(tmp_path / "first")
    kept = tmp_path / "first/kept"
    judge_files(before, None, [], FACTS, before.parent, kept)
    found = judge_files(after, kept, [], FACTS, after.parent, None)
    assert found.differences is not None
    changes: list[Document] = found.differences["changes"]
    return changes


LOCKED = {f"{ETC}/queues.conf": ("f", 0o600, 0, 0)}


def test_a_file_that_asterisks_account_can_no_longer_read_is_what_callers_notice(tmp_path: Path) -> None:
    [change] = told(tmp_path, night(tmp_path / "second", **LOCKED))
    assert (change["what"], change["id"], change["field"], change["audience"]) == (
        "file",
        "queues.conf",
        "rights",
        "callers",
    )
    assert (change["from"], change["to"]) == ("asterisk:asterisk 640", "root:root 600")
    assert said(change["says"], Words("en")) == (
        "Asterisk can no longer read queues.conf: it belongs to root:root 600, was asterisk:asterisk 640"
    )
    assert "استریسک دیگر نمی‌تواند" in said(change["says"], Words("fa"))


def test_a_locked_folder_is_one_sentence_for_all_files_in_it(tmp_path: Path) -> None:
    [change] = told(tmp_path, night(tmp_path / "second", **{ETC: ("d", 0o700, 0, 0)}))
    assert change["audience"] == "callers"
    assert said(change["says"], Words("en")) == "Asterisk can no longer read 2 files, extensions.conf among them"


@pytest.mark.parametrize(
    ("path", "rights", "words"),
    [
        ("queues.conf", ("f", 0o644, 101, 101), "queues.conf now belongs to asterisk:asterisk 644, was asterisk:asterisk 640"),
        ("queues.conf.bak", ("f", 0o600, 0, 0), "queues.conf.bak now belongs to root:root 600, was asterisk:asterisk 644"),
        # The account may be in that group: nothing is claimed.
        ("queues.conf", ("f", 0o640, 0, 33), "queues.conf now belongs to root:www-data 640, was asterisk:asterisk 640"),
    ],
)  # fmt: skip
def test_what_asterisk_still_reads_or_may_read_is_of_inner_interest(
    tmp_path: Path, path: str, rights: tuple[str, int, int, int], words: str
) -> None:
    [change] = told(tmp_path, night(tmp_path / "second", **{f"{ETC}/{path}": rights}))
    assert (said(change["says"], Words("en")), change["audience"]) == (words, "inner")


def test_an_unchanged_night_other_numbers_and_unknown_names_are_no_difference(tmp_path: Path) -> None:
    assert told(tmp_path, night(tmp_path / "second")) == []
    assert told(tmp_path / "b", night(tmp_path / "b/second", ids=900)) == []
    assert told(tmp_path / "c", night(tmp_path / "c/second", names={}, **LOCKED)) == []


def test_what_an_older_ringkeep_kept_knows_no_rights_and_says_nothing_of_them(tmp_path: Path) -> None:
    silent = plain_mirror(tmp_path / "first", **{f"{ETC}/queues.conf": b"[general]\n"})
    kept = tmp_path / "first/kept"
    judge_files(silent, None, [], FACTS, silent.parent, kept)
    after = night(tmp_path / "second", **LOCKED)
    found = judge_files(after, kept, [], FACTS, after.parent, None)
    assert found.differences is not None and json.dumps(found.differences["changes"]) == "[]"


ENDLESS = '{"users": {"0": "r"}, "groups": {"0": "r"}, "parts": {"configuration": {"etc/a": ["f", 420, 1e999, 0]}}}'


@pytest.mark.parametrize("text", [ENDLESS, "[" * 100_000, "{}", "7"])
def test_owners_that_are_none_are_unknown(tmp_path: Path, text: str) -> None:
    (tmp_path / OWNERS).parent.mkdir()
    (tmp_path / OWNERS).write_text(text)
    assert rights_in(tmp_path) == {}
