"""A link in a phone system's files leads a restore to no file of this machine, which would be another customer's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringkeep.restores.logins import own
from ringkeep.restores.planning import FOLDER, LINK, Entry, Plan, State, plan
from ringkeep.restores.preview import lay_out
from ringkeep.restores.selection import parse
from ringkeep.restores.states import with_whole_astdb
from ringkeep.restores.trees import astdb
from ringkeep.sources.astdb import read_sqlite, write_astdb
from ringkeep.sources.contents import config_files

CANARY = "another customer's"
PLACE = {"astdbdir": "/var/lib/asterisk/x"}


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """One whose links lead into that of another customer, as links of a phone system are kept."""
    theirs, ours = tmp_path / "2/mirror", tmp_path / "1/mirror"
    for each in (theirs, ours):
        for folder in ("etc/asterisk", "var/lib/asterisk"):
            (each / folder).mkdir(parents=True)
    write_astdb(theirs / "var/lib/asterisk/astdb.sqlite3", {"/secret/of": CANARY})
    for name in ("pjsip.conf", "res_odbc.conf"):
        (theirs / "etc/asterisk" / name).write_text(f"[201]\npassword={CANARY}\n")
    (ours / "etc/asterisk/own.conf").write_text("[own]\n")
    (ours / "etc/asterisk/inside.conf").symlink_to("own.conf")
    (ours / "etc/asterisk/pjsip.conf").symlink_to("../../../../2/mirror/etc/asterisk/pjsip.conf")
    (ours / "etc/asterisk/circle.conf").symlink_to("circle.conf")
    (ours / "var/lib/asterisk/x").symlink_to("../../../../../2/mirror/var/lib/asterisk")
    return ours


def test_files_of_the_configuration_are_those_of_its_own_tree(mirror: Path) -> None:
    assert set(config_files(mirror)) == {"/etc/asterisk/own.conf", "/etc/asterisk/inside.conf"}


def test_its_states_are_not_those_of_another(mirror: Path, tmp_path: Path) -> None:
    assert astdb(mirror, PLACE) is None
    live = State({"/var/lib/asterisk/x/moh": Entry(FOLDER, "", 0, 0o755)}, PLACE)
    sides, wanted = (State({}, PLACE, {"/CF/201": "1"}), live), parse(["astdb"])
    made, _ = with_whole_astdb(
        plan(*sides, wanted), sides, (mirror, tmp_path / "gone"), wanted, is_another=False, knows_gone=True, major=22
    )
    contents = [one.content for one in made.staged]
    assert contents and all(CANARY.encode() not in (one or b"") for one in contents)


def test_its_logins_are_not_those_of_another(mirror: Path, tmp_path: Path) -> None:
    (mirror / "etc/asterisk/res_odbc.conf").write_text("[201]\npassword=ours\n")
    live = tmp_path / "live"
    (live / "etc").mkdir(parents=True)
    (live / "etc/asterisk").symlink_to(tmp_path / "2/mirror/etc/asterisk")
    assert own(live, mirror) == {}


def test_the_preview_writes_no_states_into_those_of_another(mirror: Path, tmp_path: Path) -> None:
    link = Entry(LINK, "../../../../../2/mirror/var/lib/asterisk", 0, 0o777)
    live = State({"/var/lib/asterisk/x": link}, PLACE)
    lay_out(Plan(), live, mirror, tmp_path / "backup", tmp_path / "1/after", {"/CF/201": "1"})
    assert read_sqlite(tmp_path / "2/mirror/var/lib/asterisk/astdb.sqlite3") == {"/secret/of": CANARY}
