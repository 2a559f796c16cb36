"""The drill of a spare whose trunks are held on purpose: what is held is no fault, and all else is tried."""

from __future__ import annotations

import json

from ringkeep.phonesystem.holding import held_lines
from ringkeep.restores.trunks import held
from tests.drills.commands import PJSIP, USERS, system

# A second phone, a carrier that only sends calls, one that is logged in at, and a route to it.
MORE = b"""\
[202]
type=endpoint
context=internal
allow=ulaw
auth=202
aors=202
[202]
type=auth
username=202
password=Eeng4ohth7oo
[202]
type=aor
max_contacts=1
[only-sends]
type=endpoint
context=from-carrier
[only-sends]
type=identify
endpoint=only-sends
match=198.51.100.8
[logged-in]
type=registration
server_uri=sip:198.51.100.7
client_uri=sip:4711@198.51.100.7
"""
DIALPLAN = b"""\
[internal]
exten => 201,1,Dial(PJSIP/201,10)
exten => 202,1,%s
exten => _9X.,1,Dial(PJSIP/${EXTEN:1}@carrier,30)
exten => *43,1,Dial(PJSIP/02188880000@carrier,30)
[from-carrier]
exten => 982188880000,1,Goto(internal,201,1)
"""
ETC = "/etc/asterisk/"


def drilled(rings: bytes, calls: str = "quick"):  # type: ignore[no-untyped-def]
    """The report on it, its trunks held as a restore to a spare holds them."""
    files = {f"{ETC}pjsip.conf": PJSIP + MORE, f"{ETC}extensions.conf": DIALPLAN % rings}
    files |= held(files)
    with system(files={path.removeprefix(ETC): content for path, content in files.items()}) as spare:
        return json.loads(USERS[0].run("prove", str(spare), "--json", "--calls", calls).stdout)


def test_held_trunks_are_no_fault_and_the_report_says_that_no_carrier_was_tried() -> None:
    report = drilled(b"Dial(PJSIP/202,10)", "full")
    assert report["verdict"] == "good", (report["defects"], report["calls"])
    assert {call["kind"] for call in report["calls"]} == {"extension"}
    note = next(one for one in report["defects"] if one["code"] == "trunks-held")
    assert note["severity"] == "note" and "calls through carriers were not tried" in note["what"]
    assert report["counts"]["trunks"] == {"expected": 2, "seen": 2}  # they are there and only wait


def test_what_is_wrong_beside_held_trunks_is_found_all_the_same() -> None:
    report = drilled(b"Goto(gone,1,1)")
    assert report["verdict"] != "good"
    assert {"goto-nowhere", "trunks-held"} <= {one["code"] for one in report["defects"]}


def test_only_lines_that_a_restore_marked_count_as_held() -> None:
    assert not held_lines({f"{ETC}pjsip.conf": b"; trunks are ;ringkeep-held \n;ringkeep-heldback\n"})
    assert held_lines({f"{ETC}sip.conf": b"[general]\r\n;ringkeep-held register => a@b\r\n"}) == [f"{ETC}sip.conf:2"]
