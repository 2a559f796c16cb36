"""Real Asterisk 16 and 22 load awkward dialplans, search pattern sets and judge times, one boot each: we say the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import pytest

from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.asterisk.times import time_holds
from tests.asterisk.awkward import DIALPLANS, USERS, pattern_sets, searches
from tests.oracle.dialplans import LOADING, Case, Shown, compare, compare_hints, loaded
from tests.sealed import boot, lab, sealed

VERSIONS = (16, 22)
SETS = pattern_sets(60, seed=20261124)
INCLUDING, SEARCHES = searches(40, seed=20261124)
TIMES = (
    "*", "*,*,*,*", "09:00-17:00", "09:00-17:00,*,*,*", "22:00-06:00,*,*,*", "10:00,*,*,*", "10:00-10:00,*,*,*", "9:5-9:59,*,*,*",
    "09:00 - 17:00,*,*,*", "24:00-25:00,*,*,*", "00:00-23:59,*,*,*", "09:00-12:00&14:00-17:00,*,*,*", "9-17,*,*,*", "x,*,*,*",
    "09:00-,*,*,*", "-17:00,*,*,*", ",mon-fri,,", "*,mon,*,*", "*,mon-fri,*,*", "*,sat-wed,*,*", "*,sat&tue,*,*", "*,MON-Fri,*,*",
    "*,monday,*,*", "*,1-5,*,*", "*,1,*,*", "*,7,*,*", "*,0,*,*", "*,8,*,*", "*,fri-mon&wed,*,*", "*,mon-xyz,*,*", "*,xyz&tue,*,*",
    "*, mon,*,*", "*,*,1-15,*", "*,*,24,*", "*,*,30-2,*", "*,*,31,*", "*,*,0,*", "*,*,1&24&31,*", "*,*,*,nov", "*,*,*,nov-feb",
    "*,*,*,1-6", "*,*,*,11", "*,*,*,jan&nov", "*,*,*,november", "9:00-17:00|mon-fri|*|*", "09:00-17:00,mon-fri,1-30,nov,UTC",
    "09:00-17:00,*,*,*,America/New_York", "09:00-17:00,*,*,*,Asia/Tehran", "09:00-17:00,*,*,*,Nowhere/Land", "*,*,*,*,", "?*", "*,*",
    "009:00-17:00,*,*,*", "09:00-17:00:30,*,*,*", "09:00-17:000,*,*,*", "9:00am-5:00pm,*,*,*",
)  # fmt: skip
INSTANTS = tuple(
    datetime.fromisoformat(f"{text}+00:00")
    for text in ("2026-11-24T10:00", "2026-11-24T09:00", "2026-11-24T17:00", "2026-11-24T17:01", "2026-11-28T23:30", "2026-11-29T05:59",
                 "2026-11-30T06:00", "2027-01-01T00:00", "2026-12-31T13:15", "2026-05-01T14:45", "2026-02-28T08:59", "2028-02-29T16:59")
)  # fmt: skip


def times_dialplan() -> str:
    """A call that leaves a global for every time that holds at each instant."""
    lines = ["[times]", "exten => s,1,Answer()"]
    for number, at in enumerate(INSTANTS):
        # Without a zone Asterisk takes what happens to lie in memory for one (main/pbx.c, testtime_write).
        lines.append(f" same => n,Set(TESTTIME()={at:%Y/%m/%d %H:%M:%S} UTC)")
        for place, spec in enumerate(TIMES):
            lines += [f" same => n,GotoIfTime({spec}?yes{number}_{place})", f" same => n,Goto(no{number}_{place})"]
            lines += [
                f" same => n(yes{number}_{place}),Set(GLOBAL(T{number}_{place})=yes)",
                f" same => n(no{number}_{place}),NoOp()",
            ]
    for number, one in enumerate(SEARCHES):
        where = f"{one.context},{one.number},1"
        lines += [f" same => n,Set(CALLERID(num)={one.caller})", f" same => n,Set(N={number})"]
        lines.append(f" same => n,GosubIf(${{DIALPLAN_EXISTS({where})}}?{where})")
    return "\n".join([*lines, " same => n,Set(GLOBAL(DONE)=yes)", " same => n,Wait(1)", ""])


def sets_dialplan() -> str:
    """A context for every set of patterns."""
    sections = (
        f"[set{n}]\n" + "".join(f"exten => {p},1,NoOp()\n" for p in patterns) for n, (patterns, _) in enumerate(SETS)
    )
    return "".join(sections)


@cache
def real(version: int) -> tuple[Mapping[str, Shown], Mapping[tuple[str, str], str], dict[str, str]]:
    """`dialplan show` and its globals of each dialplan; the matches of each number; what the call found and which times held."""

    async def work() -> tuple[Mapping[str, Shown], Mapping[tuple[str, str], str], dict[str, str]]:
        pbx, _ = await boot(lab(version), {"/etc/asterisk/extensions.conf": LOADING.encode()})
        shown = {name: await loaded(pbx, case(name).files) for name in (*DIALPLANS, *USERS)}
        await loaded(pbx, {"/etc/asterisk/extensions.conf": (sets_dialplan() + INCLUDING + times_dialplan()).encode()})
        matches = {}
        for number, (_, numbers) in enumerate(SETS):
            for wanted in numbers:
                matches[f"set{number}", wanted] = await pbx.manager.command(f"dialplan show {wanted}@set{number}")
        await pbx.manager.command("channel originate Local/s@times application Wait 300")
        variables = ""
        for _ in range(1000):
            variables = await pbx.manager.command("dialplan show globals")
            if "DONE=yes" in variables:
                break
            await asyncio.sleep(0.05)
        assert "DONE=yes" in variables, "the call did not come to its end"
        return shown, matches, dict(re.findall(r"^\s+(T\d+_\d+|FOUND\d+)=(.*)$", variables, re.M))

    return sealed(work)


def case(name: str) -> Case:
    """The files of one awkward dialplan."""
    if name in USERS:
        return Case(name, {"/etc/asterisk/extensions.conf": b"[c]\n", f"/etc/asterisk/{name}": USERS[name].encode()})
    return Case(name, {"/etc/asterisk/extensions.conf": DIALPLANS[name].encode()})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", [*DIALPLANS, *USERS])
def test_an_awkward_dialplan_is_what_real_asterisk_holds(name: str, version: int) -> None:
    shown = real(version)[0][name]
    assert compare(case(name), shown) is None
    assert compare_hints(case(name), shown, version)[1] is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", range(len(SETS)))
def test_numbers_match_the_patterns_of_real_asterisk_in_its_order(number: int, version: int) -> None:
    context = read_dialplan({"/etc/asterisk/extensions.conf": sets_dialplan().encode()}).contexts[f"set{number}"]
    for wanted in SETS[number][1]:
        theirs = re.findall(r"^  '(.*?)' =>", real(version)[1][f"set{number}", wanted], re.M)
        assert [e.pattern for e in context.candidates(wanted)] == theirs, (SETS[number][0], wanted)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", range(len(TIMES)), ids=lambda place: TIMES[place])
def test_a_time_holds_when_real_asterisk_says_so(place: int, version: int) -> None:
    spec = TIMES[place].split("?")[0]
    ours = {str(at) for at in INSTANTS if time_holds(spec, at)}
    assert ours == {str(at) for number, at in enumerate(INSTANTS) if f"T{number}_{place}" in real(version)[2]}


def test_zones_are_reckoned_from_an_instant_that_knows_its_own() -> None:
    at = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    assert time_holds("09:00-17:00,*,*,*,America/New_York", at) and not time_holds("09:00-17:00,*,*,*", at)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", range(len(SEARCHES)), ids=lambda number: str(SEARCHES[number]))
def test_a_number_runs_what_real_asterisk_runs_through_includes_and_for_its_caller(number: int, version: int) -> None:
    one = SEARCHES[number]
    dialplan = read_dialplan({"/etc/asterisk/extensions.conf": INCLUDING.encode()})
    found = dialplan.find(one.context, one.number, callerid=one.caller, at=datetime.now(UTC))
    step = found[1].step(1) if found else None
    assert (step.arguments.partition("=")[2] if step else None) == real(version)[2].get(f"FOUND{number}")
