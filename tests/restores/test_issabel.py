"""Issabel's database and SQLite files, backed up, changed and restored while its pages write to them, on a real machine."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringkeep.fleet.actions import Order, address, enrol
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.actions import start
from ringkeep.jobs.models import SUCCEEDED, Job
from ringkeep.lab import image as images
from ringkeep.restores.models import DONE, Restore
from tests.restores.reached import SUMS, on
from tests.restores.working import work
from tests.standing import standing

NARVAN = Path(__file__).parents[2] / "samples/narvan"
PASSWORD = "canary-root-1"
# The root of Issabel's MariaDB has a password, and no other login is there.
SETTLED = f"""
cd /var/www/db 2>/dev/null || {{ mkdir -p /var/www/db; cd /var/www/db; }}
sqlite3 acl.db "create table acl_user (id integer primary key, name text, md5 text); insert into acl_user values (1,'admin','x'),(2,'ana','y')"
sqlite3 samples.db "create table samples (at integer); insert into samples values (1)"
chown -R asterisk:asterisk /var/www/db; chmod 644 *.db
rm -f /etc/freepbx.conf /root/.my.cnf; printf 'mysqlrootpwd={PASSWORD}\\n' > /etc/issabel.conf
mysql asterisk -e "create table notifications (at int)"
mysql -e "drop user if exists freepbxuser@localhost; alter user root@localhost identified by '{PASSWORD}'"
n=0; while [ $n -lt 60 ]; do asterisk -rx "database put CF $n 2$n"; n=$((n + 1)); done
umask 077; printf '[client]\\nuser=root\\npassword={PASSWORD}\\n' > /tmp/login
"""
WRITING = """
setsid sh -c 'while [ -e /tmp/login ]; do
  sqlite3 -cmd ".timeout 5000" /var/www/db/samples.db "insert into samples values (2)"
  mysql --defaults-file=/tmp/login asterisk -e "insert into notifications values (2)"
  sleep 0.3
done' >/dev/null 2>&1 </dev/null &
"""
DAMAGE = """
sqlite3 /var/www/db/acl.db "delete from acl_user where id = 2; insert into acl_user values (9,'somebody','z'); drop table if exists x"
mysql --defaults-file=/tmp/login asterisk -e "delete from users where extension='305'; truncate queues_config; create table hacked (id int)"
asterisk -rx 'database deltree CF'
sed -i /305/d /etc/asterisk/extensions_additional.conf
"""
STATES = "asterisk -rx 'database show CF'"
USERS = "cd /var/www/db; sqlite3 acl.db .dump; ls -l acl.db samples.db | cut -d' ' -f1,3,4; sqlite3 samples.db 'pragma integrity_check'"
TABLES = "mysqldump --defaults-file=/tmp/login --skip-dump-date --ignore-table=asterisk.notifications asterisk; mysql --defaults-file=/tmp/login -N -e 'show databases'"


@pytest.mark.skipif(images.find(16) is None, reason="no image of Asterisk 16 on this machine")
def test_users_menus_and_the_database_of_issabel_come_back_while_its_pages_write(home: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(NARVAN, tree)
    (tree / "etc/freepbx.conf").unlink()
    with standing("issabel-restored", tree, 16) as there:
        on(there, SETTLED)
        order = Order("issabel", address(f"ssh://{there.user}@127.0.0.1:{there.port}"), key=Path(there.key).read_text(), sudo=True)  # fmt: skip
        system = enrol(order, datetime.now(UTC))
        assert system.facts["product"] == "issabel" and "/var/www/db/acl.db" in system.facts["sqlite"]
        PhoneSystem.objects.filter(pk=system.pk).update(drill="none")
        files, tables, users, states = (on(there, look) for look in (SUMS, TABLES, USERS, STATES))
        on(there, WRITING)
        backup = start("backup", {"reason": "asked"}, key="backup:1", phone_system=system.pk)
        assert work() == 0
        backup.refresh_from_db()
        assert backup.state == SUCCEEDED, backup.error
        on(there, DAMAGE)
        assert users != on(there, USERS) and tables != on(there, TABLES) and "/CF/59 " in states != on(there, STATES)
        job = start("restore", {"backup": backup.result["backup"]}, key="restore:1", phone_system=system.pk)
        assert work() == 0
        job.refresh_from_db()
        row = Restore.objects.get()
        assert (job.state, job.error, row.state) == (SUCCEEDED, None, DONE), (row.error, row.checks)
        assert on(there, USERS) == users and on(there, TABLES) == tables and on(there, SUMS) == files
        assert on(there, STATES) == states
        before = on(there, "sqlite3 -cmd '.timeout 5000' /var/www/db/samples.db 'select count(*) from samples'")
        assert int(before) > 1
        assert "canary" not in on(there, "cat /var/lib/ringkeep/restore/*/* 2>/dev/null; ps axww")
        on(there, "rm /tmp/login")
    assert not any("canary" in str(value) for value in (*Job.objects.values_list("arguments", "error", "result"), row.plan, row.checks))  # fmt: skip
