"""A live system's database names where its phones were a moment ago: a drill does not look for them there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from ringkeep.drills.drill import _restore_database
from ringkeep.sources.astdb import read_sqlite, write_astdb

STALE = {
    "/registrar/contact/201;@42f0348c6ce1b709252ad52bdcb206f6": '{"uri":"sip:201@100.127.254.1:5060"}',
    "/SIP/Registry/202": "192.0.2.7:5060:120:202:sip:202@192.0.2.7",
}
LASTING = {"/DND/201": "YES", "/Queue/PersistentMembers/support": "PJSIP/221;0;0;;PJSIP/221;0;0"}


def test_registrations_are_left_behind_and_nothing_else(tmp_path: Path) -> None:
    pbx = SimpleNamespace(
        tree=SimpleNamespace(directories={"astdbdir": "/db"}, outside=lambda inside: tmp_path / inside.lstrip("/"))
    )
    database = tmp_path / "db/astdb.sqlite3"
    database.parent.mkdir()
    write_astdb(database, STALE | LASTING)
    _restore_database(SimpleNamespace(astdb=STALE | LASTING), pbx)
    assert read_sqlite(database) == LASTING
    before = database.read_bytes()
    _restore_database(SimpleNamespace(astdb=LASTING), pbx)
    assert database.read_bytes() == before  # one without any stays the file it was
    database.unlink()
    _restore_database(SimpleNamespace(astdb=LASTING), pbx)
    assert read_sqlite(database) == LASTING
