"""A product's phone system, its files and its database broken, restored with Ringkeep killed around every step."""

from __future__ import annotations

from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.actions import start
from ringkeep.jobs.models import SUCCEEDED, Job
from ringkeep.restores.models import DONE, Restore
from ringkeep.standing.places import Standing
from tests.restores.reached import SUMS, TABLES, on
from tests.restores.working import work

# What a restore adds to the steps of a backup, whose deaths are in tests/journeys/test_killed_backup.py; the swap itself
# is killed before each of its programs in test_swap.py, and in its middle on a real system in test_real_system.py. To see
# whether there is anything to do changes nothing there.
DEATHS = [
    ("begin", "unrecorded"), ("compare with the backup", "unrecorded"), ("send", "unrecorded"), ("swap and check", "unrecorded"), ("report", "unrecorded"),
]  # fmt: skip
DAMAGE = """
mysql asterisk -e "delete from users where extension='305'; delete from sip where id='305'; truncate queues_config"
cd /etc/asterisk && sed -i '/^\\[305]/,/^$/d' sip_additional.conf && sed -i /305/d extensions_additional.conf voicemail.conf
rm queues_additional.conf; asterisk -rx 'core reload'
"""
REGISTERED = (
    "for n in 1 2 3 4 5 6 7 8 9; do asterisk -rx 'sip show peers' | grep ^305/ | grep OK && exit; sleep 1; done"
)


def test_killed_around_every_step_files_and_database_are_both_back_and_no_success_was_claimed_before(
    system: PhoneSystem, narvan: Standing
) -> None:
    files, tables = on(narvan, SUMS), on(narvan, TABLES)
    on(narvan, DAMAGE)
    broken, broken_tables = on(narvan, SUMS), on(narvan, TABLES)
    assert broken != files and "305" not in on(narvan, "asterisk -rx 'sip show peers'")
    backup = Job.objects.get(id="backup:1").result["backup"]
    job = start("restore", {"backup": backup}, key="restore:1", phone_system=system.pk)
    for death in DEATHS:
        assert work(*death) == -9, death
        if death[0] not in ("swap and check", "report"):
            assert not Restore.objects.filter(state=DONE).exists(), death
            assert on(narvan, "cd /etc/asterisk && sha256sum ./sip_additional.conf") in broken, death
        job.refresh_from_db()
        assert job.state != SUCCEEDED, death
    assert work() == 0
    job.refresh_from_db()
    row = Restore.objects.get()
    assert (job.state, job.error, row.state) == (SUCCEEDED, None, DONE), (row.error, row.checks)
    assert {"call", "extensions", "dialplan", "same"} <= {check["what"] for check in row.checks if check["ok"]}
    assert on(narvan, SUMS) == files
    assert on(narvan, TABLES) == tables != broken_tables
    assert "305" in on(narvan, REGISTERED)  # its phone at the far end
