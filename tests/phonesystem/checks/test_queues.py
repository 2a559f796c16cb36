"""Queues and groups whose members are all out of reach are found; one member that rings is enough."""

from __future__ import annotations

import pytest

from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, reviewed

LOCAL = "[sales]\nmember => Local/201@internal/n\nmember => Local/{other}@internal/n\n"


@pytest.mark.parametrize(
    ("other", "database", "found"),
    [
        ("202", {}, False),
        ("202", {"/DND/201": "YES"}, False),
        ("202", {"/DND/201": "YES", "/DND/202": "YES"}, True),
        ("202", {"/DND/201": "YES", "/DND/202": "YES", "/CF/202": "201"}, False),
        ("999", {"/DND/201": "YES"}, True),
        ("999", {}, False),
    ],
)
def test_a_queue_that_nobody_can_answer(other: str, database: dict[str, str], found: bool) -> None:
    text = INBOUND + "exten => 5550101,1,Queue(sales)\n" + INTERNAL.replace("_9X.", "_0X.")
    seen = reviewed(text, others={"queues.conf": LOCAL.format(other=other)}, database=database)
    assert [f.severity for f in seen if f.code == "queue-unreachable"] == (["bad"] if found else [])


@pytest.mark.parametrize(("agents", "found"), [({}, True), ({"/QPENALTY/400/agents/201": "0"}, False)])
def test_a_products_queue_without_member_is_found_unless_agents_may_log_in(agents: dict[str, str], found: bool) -> None:
    text = INBOUND + "exten => 5550101,1,Queue(400)\n" + INTERNAL
    seen = reviewed(text, others={"queues.conf": "[400]\nstrategy=ringall\n"}, database=agents, product="freepbx")
    assert ("queue-empty" in {f.code for f in seen}) is found


GROUP = "[ext-group]\nexten => 600,1,Macro(dial,20,tr,{members})\n[macro-dial]\nexten => s,1,Dial(PJSIP/201)\n"


@pytest.mark.parametrize(
    ("members", "database", "code"),
    [
        ("201-202", {}, None),
        ("201-202", {"/DND/201": "YES", "/DND/202": "YES"}, "group-unreachable"),
        ("888-999", {}, "group-unreachable"),
        ("201-999", {}, "member-missing"),
        ("201-5551234#", {}, None),
    ],
)
def test_a_ring_group(members: str, database: dict[str, str], code: str | None) -> None:
    text = INBOUND + "exten => 5550101,1,Goto(ext-group,600,1)\n" + GROUP.format(members=members)
    plan = INTERNAL.replace("_9X.", "_0X.")
    seen = reviewed(text + plan, database=database, product="freepbx")
    assert {f.code for f in seen} & {"group-unreachable", "member-missing"} == ({code} if code else set())
