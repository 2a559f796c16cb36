"""On another server its own database logins stay, and everything else of the files that hold them is the backup's."""

from __future__ import annotations

from pathlib import Path

from ringkeep.restores.logins import own

PHP = """<?php
$amp_conf['AMPDBUSER'] = '{user}';
$amp_conf["AMPDBPASS"] = '{password}';
$amp_conf['AMPWEBROOT'] = '/{user}';
"""
ODBC = """[{other}]
username=>x-{user}
[asteriskcdrdb]
enabled=>yes
dsn=>MySQL-{user}
UserName=>{user}
password=>{password}
"""
PLAIN = "AMPDBUSER={user}\nAMPDBPASS={password}\nAMPMGRPASS=of-{user}\nmysqlrootpwd={password}\namiadminpwd={user}\n"


def tree(place: Path, user: str, password: str, **more: str) -> Path:
    for path, text in {"freepbx.conf": PHP, "asterisk/res_odbc_additional.conf": ODBC, "issabel.conf": PLAIN}.items():
        file = place / "etc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(user=user, password=password, **{"other": "other", **more}))
    return place


def test_the_servers_own_logins_stay_and_all_else_is_the_backups(tmp_path: Path) -> None:
    live, backup = (
        tree(tmp_path / "live", "here", "canary-1"),
        tree(tmp_path / "backup", "there", "canary-2", other="b"),
    )
    found = {path: content.decode() for path, content in own(live, backup).items()}
    assert found == {
        "/etc/freepbx.conf": PHP.format(user="here", password="canary-1").replace("'/here'", "'/there'"),
        "/etc/issabel.conf": "AMPDBUSER=here\nAMPDBPASS=canary-1\nAMPMGRPASS=of-there\nmysqlrootpwd=canary-1\namiadminpwd=there\n",
        "/etc/asterisk/res_odbc_additional.conf": ODBC.format(user="here", password="canary-1", other="b")
        .replace("x-here", "x-there")
        .replace("MySQL-here", "MySQL-there"),
    }


def test_equal_files_links_and_what_is_not_there_are_left(tmp_path: Path) -> None:
    live, backup = tree(tmp_path / "live", "a", "b"), tree(tmp_path / "backup", "a", "b")
    assert own(live, backup) == {}
    backup = tree(tmp_path / "other", "c", "d")
    for path in ("freepbx.conf", "issabel.conf"):
        (live / "etc" / path).unlink()
    (live / "etc/freepbx.conf").symlink_to("/etc/passwd")
    (live / "etc/asterisk/res_odbc_additional.conf").unlink()
    assert own(live, backup) == {}
