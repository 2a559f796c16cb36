"""Records what a real Asterisk in the lab writes about calls: queue_log, CDR, CEL and a voicemail spool.

Usage: .venv/bin/python -m tests.recordings.record 16 22

writes tests/recordings/asterisk-16/ and asterisk-22/. The system, the callers' awkward names and the calls are all
below; times, unique ids and names of channels differ each time. Sound files are recorded empty: only their names count.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from ringkeep.lab.server import Server
from tests.sealed import MODULES, boot, lab, sealed

HERE = Path(__file__).parent
SPOOL = "/var/spool/asterisk/voicemail"
LOGS = "/var/log/asterisk"

NAMES = (
    'Ana \\"The Boss\\" Smith', "O'Hara\\, Bob", "Caf\xe9".encode("latin-1"), "\u0645\u0631\u06cc\u0645".encode(),
    "pipe|pipe", "semi\\;colon", "two${URIDECODE(%0A)}lines", "tail\\\\",
)  # fmt: skip

EXTENSIONS = rb"""
[record]
exten => line,1,Answer()
 same => n,Wait(20)
exten => short,1,Answer()
 same => n,Wait(0.3)
exten => dead,1,Hangup(17)
exten => silent,1,Wait(20)
exten => away,1,Answer()
 same => n,Wait(0.5)
exten => agent1,1,Answer()
 same => n,Wait(1)
exten => agent2,1,Wait(0.2)
 same => n,Answer()
 same => n,Wait(0.6)
 same => n,SendDTMF(#)
 same => n,Wait(0.3)
 same => n,SendDTMF(away)
 same => n,Wait(5)
exten => agent3,1,Wait(0.2)
 same => n,Answer()
 same => n,Wait(0.6)
 same => n,SendDTMF(##700)
 same => n,Wait(5)
exten => _7XX,1,Answer()
 same => n,Wait(0.5)
exten => queue,1,Answer()
 same => n,Queue(${QUEUE},tTc,,,${SECONDS})
 same => n,Set(CDR(userfield)=after "${QUEUE}", ${QUEUESTATUS})
 same => n,Hangup()
exten => key,1,Answer()
 same => n,Queue(empty,,,,20)
exten => 9,1,Hangup()
exten => dial,1,Dial(Local/${TO}@record/n,2)
 same => n,Hangup()
exten => mail,1,Set(TIMEOUT(absolute)=3)
 same => n,Answer()
 same => n,VoiceMail(${BOX},s${FLAG})
exten => own,1,QueueLog(sales,${UNIQUEID},nobody,SURVEY,5|a "good" call)
 same => n,CELGenUserEvent(SURVEY,five, "stars")
 same => n,Hangup()
"""

QUEUES = b"""
[general]
persistentmembers=no
log_membername_as_agent=yes
[base](!)
strategy=linear
timeout=2
retry=1
ringinuse=no
joinempty=yes
context=record
[sales](base)
member => Local/agent1@record/n,0,Agent One
[transfers](base)
member => Local/agent3@record/n,0,Caf\xe9 Agent
[pipes](base)
member => Local/agent1@record/n,0,Agent|Pipe
[silent](base)
member => Local/silent@record/n,0,\xd9\x85\xd8\xb1\xdb\x8c\xd9\x85
[empty](base)
leavewhenempty=no
[strict](base)
leavewhenempty=yes
"""

VOICEMAIL = b"""
[general]
format=wav
maxsilence=1
silencethreshold=128
minsecs=0
[default]
101 => 1234,Ana Smith,,,
102 => 1234,Bob
[other]
101 => 1234,Another 101
"""


def files() -> dict[str, bytes]:
    """The phone system that is recorded."""
    calls = b"".join(
        b"exten => name%d,1,Set(CALLERID(name)=%b)\n same => n,Set(CALLERID(num)=55510%02d)\n"
        b" same => n,Set(CDR(userfield)=%b)\n same => n,Dial(Local/short@record/n,2)\n"
        % (number, name if isinstance(name, bytes) else name.encode(), number, b"field %d" % number)
        for number, name in enumerate(NAMES)
    )
    custom = ",".join(f"${{CSV_QUOTE(${{CDR({name})}})}}" for name in CUSTOM_COLUMNS)
    events = ",".join(f"${{CSV_QUOTE(${{{name}}})}}" for name in EVENT_COLUMNS)
    return {
        "/etc/asterisk/extensions.conf": EXTENSIONS + calls,
        "/etc/asterisk/queues.conf": QUEUES,
        "/etc/asterisk/voicemail.conf": VOICEMAIL,
        "/etc/asterisk/modules.conf": MODULES + b"noload=app_voicemail_imap.so\nnoload=app_voicemail_odbc.so\n",
        "/etc/asterisk/features.conf": b"[featuremap]\nblindxfer => ##\n[general]\ntransferdigittimeout=1\n",
        "/etc/asterisk/cdr.conf": b"[general]\nenable=yes\nunanswered=yes\n"
        b"[csv]\nusegmtime=yes\nloguniqueid=yes\nloguserfield=yes\naccountlogs=no\n",
        "/etc/asterisk/cdr_custom.conf": f"[mappings]\nMaster.csv => {custom},${{CDR(sequence)}}\n"
        f"plain.csv => {PLAIN}\n".encode(),
        "/etc/asterisk/cel.conf": b"[general]\nenable=yes\napps=dial,queue,voicemail\nevents=APP_START,CHAN_START,ANSWER,HANGUP,BLINDTRANSFER,USER_DEFINED\n",
        "/etc/asterisk/cel_custom.conf": f"[mappings]\nMaster.csv => {events}\n".encode(),
        "/etc/asterisk/indications.conf": b"[general]\ncountry=us\n[us]\nring=440+480/2000,0/4000\n",
    }  # fmt: skip


CUSTOM_COLUMNS = (
    "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
    "duration", "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield",
)  # fmt: skip
# As older samples had it: quotes of a caller's name are not doubled.
PLAIN = '"${CDR(clid)}","${CDR(src)}","${CDR(dst)}","${CDR(start)}","${CDR(duration)}","${CDR(disposition)}"'
EVENT_COLUMNS = (
    "eventtype", "eventtime", "CALLERID(name)", "CALLERID(num)", "CALLERID(ANI)", "CALLERID(RDNIS)", "CALLERID(DNID)",
    "CHANNEL(exten)", "CHANNEL(context)", "CHANNEL(channame)", "CHANNEL(appname)", "CHANNEL(appdata)",
    "CHANNEL(amaflags)", "CHANNEL(accountcode)", "CHANNEL(uniqueid)", "CHANNEL(linkedid)", "BRIDGEPEER",
    "CHANNEL(userfield)", "userdeftype", "eventextra",
)  # fmt: skip


async def call(pbx: Server, number: str, seconds: float, **variables: str) -> None:
    """Place a call of a caller who stays on the line that long."""
    await pbx.manager.action(
        "Originate", Channel=f"Local/{number}@record/n", Async="true",
        Application="Milliwatt" if number == "mail" else "Wait", Data="" if number == "mail" else str(seconds),
        CallerID='"Rec Caller" <5551000>', Account="acc-1", Variable=[f"__{k}={v}" for k, v in variables.items()],
    )  # fmt: skip


async def place_calls(pbx: Server) -> None:
    """Every call and every doing of an agent, most of them side by side."""
    manager = pbx.manager
    for number in range(len(NAMES)):
        await call(pbx, f"name{number}", 1)
    await call(pbx, "own", 1)
    await call(pbx, "dial", 3, TO="dead")
    await call(pbx, "dial", 3, TO="silent")
    await call(pbx, "dial", 2, TO="line")
    await call(pbx, "queue", 6, QUEUE="sales", SECONDS="5")  # the agent hangs up
    await call(pbx, "queue", 3, QUEUE="silent", SECONDS="2")  # in vain
    await call(pbx, "queue", 1, QUEUE="silent", SECONDS="9")  # the caller has had enough
    await call(pbx, "queue", 2, QUEUE="strict", SECONDS="9")  # nobody there
    await call(pbx, "queue", 9, QUEUE="transfers", SECONDS="9")
    for box in ("101@default", "102@default", "101@other"):
        await call(pbx, "mail", 4, BOX=box)
    member = {"Queue": "empty", "Interface": "Local/agent2@record/n"}
    await manager.action("QueueAdd", **member, MemberName='Bob "the" Agent', Penalty="1", Paused="true")
    await manager.action("QueuePause", **member, Paused="false", Reason="back")
    await manager.action("QueuePause", **member, Paused="true", Reason="lunch | tea")
    await manager.action("QueuePause", Interface=member["Interface"], Paused="false")
    await manager.action("QueuePenalty", **member, Penalty="3")
    await manager.action("QueueMemberRingInUse", **member, RingInUse="no")
    await manager.action("QueueRemove", **member)
    await asyncio.sleep(5)
    await call(pbx, "queue", 1.2, QUEUE="pipes", SECONDS="5")  # the caller hangs up
    await call(pbx, "mail", 4, BOX="101@default", FLAG="U")
    await asyncio.sleep(6)
    await manager.command("queue reload all")
    await manager.command("channel request hangup all")
    await asyncio.sleep(1)


def recorded(version: int) -> dict[str, bytes]:
    """What one Asterisk wrote: name below asterisk-VERSION/ -> content."""

    async def work() -> dict[str, bytes]:
        pbx, _ = await boot(lab(version), files())
        await place_calls(pbx)
        return collected(pbx)

    wanted: Callable[[], Awaitable[dict[str, bytes]]] = work
    return sealed(wanted)


def collected(pbx: Server) -> dict[str, bytes]:
    """The logs and the spool of a running phone system; sounds without their content."""
    found = {}
    root = pbx.tree.root
    for name in ("queue_log", "cdr-csv/Master.csv", "cdr-custom/Master.csv", "cdr-custom/plain.csv",
                 "cel-custom/Master.csv"):  # fmt: skip
        path = root / LOGS.lstrip("/") / name
        if path.is_file():
            found[name.replace("/Master", "").replace("cdr-custom/plain", "cdr-plain")] = path.read_bytes()
    spool = root / SPOOL.lstrip("/")
    for path in sorted(p for p in spool.rglob("*") if p.is_file()):
        sound = path.suffix != ".txt"
        found[f"voicemail/{path.relative_to(spool)}"] = b"" if sound else path.read_bytes()
    return found


def main() -> None:
    """Record on the versions that the command line names."""
    for version in map(int, sys.argv[1:]):
        folder = HERE / f"asterisk-{version}"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in recorded(version).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(path.relative_to(HERE), len(content))


if __name__ == "__main__":
    main()
