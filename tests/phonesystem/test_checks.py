"""One small damage for each finding, at the line where an engineer would mend it; the whole system has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringkeep.phonesystem import checks
from ringkeep.phonesystem.checks import Finding, check
from ringkeep.phonesystem.readers import read_phone_system
from tests.phonesystem.systems import EXTENSIONS, MODULES, PJSIP, system

SABA = Path(__file__).parents[2] / "samples" / "saba"
QUEUES = "[sales]\nmember => PJSIP/201\n"
BOXES = "[default]\n201 => 1234,Ana\n"
OTHERS = {"queues.conf": QUEUES, "voicemail.conf": BOXES, "confbridge.conf": "[room]\ntype=bridge\n"}
DIAL = "exten => 202,1,Dial(PJSIP/202,20)"
HOURS = (
    "[from-carrier]\nexten => 5550100,1,GotoIfTime({}?open,1)\n same => n,Playback(closed)\n same => n,Hangup()\n"
    "exten => open,1,Dial(PJSIP/201)\n[internal]\nexten => 201,1,Dial(PJSIP/201)\n"
)


def found(
    extensions: str = EXTENSIONS, *, pjsip: str = PJSIP, modules: str = MODULES, others: dict[str, str] | None = None
) -> list[Finding]:
    return list(check(system(extensions, pjsip=pjsip, modules=modules, others=OTHERS | (others or {}))))


def instead(old: str, new: str, text: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def in_dialplan(step: str) -> list[Finding]:
    """What is found when 202 runs another step."""
    return found(instead(DIAL, f"exten => 202,1,{step}", EXTENSIONS))


def in_pjsip(old: str, new: str) -> list[Finding]:
    return found(pjsip=instead(old, new, PJSIP))


def test_a_whole_system_has_no_finding() -> None:
    assert found() == []


def test_the_sample_system_has_no_finding() -> None:
    files = {f"/{p.relative_to(SABA)}": p.read_bytes() for p in SABA.rglob("*.conf")}
    assert check(read_phone_system(files)) == ()


STEPS = [
    ("Goto(gone,1,1)", "goto-nowhere"),
    ("Goto(internal,777,1)", "goto-nowhere"),
    ("Goto(internal,201,label)", "goto-nowhere"),
    ("Gosub(gone,s,1)", "goto-nowhere"),
    ("GotoIf(1?gone,1,1)", "goto-nowhere"),
    ("Macro(gone)", "goto-nowhere"),
    ("Queue(gone)", "queue-missing"),
    ("VoiceMail(999@default)", "mailbox-missing"),
    ("Dial(PJSIP/999)", "device-missing"),
    ("ExecIf(1?Dial(PJSIP/999))", "device-missing"),
    ("ConfBridge(800,gone)", "profile-missing"),
]


@pytest.mark.parametrize(("step", "code"), STEPS)
def test_a_step_that_names_what_is_not_there_is_found_at_its_line(step: str, code: str) -> None:
    assert [(f.code, str(f.place)) for f in in_dialplan(step)] == [(code, "/etc/asterisk/extensions.conf:5")]


OBJECTS = [
    ("aors=201", "", "aor-missing"),
    ("aors=201", "aors=gone", "aor-missing"),
    ("max_contacts=1", "", "aor-closed"),
    ("auth=201", "auth=gone", "auth-missing"),
    ("password=secret201", "", "secret-missing"),
    ("context=internal", "context=gone", "context-missing"),
    ("context=internal", "context=internal\ntransport=gone", "transport-missing"),
    ("context=internal", "context=internal\nmailboxes=999@default", "mailbox-missing"),
    ("match=203.0.113.1", "", "carrier-not-recognised"),
    ("aors=carrier", "aors=carrier,gone", "aor-missing"),
    ("context=from-carrier", "context=gone", "context-missing"),
    ("aors=carrier", "aors=carrier\noutbound_auth=gone", "auth-missing"),
    ("aors=carrier", "aors=carrier\noutbound_auth=201", None),
    ("aors=carrier", "aors=carrier\noutbound_auth=empty\n[empty]\ntype=auth", "account-missing"),
    ("[carrier]\ntype=aor", "[r]\ntype=registration\nserver_uri=sip:203.0.113.1\n[carrier]\ntype=aor", "account-missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), OBJECTS)
def test_a_phone_or_carrier_that_lacks_a_part_is_found(old: str, new: str, code: str | None) -> None:
    assert {f.code for f in in_pjsip(old, new)} == ({code} if code else set())


FILES = [
    ({"extensions": ""}, "dialplan-missing"),
    ({"pjsip": ""}, "no-phones"),
    ({"modules": ""}, "modules-missing"),
    ({"modules": MODULES + "noload=app_dial.so\n"}, "module-not-loaded"),
    ({"modules": "[modules]\nautoload=no\n"}, "module-not-loaded"),
    ({"others": {"queues.conf": "[sales]\nstrategy=ringall\n"}}, "queue-empty"),
    ({"others": {"queues.conf": "[sales]\nmember => PJSIP/999\n"}}, "device-missing"),
    ({"extensions": EXTENSIONS + "include => gone\n"}, "include-nowhere"),
    ({"others": {"sip.conf": "[301]\ntype=friend\nhost=dynamic\ncontext=internal\n"}}, "secret-missing"),
    ({"others": {"sip.conf": "[301]\ntype=friend\nhost=dynamic\nsecret=x\n" * 2}}, "name-twice"),
]


@pytest.mark.parametrize(("damage", "code"), FILES, ids=lambda value: value if isinstance(value, str) else None)
def test_a_damaged_file_is_found(damage: dict[str, object], code: str) -> None:
    assert code in {f.code for f in found(**damage)}  # type: ignore[arg-type]


def test_mailboxes_without_voicemail_conf_are_found() -> None:
    made = system(instead(DIAL, "exten => 202,1,VoiceMail(201)", EXTENSIONS))
    assert {f.code for f in check(made)} == {"file-missing"}


READING = [
    ("#include gone.conf", "include-missing", "bad"),
    ("#include extensions.conf", "include-loop", "bad"),
    ("[broken", "section-not-closed", "bad"),
    ("[x](gone)", "template-missing", "bad"),
    ("nothing", "no-equals", "degraded"),
    (";-- open", "comment-not-closed", "degraded"),
    ("#exec x", "exec", "degraded"),
    ("#unknown x", "unknown-directive", "degraded"),
    ("exten => 1,1,Answer(", "not-closed", "degraded"),
    ("exten => 1", "bad-line", "degraded"),
    ("a=" + "x" * 9000, "too-long-line", "degraded"),
    ("a=\0", "not-text", "bad"),
]


@pytest.mark.parametrize(("line", "code", "severity"), READING, ids=[row[1] for row in READING])
def test_a_line_that_asterisk_cannot_read_is_found_as_bad_as_it_is(line: str, code: str, severity: str) -> None:
    assert (code, severity) in {(f.code, f.severity) for f in found(EXTENSIONS + line + "\n")}


def test_opening_hours_the_wrong_way_round_are_found() -> None:
    assert [f.code for f in found(HOURS.format("18:00-08:00,*,*,*"))] == ["hours-inverted"]


@pytest.mark.parametrize("hours", ["08:00-18:00,*,*,*", "00:00-23:59,*,*,*", "08:00-18:00,sat-wed,*,*"])
def test_honest_opening_hours_are_no_finding(hours: str) -> None:
    assert found(HOURS.format(hours)) == []


@pytest.mark.parametrize("context", ["gone", "macro-own"])
def test_a_products_own_jump_that_leads_nowhere_is_only_a_note(context: str) -> None:
    text = instead(DIAL, f"exten => 202,1,Goto({context},1,1)", EXTENSIONS)
    findings = check(system(text, others=OTHERS, product="freepbx"))
    assert {f.severity for f in findings} == {"note"}


def test_every_code_has_a_test_here_or_beside() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in Path(checks.__file__).parent.glob("*.py"))
    mine = [Path(__file__), *(Path(__file__).parent / "checks").glob("test_*.py")]
    here = "".join(path.read_text(encoding="utf-8") for path in mine)
    codes = set(re.findall(r'Finding\(\s*"([a-z-]+)"', source))
    assert codes and {code for code in codes if f'"{code}"' not in here} == set()
