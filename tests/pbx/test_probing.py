"""The fingerprint changes when somebody configured something, and only then."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import pytest

from ringkeep import pbx
from tests.pbx.machine import Here, Machine


def prints(here: Here, facts: pbx.Facts) -> str:
    return asyncio.run(pbx.probe(here, facts))


CONFIGURED: dict[str, Callable[[Machine], object]] = {
    "a file edited": lambda m: m.write("etc/asterisk/extensions_custom.conf", "[x]\n"),
    "a file behind a link edited": lambda m: m.write("var/www/html/admin/modules/core/etc/extensions.conf", "[y]\n"),
    "a file closed to Asterisk": lambda m: (m.root / "etc/asterisk/manager.conf").chmod(0o600),
    "a folder closed to Asterisk": lambda m: (m.root / "etc/asterisk").chmod(0o700),
    "a file removed": lambda m: (m.root / "etc/asterisk/queues.conf").unlink(),
    "call forwarding set": lambda m: m.set_state(CF__1001="09121234567"),
    "do not disturb set": lambda m: m.set_state(DND__1001="YES"),
    "an announcement recorded": lambda m: m.write("var/lib/asterisk/sounds/custom/closed.wav", b"RIFF"),
    "a greeting recorded": lambda m: m.write("var/spool/asterisk/voicemail/default/1000/unavail.wav", b"RIFF"),
    "an AGI script changed": lambda m: m.write("var/lib/asterisk/agi-bin/x.agi", "#!/bin/sh\n"),
    "music added": lambda m: m.write("var/lib/asterisk/moh/new.wav", b"RIFF"),
}


def reload(machine: Machine) -> None:
    """What `fwconsole reload` leaves: the generated files written anew, ari_additional.conf with another salt."""
    for path in (machine.root / "etc/asterisk").iterdir():
        if not path.is_symlink():
            path.write_bytes(path.read_bytes())
            os.utime(path, (time.time() + 99, time.time() + 99))
    ari = machine.root / "etc/asterisk/ari_additional.conf"
    text = ari.read_text()
    assert "password=" in text
    ari.write_text("\n".join("password=$6$salt$other" if x.startswith("password=") else x for x in text.split("\n")))


NOISE: dict[str, Callable[[Machine], object]] = {
    "a reload": reload,
    "a registration": lambda m: m.set_state(**{"registrar__contact__1000;@x": "sip:1000@192.0.2.1", "SIP__Registry__1": "x"}),
    "an agent logging in": lambda m: m.set_state(Queue__PersistentMembers__401="Local/1000"),
    "a hint": lambda m: m.set_state(CustomDevstate__FOLLOWME1000="BUSY", TC__1__INUSESTATE="INUSE"),
    "a voicemail message": lambda m: m.write("var/spool/asterisk/voicemail/default/1000/INBOX/msg0000.wav", b"RIFF"),
    "a call": lambda m: (m.write("var/log/asterisk/cdr-csv/Master.csv", "x\n"), m.write("var/log/asterisk/queue_log", "x\n")),
    "a recording": lambda m: m.write("var/spool/asterisk/monitor/2026/11/24/in.wav", b"RIFF"),
    "an editor's swap file": lambda m: m.write("etc/asterisk/.extensions.conf.swp", b"b0VIM"),
}  # fmt: skip


@pytest.mark.parametrize("hidden", [(), ("sqlite3",)])
def test_what_people_configure_changes_it_and_what_happens_by_itself_does_not(
    freepbx: Machine, here: Here, hidden: tuple[str, ...]
) -> None:
    freepbx.hidden += hidden
    facts = asyncio.run(pbx.recognise(here))
    last = prints(here, facts)
    assert prints(here, facts) == last
    for what, happens in NOISE.items():
        happens(freepbx)
        assert prints(here, facts) == last, what
    for what, configure in CONFIGURED.items():
        configure(freepbx)
        before, last = last, prints(here, facts)
        assert last != before, what


def test_a_probe_is_one_round_trip_of_less_than_a_kilobyte(freepbx: Machine, here: Here) -> None:
    facts = asyncio.run(pbx.recognise(here))
    came, asked = here.came, len(here.asked)
    prints(here, facts)
    assert here.came - came < 1024 and len(here.asked) == asked + 1
