"""Real Asterisk 22 evaluates a table of expressions and functions and sorts patterns, in one boot: we say the same."""

from __future__ import annotations

import asyncio
import re
from functools import cache

import pytest

from ringkeep.asterisk.dialplan import pattern_key
from ringkeep.phonesystem.callflow import walk
from tests.phonesystem.systems import TUESDAY, system
from tests.sealed import boot, lab, sealed

ROWS = (
    # expressions
    "$[1 + 2 * 3]", "$[(1 + 2) * 3]", "$[7 - 10]", "$[7 / 2]", "$[7 % 4]", "$[5 > 10]", "$[a < b]", '$["07" = "7"]',
    "$[07 = 7]", "$[1 & 0]", "$[0 | 5]", "$[!0]", '$["${NONE}" = ""]', "$[1 ? yes :: no]", "$[0 ? yes :: no]",
    '$["abc123" : "abc([0-9]+)"]', '$["xabc" =~ "abc"]', '$["xabc" : "abc"]', '$["a" ~~ "b"]', "$[${LEN(${TEXT})} > 3]",
    # cuts
    "${TEXT:1}", "${TEXT:-2}", "${TEXT:1:3}", "${TEXT:0:-2}", "${TEXT:20}",
    # functions
    "${IF($[1 = 1]?yes:no)}", "${IF($[1 = 2]?yes:no)}", '${IF(1?"a b":"c d")}', '${IF(0?"a b":"c d")}',
    "${CUT(LIST,-,2)}", "${CUT(LIST,-,2-)}", "${CUT(LIST,-,1&3)}", "${FIELDQTY(LIST,-)}", "${FIELDQTY(NONE,-)}",
    "${FILTER(0-9,a1b2-3)}", "${LEN(${TEXT})}", "${TOUPPER(${TEXT})}", "${EXISTS(${NONE})}", "${ISNULL(${NONE})}",
    "${REPLACE(LIST,-,_)}", "${STRREPLACE(LIST,two,2)}", '${REGEX("^one" ${LIST})}', "${MD5(abc)}", "${MATH(3+4,int)}",
    "${SHIFT(LIST,-)}", "${LIST}", "${POP(LIST,-)}", "${LIST}", "${DIALPLAN_EXISTS(table)}",
    "${DIALPLAN_EXISTS(table,s)}", "${DIALPLAN_EXISTS(table,s,99)}", "${DIALPLAN_EXISTS(gone)}", "${HASHKEYS(H)}",
    "${HASH(H,two)}", "${EVAL(${NAME})}", "${DB_EXISTS(none/none)}", "${SET(NEW=5)}", "${NEW}", "${MATH(abc,int)}", "${CUT(COMMAS,\\x2c,1)}", "${CUT(COMMAS,\\,,2)}",
)  # fmt: skip
PATTERNS = ("_201", "_20X", "_2[01]1", "_2XX", "_2X.", "_XXX", "_X.", "_!", "_[12]0X", "_ZXX", "_NXX", "_[0-9]1X")
SETUP = ("TEXT=hello", "LIST=one-two-three", "NAME=${TEXT}", "HASH(H,one)=1", "HASH(H,two)=2", "COMMAS=x,y")
PATTERN_LINES = "".join(f"exten => {pattern},1,NoOp()\n" for pattern in PATTERNS)


def dialplan(row: str) -> str:
    """[table], with an application for each row: a global of the real Asterisk, a stop of a walk."""
    lines = [f"Set({one})" for one in SETUP]
    lines += [row.format(f"ROW{number}=<{text}>", number=number, text=text) for number, text in enumerate(ROWS)]
    steps = "".join(f" same => n,{line}\n" for line in [*lines, "Set(GLOBAL(DONE)=yes)", "Wait(1)"])
    return f"[table]\nexten => s,1,NoOp()\n{steps}[order]\n{PATTERN_LINES}"


@cache
def real() -> tuple[dict[str, str], list[str]]:
    """What Asterisk 22 makes of each row, and the order in which it lists the patterns."""

    async def work() -> tuple[str, str]:
        text = dialplan("Set(GLOBAL(ROW{number})=<{text}>)")
        pbx, _ = await boot(lab(), {"/etc/asterisk/extensions.conf": text.encode()})
        await pbx.manager.command("channel originate Local/s@table application Wait 1")
        shown = ""
        for _ in range(100):
            shown = await pbx.manager.command("dialplan show globals")
            if "DONE=yes" in shown:
                break
            await asyncio.sleep(0.05)
        return shown, await pbx.manager.command("dialplan show order")

    shown, order = sealed(work)
    return dict(re.findall(r"^\s*(ROW\d+)=<(.*)>$", shown, re.M)), re.findall(r"'(_[^']+)' =>", order)


@cache
def ours() -> dict[str, str]:
    """The same, as a walk meets it."""
    way = walk(system(dialplan("Playback({0})")), "s", "table", at=TUESDAY)
    found = (re.fullmatch(r"(ROW\d+)=<(.*)>", stop.arguments) for stop in way.stops)
    return {match[1]: match[2] for match in found if match}


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda number: ROWS[number])
def test_a_row_has_the_value_that_real_asterisk_gives(number: int) -> None:
    assert ours()[f"ROW{number}"] == real()[0][f"ROW{number}"]


def test_patterns_have_the_order_of_real_asterisk() -> None:
    assert sorted(PATTERNS, key=pattern_key) == real()[1]
