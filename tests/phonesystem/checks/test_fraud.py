"""Every road on which a stranger dials out is found, and what only looks like one is not."""

from __future__ import annotations

import pytest

from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, PJSIP, codes, reviewed

HOLES = {
    "outsiders-dial-out",
    "guests-dial-out",
    "disa-open",
    "disa-pin-weak",
    "callers-transfer",
    "exten-unfiltered",
    "caller-runs-commands",
}
MENU = "exten => 5550101,1,Goto(menu,s,1)\n"


def holes(extensions: str, **more: object) -> set[str]:
    return codes(extensions, **more) & HOLES


def test_a_whole_system_has_no_finding() -> None:
    assert reviewed() == ()


ROADS = {
    "the phones' context included": INBOUND + "include => internal\n" + INTERNAL,
    "the phones' context included twice removed": INBOUND + "include => more\n[more]\ninclude => internal\n" + INTERNAL,
    "a menu that includes the phones' context": INBOUND + MENU + "[menu]\ninclude => internal\nexten => s,1,Background(hello)\n same => n,WaitExten(5)\nexten => 1,1,Goto(internal,201,1)\n" + INTERNAL,
    "a menu that sends any number on": INBOUND + MENU + "[menu]\nexten => s,1,Background(hello)\nexten => _X.,1,Goto(internal,${EXTEN},1)\n" + INTERNAL,
    "digits that were read": INBOUND + MENU + "[menu]\nexten => s,1,Read(number,hello)\n same => n,Goto(internal,${number},1)\n" + INTERNAL,
    "digits dialled as they were read": INBOUND + MENU + "[menu]\nexten => s,1,Read(number,hello)\n same => n,Dial(PJSIP/${number}@carrier)\n" + INTERNAL,
    "a Local channel": INBOUND + MENU + "[menu]\nexten => s,1,Read(number,hello)\n same => n,Dial(Local/${number}@internal/n)\n" + INTERNAL,
    "any number sent on to the other trunk": INBOUND + "exten => _X.,1,Dial(PJSIP/${FILTER(0-9,${EXTEN})}@second)\n" + INTERNAL,
    "any number sent into the phones' context": INBOUND + "exten => _X.,1,Goto(internal,${EXTEN},1)\n" + INTERNAL,
    "a variable that keeps the number": INBOUND + "exten => _X.,1,Set(did=${EXTEN})\n same => n,Goto(s,1)\nexten => s,1,Goto(internal,${did},1)\n" + INTERNAL,
    "a subroutine": INBOUND + "exten => _X.,1,Gosub(out,s,1(${EXTEN}))\n[out]\nexten => s,1,Dial(PJSIP/${FILTER(0-9,${ARG1})}@second)\n" + INTERNAL,
    "a dial tone without PIN": INBOUND + "exten => 5550102,1,DISA(no-password,internal)\n" + INTERNAL,
    "phones' context for the carrier itself": INTERNAL + "exten => 5550100,1,Dial(PJSIP/201)\n",
}  # fmt: skip


@pytest.mark.parametrize("extensions", ROADS.values(), ids=ROADS)
def test_a_road_from_a_trunk_to_a_trunk_is_found(extensions: str) -> None:
    pjsip = PJSIP if "[from-carrier]" in extensions else PJSIP.replace("context=from-carrier", "context=internal")
    assert "outsiders-dial-out" in holes(extensions, pjsip=pjsip)


SAFE = {
    "a menu of its own": INBOUND + MENU + "[menu]\nexten => s,1,Background(hello)\n same => n,WaitExten(5)\nexten => 1,1,Goto(internal,201,1)\n" + INTERNAL,
    "a menu with extensions alone": INBOUND + MENU + "[menu]\nexten => s,1,Background(hello)\nexten => _2XX,1,Goto(internal,${EXTEN},1)\n" + INTERNAL,
    "own numbers cut to extensions": INBOUND + "exten => _55502XX,1,Goto(internal,${EXTEN:4},1)\n" + INTERNAL,
    "any number to one phone": INBOUND + "exten => _X.,1,Goto(internal,201,1)\n" + INTERNAL,
    "a PIN before the dial tone": INBOUND + "exten => 5550102,1,Authenticate(739154)\n same => n,DISA(no-password,internal)\n" + INTERNAL,
    "a fixed number outside": INBOUND + "exten => 5550103,1,Dial(PJSIP/5559999@carrier)\n" + INTERNAL,
    "a short number to the branch": INBOUND + "exten => _3XX,1,Dial(PJSIP/${EXTEN}@second)\n" + INTERNAL,
}  # fmt: skip


@pytest.mark.parametrize("extensions", SAFE.values(), ids=SAFE)
def test_what_leads_only_inside_is_no_hole(extensions: str) -> None:
    assert holes(extensions) == set()


def test_the_hole_is_told_at_the_include_that_opens_it() -> None:
    (found,) = [f for f in reviewed(INBOUND + "include => internal\n" + INTERNAL) if f.code == "outsiders-dial-out"]
    assert (str(found.place), found.severity) == ("/etc/asterisk/extensions.conf:3", "bad")


def test_the_hole_is_told_at_the_include_also_when_the_way_out_is_further_on() -> None:
    far = INTERNAL.replace(
        "_9X.,1,Set(GROUP()=out)", "_9X.,1,Goto(out,${EXTEN:1},1)\n[out]\nexten => _X.,1,Set(GROUP()=out)"
    )
    (found,) = [f for f in reviewed(INBOUND + "include => internal\n" + far) if f.code == "outsiders-dial-out"]
    assert (str(found.place), found.severity) == ("/etc/asterisk/extensions.conf:3", "bad")


def test_the_hole_is_told_at_the_jump_that_opens_it() -> None:
    jump = INBOUND + "exten => _X.,1,NoOp()\n same => n,Goto(internal,${EXTEN},1)\n" + INTERNAL
    (found,) = [f for f in reviewed(jump) if f.code == "outsiders-dial-out"]
    assert (str(found.place), found.severity) == ("/etc/asterisk/extensions.conf:4", "bad")


def test_a_trunk_that_enters_where_phones_dial_is_told_at_the_trunk() -> None:
    pjsip = PJSIP.replace("context=from-carrier", "context=internal")
    (found,) = [f for f in reviewed(INTERNAL, pjsip=pjsip) if f.code == "outsiders-dial-out"]
    assert found.place.file == "/etc/asterisk/pjsip.conf" and found.what.startswith(
        "calls through carrier, second enter internal"
    )


def test_routes_of_freepbx_are_ways_out() -> None:
    out = (
        "[globals]\nOUT_1=PJSIP\nOUT_1_SUFFIX=@carrier\nOUTMAXCHANS_1=4\n" + INBOUND + "include => outrt-1\n" + INTERNAL
    )
    out += "[outrt-1]\nexten => _NXXNXXXXXX,1,Macro(dialout-trunk,1,${EXTEN},,off)\n[macro-dialout-trunk]\nexten => s,1,NoOp()\n"
    assert "outsiders-dial-out" in holes(out, product="freepbx")
    assert "outsiders-dial-out" not in holes(out.replace("${EXTEN},,off", "${EXTEN},7391,off"), product="freepbx")


# -- guests ---------------------------------------------------------------------------------------------------

SIP = "[general]\ncontext={context}\nallowguest={guests}\n"
GUESTS = "[guests]\nexten => 201,1,Dial(PJSIP/201)\n"


@pytest.mark.parametrize(
    ("guests", "context", "found"),
    [("yes", "internal", True), ("no", "internal", False), ("yes", "guests", False)],
)
def test_guests_of_chan_sip_are_found_only_where_they_get_out(guests: str, context: str, found: bool) -> None:
    text = SIP.format(guests=guests, context=context)
    assert ("guests-dial-out" in holes(INBOUND + INTERNAL + GUESTS, others={"sip.conf": text})) is found


def test_chan_sip_takes_guests_unless_told_otherwise() -> None:
    assert "guests-dial-out" in holes(INBOUND + INTERNAL, others={"sip.conf": "[general]\ncontext=internal\n"})
    refused = "[modules]\nautoload=yes\nnoload=chan_sip.so\n"
    assert holes(INBOUND + INTERNAL, others={"sip.conf": "[general]\ncontext=internal\n"}, modules=refused) == set()


@pytest.mark.parametrize(("context", "found"), [("internal", True), ("guests", False)])
def test_an_anonymous_endpoint_is_found_only_where_it_gets_out(context: str, found: bool) -> None:
    pjsip = PJSIP + f"[anonymous]\ntype=endpoint\ncontext={context}\n"
    assert ("guests-dial-out" in holes(INBOUND + INTERNAL + GUESTS, pjsip=pjsip)) is found


def test_a_phone_that_nobody_asks_for_a_password_is_a_guest() -> None:
    assert "guests-dial-out" in holes(INBOUND + INTERNAL, pjsip=PJSIP.replace("auth=202\n", ""))


# -- dial tones, transfers, commands, forwards ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("DISA(no-password,internal)", "disa-open"),
        ("DISA(1234,internal)", "disa-pin-weak"),
        ("DISA(739154,internal)", None),
        ("Authenticate(0000)\n same => n,DISA(no-password,internal)", "disa-pin-weak"),
        ("Authenticate(739154)\n same => n,DISA(no-password,internal)", None),
    ],
)
def test_a_dial_tone_wants_a_good_pin(steps: str, code: str | None) -> None:
    found = holes(INBOUND + f"exten => 5550102,1,{steps}\n" + INTERNAL) & {"disa-open", "disa-pin-weak"}
    assert found == ({code} if code else set())


def test_the_pin_is_never_told() -> None:
    found = reviewed(INBOUND + "exten => 5550102,1,DISA(1234,internal)\n" + INTERNAL)
    assert not any("1234" in finding.what for finding in found)


@pytest.mark.parametrize(
    ("options", "transfers", "severity"),
    [("T", "internal", "bad"), ("T", "", "note"), ("t", "internal", None), ("M(Test)", "internal", None)],
)
def test_callers_that_may_transfer_themselves_are_found(options: str, transfers: str, severity: str | None) -> None:
    before = f"[globals]\nTRANSFER_CONTEXT={transfers}\n" if transfers else ""
    found = reviewed(before + INBOUND.replace(",20)", f",20,{options})") + INTERNAL)
    assert {f.severity for f in found if f.code == "callers-transfer"} == ({severity} if severity else set())


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("System(echo ${EXTEN} >> /tmp/log)", "caller-runs-commands"),
        ("System(echo ${FILTER(0-9,${EXTEN})} >> /tmp/log)", None),
        ("TrySystem(notify ${CALLERID(name)})", "caller-runs-commands"),
        ("Set(x=${SHELL(lookup ${CALLERID(name)})})", "caller-runs-commands"),
        ("System(date)", None),
        ("Dial(SIP/${EXTEN})", "exten-unfiltered"),
        ("Dial(SIP/${FILTER(0-9,${EXTEN})})", None),
    ],
)
def test_text_of_a_caller_in_a_command_or_a_dial_is_found(step: str, code: str | None) -> None:
    found = holes(INBOUND + f"exten => _X.,1,{step}\n" + INTERNAL)
    assert found == ({code} if code else set())


def test_a_pattern_of_fixed_length_needs_no_filter() -> None:
    assert holes(INBOUND + "exten => _555XXXX,1,Dial(SIP/${EXTEN})\n" + INTERNAL) == set()


def test_a_command_with_what_a_phone_dials_is_found() -> None:
    assert "caller-runs-commands" in holes(INBOUND + INTERNAL + "exten => _7.,1,System(lamp ${EXTEN:1})\n")


@pytest.mark.parametrize(
    ("number", "found"), [("0044207946000", True), ("9011442079460", True), ("02188880100", False), ("202", False)]
)
def test_a_forward_abroad_is_found(number: str, found: bool) -> None:
    given = reviewed(database={"/CF/201": number})
    assert ("forward-abroad" in {f.code for f in given}) is found
    assert not any(number in f.what for f in given)
