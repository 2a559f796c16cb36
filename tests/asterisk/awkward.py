"""Dialplans as awkward as people write them; each is loaded by real Asterisk and by us."""

from __future__ import annotations

import random
from dataclasses import dataclass

DIALPLANS = {
    "no parentheses": "[c]\nexten => 1,1,Answer\nexten => 1,n,Playback,foo\nexten => 1,n,Dial(PJSIP/1\nexten => 1,n,Hangup()x\n",
    "no application": "[c]\nexten => 1,1\nexten => 2\nexten => 3,1,\nexten => 4,1,()\nexten =>\nexten => ,1,A()\n",
    "spaces everywhere": "[c]\nexten =>   1 2 3 ,  1  ,   NoOp( a b )  \n same  =>  n , NoOp (x)\nexten=>9,1,NoOp()\nexten = 8,1,NoOp()\n",
    "quotes and commas": '[c]\nexten => 1,1,Set(A="x,y")\n same => n,Dial(SIP/a,20,"b",)\n same => n,NoOp((a)(b)),c)\n',
    "escaped semicolons": "[c]\nexten => 1,1,NoOp(a\\;b) ; gone\n same => n,NoOp(a\\\\;b)\n same => n,NoOp(;-- in --; out)\n",
    "backslashes": "[c]\nexten => 1\\,2,1,NoOp()\nexten => 3,1,NoOp(\\,\\\\)\n",
    "labels": "[c]\nexten => 1,1(start),A()\nexten => 1,n(mid),B()\nexten => 1,start+101,C()\nexten => 1,mid,D()\nexten => 1,none,E()\n",
    "labels with plus": "[c]\nexten => 1,1,A()\nexten => 1,n(x)+5,B()\nexten => 1,n+5(y),C()\nexten => 1,n+(z),D()\nexten => 1,n+q,E()\n",
    "label given twice": "[c]\nexten => 1,1(a),A()\nexten => 1,2(a),B()\nexten => 1,5(b),C()\nexten => 1,4(b),D()\n",
    "label not closed": "[c]\nexten => 1,1(a,A()\n same => n,B()\nexten => 1,2(),C()\nexten => 1,3( sp ),D()\n",
    "label of a pattern": "[c]\nexten => _1X,1(top),A()\nexten => 12,1,B()\nexten => 12,top+7,C()\n",
    "strange priorities": "[c]\nexten => 1,0,A()\nexten => 1,-3,B()\nexten => 1,+4,C()\nexten => 1,5x,D()\nexten => 1,N,E()\nexten => 1,Next,F()\nexten => 1,07,G()\nexten => 1,99999999999,H()\nexten => 1,s,I()\n",
    "n and s": "[c]\nexten => 1,n,A()\nexten => 1,s,A()\nexten => 1,10,B()\nexten => 2,n,C()\nexten => 2,s+3,D()\nexten => 2,same,E()\nexten => 2,next,F()\n",
    "wrong order": "[c]\nexten => 1,3,C()\nexten => 1,1,A()\nexten => 1,2,B()\nexten => 1,2,Z()\nexten => 1,n,D()\n",
    "same without an extension": "[c]\nsame => n,A()\nexten => 1,1,B()\nsame => n,C()\n[d]\nsame => n,D()\n[c]\nsame => n,E()\nsamething => n,F()\n",
    "same after a broken line": "[c]\nexten => 1,1,A()\nexten => 2\n same => 1,B()\n same => n,C()\nexten => 3,x,D()\n same => n,E()\n",
    "hints": "[c]\nexten => 1,hint,PJSIP/1&PJSIP/2\nexten => 1,hint,PJSIP/3\nexten => 1,1,A()\nexten => _2X,hint,PJSIP/${EXTEN}\nexten => 3,hint,SIP/${EXTEN}@${CONTEXT}\nexten => 4,hint,Custom:x(y)\nexten => 5,HINT,SIP/5\nexten => 6,hint,SIP/6,Presence:6\nexten => 7-8,hint,SIP/7\n",
    "n after a hint": "[c]\nexten => 1,hint,SIP/1\nexten => 1,n,A()\n same => n,B()\n same => 1,C()\n same => n,D()\nexten => 2,hint,SIP/2\n same => n+3,E()\n same => s,F()\n",
    "callers": "[c]\nexten => 1/100,1,A()\n same => n,B()\nexten => 1/_2XX,1,C()\nexten => 1,1,D()\nexten => 1/,1,E()\nexten => 1/(03) 55-66,1,F()\nexten => _X./_9-X[1-3],1,G()\nexten => 1/100,2,H()\n",
    "two spellings of one extension": "[c]\nexten => _X[0-9],1,A()\nexten => _[0-9]x,2,B()\nexten => 1-2,2,C()\nexten => 12,1,D()\nexten => _N,1,E()\nexten => _[2-9],1,F()\n",
    "odd names": "[c]\nexten => *98,1,A()\nexten => #1,1,A()\nexten => +49,1,A()\nexten => a.b,1,A()\nexten => é,1,A()\nexten => s-BUSY,1,A()\nexten => 1@x,1,A()\nexten => [1],1,A()\nexten => i,1,A()\nexten => ${},1,A()\n",
    "patterns": "[c]\n" + "".join(f"exten => {p},1,NoOp()\n" for p in (
        "_[a-z]", "_X-X", "_[1-9-]", "_[-19]", "_.", "_!", "_n", "_xz", "_[]5", "_[9-1]", "_[9-1]5", "_X.5", "_X!5", "_ X X", "_[ 1]2",
        "_", "_-", "_/", "_[abc", "_[1", "_1[2]3", "_[12][34]", "_1[2", "_[0-9].", "_[X]", "_X[", "_[]]", "_*X.", "_#", "_+1NXXNXXXXXX", "_[+]1")),
    "includes": "[c]\ninclude => d\ninclude => d\ninclude => D\ninclude => d,09:00-17:00,mon-fri,*,*\ninclude => e|9:00-17:00|*|*|*\ninclude => gone\ninclude =>\n[d]\nexten => 1,1,A()\n",
    "switches": "[c]\nswitch => Realtime/c@table\nswitch => Realtime/c@table\nswitch => Loopback\nlswitch => IAX2/a:b@${X}/c\neswitch => Realtime/${EXTEN}\nignorepat => 9\nignorepat => 9\nignorepat => _1X\nswitch =>\n",
    "globals": "[globals]\nA=1\nB=${A}2\nC=$[${A} + 1]\nA=3\nD=${GONE}x\nE=${LEN(hello)}\nF = a b \n_G=g\n__H=h\nI=${B:1}\nJ=${C}${A}${B:-1}\nk=low\nL=$[ 1 + \nM=${A\nN=\nO=${TOUPPER(abc)}${FILTER(0-9,a1)}\n[c]\nexten => ${A}${B},1,NoOp(${A})\nexten => x${N}y,1,NoOp()\nexten => _${A}X.,1,A()\ninclude => ${k}er\nignorepat => ${A}\nexten => 1,${A},NoOp()\n[GLOBALS]\nP=${k}\n",
    "variables in names": "[globals]\nP=_9X.,1,Dial(x)\nQ=7,8\nS=/55\n[c]\nexten => ${P},1,A()\nexten => ${Q},1,B()\nexten => 6${S},1,C()\nexten => ${LEN(a,b)},1,D()\n",
    "contexts in pieces": "[c]\nexten => 1,1,A()\n[d](!)\nexten => 2,1,B()\n[e](d)\nexten => 3,1,C()\n[c](+)\nexten => 4,1,D()\n[c]\nexten => 5,1,E()\n[f](d,e)\nsame => n,F()\nexten => 2,n,G()\n",
    "odd contexts": "[c d]\nexten => 1,1,A()\n[C D]\nexten => 1,1,B()\n[c-d_e.f]\n[é]\nexten => 1,1,C()\n[general2]\nexten => 1,1,D()\n[ sp ]\nexten => 1,1,E()\n",
    "general settings": "[general]\nstatic=yes\nwriteprotect=yes\nautofallthrough=no\nclearglobalvars=yes\nuserscontext=u\nextenpatternmatchnew=no\n[globals]\nA=1\n[c]\nautohints=yes\nexten => 1,1,A()\n[d]\nautohints = no\n",
    "unknown lines": "[c]\nextne => 1,1,A()\nexten2 => 1,1,B()\nEXTEN => 2,1,C()\nSame => n,D()\nInclude => x\nnothing\n=> 1\n",
    "long names": f"[c]\nexten => {'1' * 300},1,A()\n same => n,B()\nexten => _{'X' * 79},1,C()\n[{'c' * 100}]\nexten => 1,1,A()\n",
    "application with variables": "[c]\nexten => 1,1,${APP}(x)\nexten => 1,n,Dial$[1](x)\nexten => 1,n,NoOp(${A}(b))\nexten => 1,n,Set(X=$[1 + (2)])\n",
    "empty": "",
    "only comments": "; nothing\n;-- at all --;\n",
}  # fmt: skip
USERS = {
    "users.conf": "[general]\nhasvoicemail=yes\nhasexten=yes\n[6000]\nhasiax=yes\nalternateexts=7000,7001\n[6001]\nhasvoicemail=no\n"
    "dahdichan=1-3,5\n[6002]\nhasexten=no\nhasiax=yes\n[6003]\nfullname=nobody\n[t](!)\nhasiax=yes\n[6004](t)\n[6 05](t)\n",
}  # fmt: skip

PIECES = ("0", "1", "2", "5", "9", "X", "Z", "N", "x", "z", "n", "[0-4]", "[13-5]", "[2-9]", "[1-9-]", "[*#]", "[a-c]", "[5]", "[]",
          "[9-1]", "-", " ", "*", "#", "+", "a", "b")  # fmt: skip
LETTERS = "0125599*#+ab-"


def pattern_sets(count: int, seed: int) -> list[tuple[list[str], list[str]]]:
    """Sets of patterns, each with numbers to look for: always the same ones for a seed."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        patterns = [_pattern(chance) for _ in range(chance.randint(3, 14))]
        numbers = ["".join(chance.choices(LETTERS, k=chance.randint(1, 5))) for _ in range(10)]
        made.append((patterns, numbers))
    return made


def _pattern(chance: random.Random) -> str:
    body = "".join(chance.choices(PIECES, k=chance.randint(1, 4)))
    end = chance.choice(("", "", "", ".", "!", ".", "!1", ".X"))
    return f"{chance.choice(('_', '_', '_', ''))}{body}{end}"


@dataclass(frozen=True, slots=True)
class Search:
    """A number looked for in a context by a caller."""

    context: str
    number: str
    caller: str


NAMES = (
    "12",
    "1-2",
    "_1X",
    "_[12]X",
    "_X.",
    "_X!",
    "_12",
    "_XX",
    "13",
    "12/301",
    "_1X/_3XX",
    "12/",
    "_X./302",
    "_!",
    "5",
    "_N",
)


def searches(count: int, seed: int) -> tuple[str, list[Search]]:
    """Contexts that include each other, in circles too, open and closed; each extension says which it is."""
    chance = random.Random(seed)
    lines = []
    for place in range(count):
        lines.append(f"[f{place}]")
        for name in chance.sample(NAMES, k=chance.randint(0, 4)):
            first = chance.choice((1, 1, 1, 10))  # where there is no priority 1 the search goes on
            says = f"f{place}:{name}".replace("/", "-by-")
            lines += [f"exten => {name},{first},Set(GLOBAL(FOUND${{N}})={says})", " same => n,Return()"]
        for other in chance.sample(range(count), k=chance.randint(0, 3)):
            times = chance.choice(("", "", ",*,*,*,*", ",*,*,0,*", "|00:00-23:59|*|*|*", ",x,*,*,*"))
            lines.append(f"include => f{other}{times}")
    numbers, callers = ("12", "13", "22", "5", "1-3", "1", "x", "129"), ("301", "302", "", "4-01")
    looked = [Search(f"f{place}", number, chance.choice(callers)) for place in range(count) for number in numbers]
    return "\n".join([*lines, ""]), looked
