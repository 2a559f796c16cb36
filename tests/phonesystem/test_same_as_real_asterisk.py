"""Real Asterisk 16 and 22 evaluate a table of expressions and functions in one boot each: we say the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache

import pytest

from ringkeep.asterisk.expressions import expand, is_true
from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.phonesystem.functions import Functions
from ringkeep.phonesystem.model import PhoneSystem
from tests.phonesystem.random_rows import rows
from tests.sealed import boot, lab, sealed

VERSIONS = (16, 22)
EXPRESSIONS = (
    "$[1 + 2 * 3]", "$[(1 + 2) * 3]", "$[7 - 10]", "$[7 / 2]", "$[7 % 4]", "$[5 > 10]", "$[a < b]", '$["07" = "7"]',
    "$[07 = 7]", "$[1 & 0]", "$[0 | 5]", "$[!0]", '$["${NONE}" = ""]', "$[1 ? yes :: no]", "$[0 ? yes :: no]",
    '$["abc123" : "abc([0-9]+)"]', '$["xabc" =~ "abc"]', '$["xabc" : "abc"]', '$["a" ~~ "b"]', "$[${LEN(${TEXT})} > 3]",
    # numbers
    "$[1 / 3]", "$[2 / 3 * 3]", "$[10 / 0]", "$[0 / 0]", "$[x / 2]", "$[2 / x]", "$[7 % 0]", "$[7.5 % 2]", "$[-7 % 3]", "$[1.50]",
    "$[1.50 + 0]", "$[007 + 0]", "$[007]", "$[.5 + 1]", "$[1.2.3 + 1]", "$[- 5]", "$[-5 + 3]", "$[5 + -3]", "$[2 - -2]", "$[--2]",
    "$[!5]", "$[!a]", "$[!\"\"]", "$[! 0 + 1]", "$[-2 * 3]", "$[1000000 * 1000000]", "$[99999999999 + 1]", "$[999999999999999999 + 1]",
    "$[99999999999999999999 + 0]", "$[123456789012345678901234567890 * 10]", "$[0.1 + 0.2]", "$[1 - 0.9]", "$[100 * 1.1]",
    "$[1 / 1000000]", "$[1 / 3 / 10000]", "$[a + 1]", "$[1 + a]", "$[a + b]", "$[a - 1]", "$[1 - a]", "$[a * 2]", "$[1 +]", "$[+ 1]", "$[* 3]",
    "$[= 3]", "$[3 =]", "$[]", "$[ ]", "$[1 2]", "$[1 2 + 3]", "$[(1]", "$[1)]", "$[)]", "$[1 + 2 3]", "$[a b]", "$[\"a b\"]", "$[abc]",
    # comparisons
    "$[10 > 9]", "$[\"10\" > \"9\"]", "$[10 > \"9\"]", "$[a = a]", "$[\"a\" = a]", "$[\"a\" = \"a\"]", "$[1 = 1.0]", "$[1.0 = 1.00]", "$[1 != 2]",
    "$[1 == 1]", "$[1 = 1 = 1]", "$[3 > 2 > 1]", "$[1 < 2 & 2 < 3]", "$[1 <= 1]", "$[2 >= 3]", "$[a != b]", "$[ = ]", "$[${NONE} = 1]",
    "$[${NONE} = ]", "$[\"${NONE}\" != \"\"]", "$[x${NONE} = x]", "$[A < a]", "$[\"\" < a]", "$[-1 < 0]", "$[\"-1\" < \"0\"]", "$[1=1]", "$[a=a&b=b]",
    # and, or, not, choice
    "$[0 | 0]", "$[\"\" | 0]", "$[0 | \"\"]", "$[a | b]", "$[a & b]", "$[\"\" & b]", "$[1 && 2]", "$[0 || 3]", "$[00 | 4]", "$[007 | 0]", "$[0 & 1 | 2]",
    "$[2 | 0 & 1]", "$[!1 | 1]", "$[!(1 & 0)]", "$[1 ? 0 ? a :: b :: c]", "$[0 ? a :: 1 ? b :: c]", "$[\"\" ? a :: b]", "$[x ? a :: b]", "$[00 ? a :: b]",
    "$[1 ? \"a b\" :: c]", "$[1 ? 2 + 3 :: 4]", "$[1 ? yes : no]", "$[1 ? yes]", "$[5 > 3 ? big :: small]",
    # regular expressions
    '$["abc" =~ "b"]', '$["abc" =~ "^b"]', '$["abc" =~ "(b)(c)"]', '$["abc" =~ "(x)"]', '$["abc" : "(b)"]', '$["abc" : "(a)"]', '$["abc" =~ "x"]',
    "$[abc =~ b.]", "$[12345 : 123]", "$[12345 : 1([0-9])]", "$[${NUM} =~ ^[0-9]+$]", '$["${NUM}" =~ "^[0-9]{5}$"]', '$["a+b" : "a\\+b"]',
    '$["abc" =~ "("]', '$["abc" =~ "[a"]', '$["abc" =~ "*"]', '$["abc" =~ ""]', '$["" =~ "a*"]', '$["ab" =~ "a|ab"]', '$["aaa" =~ "a{2}"]',
    '$["aaa" =~ "a{,2}"]', '$["x1y" =~ "[[:digit:]]"]', '$["foo bar" =~ "\\\\bbar"]', '$["a.b" =~ "a.b"]', '$["abcd" =~ "(a|ab)(c|bcd)"]',
    '$["abab" =~ "(ab)*"]', '$["ac" =~ "(b)?c"]', '$["PJSIP/100-0001" : "PJSIP/([0-9]+)-.*"]', '$["Local/5@c" =~ "^Local"]', '$["a]b" =~ "a[]]b"]',
    '$["a-b" =~ "[a-]+"]', '$["$5" =~ "5"]', "$[${NUM} : [1-3]*]", '$["x" =~ "x)"]', '$["aXb" =~ "\\\\w"]', '$["é" =~ "é"]', '$["1" ~~ 2]',
    '$[1 ~~ 2 + 3]', '$["a" ~~ "b" ~~ "c"]', '$["abc" =~ "(a)(b)(c)" + 1]', "$[2 * 3 : 3]", "$[-12 : 12]",
    # what flex passes over, and functions
    "$[1 [ 2]", "$[a{b}]", "$[~1]", "$[`x`]", "$[a_b.c'd;e]", "$[1, 2]", "$[ROUND(2.5)]", "$[ROUND(-2.5)]", "$[FLOOR(2.7)]", "$[CEIL(2.1)]", "$[TRUNC(-2.7)]",
    "$[SQRT(16)]", "$[POW(2,10)]", "$[ABS(-5)]", "$[RINT(2.5)]", "$[LEN(abc)]", "$[NOFUNC(1)]", "$[5(1)]", "$[ROUND(1,2)]", "$[EXP(0)]", "$[LOG10(1000)]",
    "$[TOUPPER(abc)]", "$[1 + LEN(abc) * 2]", "$[TOUPPER(007)]", "$[-0]", "$[0 * -1]", "$[1.5 % 0.1]", "$[0.1 % 10]", "$[$[1 + 1] + 1]", "$[${LEN(${TEXT})}+1]", "x$[1]y$[2]z", "$[1", "$ [1]", "$1", "$", "$$", "${", "${}", "$[${]",
)  # fmt: skip
VALUES = (
    "${TEXT:1}", "${TEXT:-2}", "${TEXT:1:3}", "${TEXT:0:-2}", "${TEXT:20}", "${TEXT:-20}", "${TEXT:-20:2}", "${TEXT:2:-1}", "${TEXT:2:-5}", "${TEXT:-3:2}",
    "${TEXT:-3:-1}", "${TEXT::2}", "${TEXT:a}", "${TEXT:1:a}", "${TEXT:1:0}", "${TEXT: 1}", "${TEXT:1:99}", "${TEXT:+1}", "${${NAMED}}", "${${NAMED}:1}",
    "${T${REST}}", "${NONE}", "${NONE:1}", "${text}", "${UTF}", "${UTF:3}", "${UTF:0:3}", "a${TEXT}b${NUM}c", "${TEXT", "${{TEXT}}", "${TE{X}T}", "${ASTETCDIR}",
    "${NAME}", "\\${TEXT}", "${LEN(${UTF})}", "${LEN(a${TEXT:1})}:1", "${LEN(${LIST}):0:1}", "${CUT(LIST,-,1):1}", "${TOUPPER(a:b):1}", "${LEN(a)b}", "${LEN(a))}",
    "${LEN(a}", "${len(abc)}", "${NOSUCHFUNCTION(1)}", "${LEN( a )}", "${LEN()}",
)  # fmt: skip
FUNCTIONS = (
    "${IF($[1 = 1]?yes:no)}", "${IF($[1 = 2]?yes:no)}", '${IF(1?"a b":"c d")}', '${IF(0?"a b":"c d")}', "${IF(?a:b)}", "${IF(0?a)}", "${IF(1?a)}", "${IF(1?:b)}",
    "${IF(0?:b)}", "${IF( 1 ? a : b )}", "${IF(a?x:y)}", "${IF(00?x:y)}", "${IF(0a?x:y)}", "${IF(1?a:b:c)}", "${IF(0?a:b:c)}", "${IF(1?a?b:c)}", "${IF(1?(a:b):c)}",
    '${IF(1?"a:b":c)}', "${IF(1)}", "${IF(-1?x:y)}", "${IF($[\"a\" = \"a\"]?${TEXT}:no)}", "${IF(1?a,b:c,d)}",
    "${ISNULL(${NONE})}", "${ISNULL( )}", "${EXISTS(${NONE})}", "${EXISTS(0)}", "${SET(NEW=5)}", "${NEW}", "${SET( A = b )}[${A}]", "${SET(x)}", "${SET(TOUPPER(x)=1)}",
    # fields
    "${CUT(LIST,-,2)}", "${CUT(LIST,-,2-)}", "${CUT(LIST,-,1&3)}", "${CUT(LIST,-,-2)}", "${CUT(LIST,-,3&1)}", "${CUT(LIST,-,2-2)}", "${CUT(LIST,-,0)}", "${CUT(LIST,-,9)}",
    "${CUT(LIST,-,1-9)}", "${CUT(LIST,-,1&1)}", "${CUT(LIST,-,x)}", "${CUT(LIST,,2)}", "${CUT(LIST)}", "${CUT(LIST,-)}", "${CUT(NONE,-,1)}", "${CUT(COMMAS,\\,,2)}",
    "${CUT(COMMAS,\\x2c,1)}", "${CUT(COMMAS,\\\\x2c,2)}", "${CUT(PIPES,|,2)}", "${CUT(PIPES,|,2&3)}", "${CUT(AMPS,&,2)}", "${CUT(CHANNELISH,-,1)}", "${CUT(CHANNELISH,/,2)}",
    "${CUT(CUT(CHANNELISH,/,2),-,1)}", "${CUT(LIST:4,-,1)}", "${CUT(LIST,ab,1)}", "${CUT(LIST, ,1)}", "${CUT(EMPTYFIELDS,-,2)}x", "${CUT(EMPTYFIELDS,-,2-3)}", "${CUT(LIST,-,1-0)}",
    "${FIELDQTY(LIST,-)}", "${FIELDQTY(NONE,-)}", "${FIELDQTY(LIST)}", "${FIELDQTY(LIST,)}", "${FIELDQTY(COMMAS,\\,)}", "${FIELDQTY(EMPTYFIELDS,-)}", "${FIELDQTY(TEXT,l)}",
    "${FIELDNUM(LIST,-,two)}", "${FIELDNUM(LIST,-,TWO)}", "${FIELDNUM(LIST,-,gone)}", "${FIELDNUM(LIST,-)}", "${FIELDNUM(NONE,-,a)}", "${LISTFILTER(LIST,-,two)}",
    "${LISTFILTER(LIST,-,gone)}", "${LISTFILTER(LIST,-,one)}", "${LISTFILTER(LIST,-,three)}", "${LISTFILTER(COMMAS,\\,,x)}", "${LISTFILTER(TWICE,-,a)}", "${LISTFILTER(TEXT,-,hello)}",
    "${SORT(a:3,b:1,c:2)}", "${SORT(a:3,b,c:2)}", "${SORT(x:1.5,y:-2,z:1)}", "${SORT(a)}", "${SHIFT(S1,-)}:${S1}", "${POP(S1,-)}:${S1}", "${SHIFT(S1,-)}:${S1}", "${SHIFT(S1,-)}:${S1}",
    "${SHIFT(S2)}:${S2}", "${POP(S2)}:${S2}", "${SHIFT(NONE)}", "${PUSHED}", "${UNSHIFTED}", "${A1}/${A2}/${A3}/${A4}",
    # text
    "${FILTER(0-9,a1b2-3)}", "${FILTER(a-c0,xaybzc0)}", "${FILTER(\\x30-\\x39,a1)}", "${FILTER(0-9+*#,+1*2#(3))}", "${FILTER(,abc)}", "${FILTER(abc)}", "${FILTER(-,a-b)}", "${FILTER(c-a,abc)}",
    "${FILTER(a\\-z,a-z)}", "${FILTER(0-9\\,,1\\,2a)}", "${REPLACE(LIST,-,_)}", "${REPLACE(LIST,-)}", "${REPLACE(LIST,e-,+)}", "${REPLACE(NONE,a,b)}", "${REPLACE(TEXT,l,xyz)}", "${REPLACE(COMMAS,\\,,;)}",
    "${STRREPLACE(LIST,two,2)}", "${STRREPLACE(TEXT,l,LL)}", "${STRREPLACE(TEXT,l,LL,1)}", "${STRREPLACE(TEXT,l)}", "${STRREPLACE(TEXT,,x)}", "${STRREPLACE(TEXT,gone,x)}", "${STRREPLACE(TEXT,l,x,0)}",
    '${REGEX("^one" ${LIST})}', '${REGEX("two$" ${LIST})}', '${REGEX("^[0-9]+$" 123)}', '${REGEX("^[0-9]+$"123)}', '${REGEX("a(b|c)" xac)}', '${REGEX("(" x)}', '${REGEX("\\\\." a.b)}', '${REGEX("\\." axb)}',
    '${REGEX("x" )}', '${REGEX("" x)}', "${REGEX(x x)}", '${REGEX("a b" a b)}', '${REGEX("^([0-9]{3})$" 123)}', '${REGEX("[[:alpha:]]" 1a)}', '${REGEX("^.*@.*$" a@b)}',
    "${LEN(${TEXT})}", "${LEN(a,b)}", "${TOUPPER(${TEXT})}", "${TOLOWER(AbÉ)}", "${PASSTHRU(a,b)}", "${QUOTE(a\"b\\c)}", "${QUOTE()}", "${CSV_QUOTE(a\"b)}", "${KEYPADHASH(Les Mis-1)}",
    "${MD5(abc)}", "${SHA1(abc)}", "${BASE64_ENCODE(hello)}", "${BASE64_DECODE(aGVsbG8=)}", "${BASE64_DECODE(aGVsbG8)}", "${BASE64_ENCODE()}", "${URIENCODE(a b&c=d/é~)}", "${URIDECODE(a%20b%26c+d%zz)}",
    "${URIENCODE(-_.!~*'())}", "${SPRINTF(%05d,42)}", "${SPRINTF(%s-%s,a,b)}", "${SPRINTF(%.2f,3.14159)}", "${SPRINTF(%x,255)}", "${SPRINTF(%d,abc)}", "${SPRINTF(%5s|,ab)}", "${SPRINTF(%-5s|,ab)}",
    "${SPRINTF(%d%%,50)}", "${SPRINTF(%03d%s,7,x)}", "${SPRINTF(%d)}", "${SPRINTF(plain)}", "${SPRINTF(%c,65)}", "${SPRINTF(%+d,5)}", "${SPRINTF(%e,12345.678)}", "${SPRINTF(%o,8)}", "${SPRINTF(%ld,12)}",
    "${EVAL(${NAME})}", "${EVAL(\\${TEXT})}", "${EVAL(a$[1+1])}",
    # numbers
    "${MATH(3+4,int)}", "${MATH(3+4)}", "${MATH(7/2)}", "${MATH(7/2,int)}", "${MATH(7/0)}", "${MATH(7/-2)}", "${MATH(7%4,int)}", "${MATH(-7%4,i)}", "${MATH(2^10,int)}", "${MATH(5>3)}", "${MATH(5<3)}",
    "${MATH(5>=5)}", "${MATH(5==5.0)}", "${MATH(5=5)}", "${MATH(1<<4,int)}", "${MATH(16>>2,int)}", "${MATH(6AND3,int)}", "${MATH(6OR3,int)}", "${MATH(6XOR3,int)}", "${MATH(255*1,hex)}", "${MATH(65+0,char)}",
    "${MATH(-5+3,int)}", "${MATH(5--3,int)}", "${MATH(5*-3,int)}", "${MATH(1.5+1.25)}", "${MATH(abc,int)}", "${MATH(1+x)}", "${MATH(1+2,bad)}", "${MATH()}", "${MATH( 3 + 4 ,int)}", "${MATH(2147483647+1,int)}",
    "${MATH(1e3+1)}", "${MATH(3+4,INT)}", "${MATH(-3-4,int)}", "${MATH(0-0)}", "${MATH(-0+0)}", "${MATH(-1*1,hex)}", "${MATH(99999999999*1,int)}", "${INC(COUNT)}:${COUNT}", "${DEC(COUNT)}:${COUNT}", "${INC(TEXT)}", "${INC(NONE)}",
    "${MAX(3,5)}", "${MIN(3,5)}", "${ABS(-5.5)}", "${MAX(3)}", "${MIN(2.5,x)}",
    # hashes, globals, the database, the dialplan
    "${HASHKEYS(H)}", "${HASH(H,two)}", "${HASH(H)}", "${HASH(H,gone)}", "${HASHKEYS(GONE)}", "${GLOBAL(G)}", "${GLOBAL(NONE)}", "${DB(fam/key)}", "${DB(fam/gone)}", "${DB_EXISTS(fam/key)}", "${DB_RESULT}",
    "${DB_EXISTS(none/none)}", "${DB_KEYS(fam)}", "${DB_DELETE(fam/key)}", "${DB(fam/key)}", "${DIALPLAN_EXISTS(table)}", "${DIALPLAN_EXISTS(table,s)}", "${DIALPLAN_EXISTS(table,s,99)}", "${DIALPLAN_EXISTS(gone)}",
    "${DIALPLAN_EXISTS(other,123)}", "${DIALPLAN_EXISTS(other,123,lab)}", "${DIALPLAN_EXISTS(other,123,gone)}", "${DIALPLAN_EXISTS(other,5,1)}", "${VALID_EXTEN(other,123,1)}", "${DIALPLAN_EXISTS(closed,123)}",
    "${DIALPLAN_EXISTS(open,123)}", "${EXTENSION_STATE(gone@other)}", "${EXTENSION_STATE(9@other)}", "${DEVICE_STATE(Custom:x)}",
    # the caller
    "${CALLERID(num)}", "${CALLERID(name)}", "${CALLERID(all)}", "${CALLERID(number)}", "${SET(CALLERID(all)=Bea <302>)}", "${CALLERID(num)}/${CALLERID(name)}", "${SET(CALLERID(all)=\"Cy D\" <303>)}", "${CALLERID(all)}",
    "${SET(CALLERID(all)=304)}", "${CALLERID(num)}/${CALLERID(name)}", "${SET(CALLERID(all)=Eve)}", "${CALLERID(num)}/${CALLERID(name)}", "${SET(CALLERID(name)=Flo)}", "${CALLERID(all)}", "${SET(CALLERID(num)=)}", "${CALLERID(all)}",
    # the clock
    "${STRFTIME(0,UTC,%Y-%m-%d %H:%M:%S)}", "${STRFTIME(1000000000,UTC,%A %d %B %j %w %y)}", "${STRFTIME(1000000000,America/New_York,%H:%M %Z)}", "${STRFTIME(1000000000,UTC,%c)}", "${STRFTIME(1000000000,UTC,%a\\, %d %b)}",
    "${STRFTIME(1000000000,UTC,%I %p %l %e %u %V)}", "${STRFTIME(1000000000,UTC,\"%H\")}", "${STRFTIME(1000000000,Asia/Tehran,%H%M%z)}", "${STRFTIME(1000000000,UTC)}", "${STRFTIME(1000000000.5,UTC,%S)}",
    "${STRPTIME(2001-09-09 01:46:40,UTC,%Y-%m-%d %H:%M:%S)}", "${STRPTIME(2001-09-09 01:46:40,America/New_York,%Y-%m-%d %H:%M:%S)}", "${STRPTIME(nonsense,UTC,%Y)}", "${STRPTIME(2001-09-09,UTC)}",
    "${IFTIME(*,*,*,*?a:b)}", '${IFTIME(*,*,*,*?"a b":c)}', "${IFTIME(x,*,*,*?a:b)}", "${IFTIME(*,*,*,*)}", "${IFTIME(?a:b)}",
)  # fmt: skip
RANDOM = rows(400, seed=20261124)
ROWS = (*EXPRESSIONS, *VALUES, *FUNCTIONS, *RANDOM)
WRITTEN = len(ROWS) - len(RANDOM)  # by hand
CONDITIONS = (
    "", " ", "0", "00", "1", "-1", "a", "0a", "1a", "-0", "+0", " 0", " 1", "0.5", ".5", '""', '"0"', "4294967296", "4294967297", "9" * 40, "-", "0x1", "no",
)  # fmt: skip
SETUP = (
    "TEXT=hello", "LIST=one-two-three", "NAME=${TEXT}", "NAMED=TEXT", "REST=EXT", "NUM=12345", "UTF=aéz", "HASH(H,one)=1", "HASH(H,two)=2", "COMMAS=x,y", "PIPES=a|b|c",
    "AMPS=a&b&c", "CHANNELISH=PJSIP/100-00000001", "EMPTYFIELDS=a--c-", "TWICE=a-a-b-a", "S1=p-q-r", "S2=p,q,r", "PUSH(PUSHED)=a", "PUSH(PUSHED)=b", "UNSHIFT(UNSHIFTED,-)=a",
    "UNSHIFT(UNSHIFTED,-)=b", "ARRAY(A1,A2,A3)=1,2", "COUNT=41", "GLOBAL(G)=glob", "DB(fam/key)=val", "DB(fam/two)=2", "CALLERID(num)=301", "CALLERID(name)=Ana",
)  # fmt: skip
OTHERS = """\
[other]
exten => _1XX,1,NoOp()
 same => n(lab),NoOp()
exten => 5,2,NoOp()
exten => 9,hint,Custom:nine
[closed]
include => other,*,*,0,*
[open]
include => other,*,*,*,*
"""


def dialplan() -> str:
    """[table], that leaves a global for each row and each condition that holds."""
    lines = [f"Set({one})" for one in SETUP]
    lines += [f"Set(GLOBAL(ROW{number})=<{text}>)".replace(";", "\\;") for number, text in enumerate(ROWS)]
    for number, condition in enumerate(CONDITIONS):
        lines += [
            f"GotoIf({condition}?yes{number})",
            f"Goto(no{number})",
            f"(yes{number}),Set(GLOBAL(COND{number})=yes)",
            f"(no{number}),NoOp()",
        ]
    steps = "".join(
        f" same => n{'' if line.startswith('(') else ','}{line}\n"
        for line in [*lines, "Set(GLOBAL(DONE)=yes)", "Wait(1)"]
    )
    return f"[table]\nexten => s,1,Answer()\n{steps}{OTHERS}"


@cache
def real(version: int) -> Mapping[str, str]:
    """What real Asterisk makes of each row and condition."""

    async def work() -> str:
        pbx, _ = await boot(lab(version), {"/etc/asterisk/extensions.conf": dialplan().encode()})
        await pbx.manager.command("channel originate Local/s@table application Wait 300")
        shown = ""
        for _ in range(1000):
            shown = await pbx.manager.command("dialplan show globals")
            if "DONE=yes" in shown:
                break
            await asyncio.sleep(0.05)
        return shown

    found = dict(re.findall(r"^\s*((?:ROW|COND)\d+|DONE)=(.*)$", sealed(work), re.M))
    assert found.pop("DONE") == "yes", "the call did not come to its end"
    return found


@cache
def ours() -> Mapping[int, str]:
    """The rows, as a walk meets them one after the other."""
    variables: dict[str, str] = {}
    read = read_dialplan({"/etc/asterisk/extensions.conf": dialplan().encode()})
    system = PhoneSystem("asterisk", {}, read, (), (), (), (), (), (), (), (), (), (), (), None, {})
    functions = Functions(system, datetime(2026, 1, 6, 10, 30), "", "", "Local/s@table-00000001;2")
    functions.variable = lambda name: variables.get(name, variables.get(f"GLOBAL({name})", ASTERISK.get(name, "")))
    functions.set_variable = variables.__setitem__
    for one in SETUP:
        name, _, value = one.partition("=")
        functions.assign(expand(name, functions), expand(value, functions))
    return {number: expand(f"<{text}>", functions) for number, text in enumerate(ROWS)}


ASTERISK = {"ASTETCDIR": "/etc/asterisk"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", range(WRITTEN), ids=lambda number: ROWS[number])
def test_a_row_has_the_value_that_real_asterisk_gives(number: int, version: int) -> None:
    assert ours()[number] == real(version)[f"ROW{number}"]


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_put_together_by_chance_have_the_values_that_real_asterisk_gives(version: int) -> None:
    theirs = real(version)
    numbers = range(WRITTEN, len(ROWS))
    assert [(ROWS[n], ours()[n], theirs[f"ROW{n}"]) for n in numbers if ours()[n] != theirs[f"ROW{n}"]] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", range(len(CONDITIONS)), ids=lambda number: CONDITIONS[number])
def test_a_condition_holds_when_real_asterisk_says_so(number: int, version: int) -> None:
    assert is_true(CONDITIONS[number]) == (f"COND{number}" in real(version))
