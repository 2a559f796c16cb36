"""Single extensions, queues and mailboxes on a real phone system, with the command that people type."""

from __future__ import annotations

from pathlib import Path

from tests.restores.commands import backed_up, enrol, run
from tests.restores.reached import on
from tests.standing import standing

FILES = "cd /etc/asterisk && cat pjsip.d/phones.conf voicemail.conf queues.conf | grep ."
# One extension with its mailbox, another's greeting, a member of a queue; somebody changed something else meanwhile.
LOST = """
cd /etc/asterisk && sed -i '/^.203.(phone,management)/,/^.203.(phone-aor)/d' pjsip.d/phones.conf && sed -i /^203/d voicemail.conf
sed -i /PJSIP.212/d queues.conf; rm -r /var/spool/asterisk/voicemail/default/201
sed -i 's/strategy = ringall/strategy = random/' queues.conf; asterisk -rx 'core reload'
"""


def test_what_was_named_comes_back_where_it_stood_and_the_rest_stays_as_somebody_changed_it_meanwhile(
    home: Path,
) -> None:
    with standing("parts") as there:
        enrol(home, "saba", there)
        backup = backed_up(home, "saba")
        was = on(there, FILES)
        on(there, LOST)
        assert "Unable" in on(there, "asterisk -rx 'pjsip show endpoint 203'")
        done = run(home, "restore", "saba", "--backup", backup, "--only", "extensions:۲۰۳،queues:۳۰۰", "--only", "voicemail:201", "--yes")  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.index("Extension 203 (Commercial Manager) was added") < done.stdout.index("Files: ") < done.stdout.index("Checked on saba")  # fmt: skip
        assert on(there, FILES) == was.replace("strategy = ringall", "strategy = random")
        assert "203@default" in on(there, "asterisk -rx 'pjsip show endpoint 203'")
        assert "unavail.wav" in on(there, "ls /var/spool/asterisk/voicemail/default/201")
        done = run(home, "restore", "saba", "--backup", backup, "--only", "extensions:299", "--yes")
        assert done.returncode == 1 and (done.stdout + done.stderr).count("no extension 299") == 1
