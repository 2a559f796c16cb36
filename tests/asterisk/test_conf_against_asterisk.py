"""Real Asterisk 16 and 22 parse awkward files and those of real systems: our reading is the same, to every byte."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from tests.oracle.configurations import Folder, Verdict, difference, folders, ours, real

SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or Path(__file__).resolve().parents[3] / "shared/systems")
VERSIONS = (16, 22)
TWO = b"[s]\na=1\n[t](!)\nb=2\n"
# Name -> a.conf, with b.conf, c.conf and sub/d.conf of NEIGHBOURS beside it.
AWKWARD = {
    # headings
    "template": TWO + b"[u](t)\nc=3\n",
    "several templates, in the order named": TWO + b"[v](!)\nv=1\n[w](v,t,s)\nc=3\n",
    "a template of templates": TWO + b"[v](!,t)\nv=1\n[w](v)\n",
    "an object as template": TWO + b"[u](s)\n",
    "names without case": TWO + b"[u](T)\n[U](+)\nc=3\n",
    "the first of two of a name": b"[s]\na=1\n[s]\nb=2\n[u](s)\n[s](+)\nc=3\n",
    "a blank in the options": TWO + b"[u](!, t)\n",
    "a blank before the options": TWO + b"[u] (t)\n",
    "words behind the options": TWO + b"[u](t) words\n[v]words\n",
    "no options between the brackets": TWO + b"[u]()\n",
    "an empty option": TWO + b"[u](t,)\n",
    "blanks are part of a name": b"[ s ]\na=1\n[s]\nb=2\n",
    "an empty name": b"[]\na=1\n[](+)\nb=2\n",
    "a long name is cut": b"[" + b"n" * 100 + b"]\na=1\n",
    "a cut name is not found": b"[" + b"n" * 100 + b"](!)\na=1\n[b](" + b"n" * 100 + b")\n",
    "adding to an object": TWO + b"[s](+)\nc=3\n",
    "adding to a template": TWO + b"[t](+)\nc=3\n",
    "adding to a template by filter": TWO + b"[t](+TEMPLATES=include)\nc=3\n",
    "adding to templates only": TWO + b"[s]\n[s](+TEMPLATES=restrict)\nc=3\n",
    "adding by value": b"[s]\ntype=aor\n[s]\ntype=endpoint\n[s](+type=endpoint)\nc=3\n",
    "adding by two values": b"[s]\na=1\nb=2\n[s]\na=1\nb=3\n[s](+a=1&b=3)\nc=3\n",
    "adding by an expression": b"[s]\na=12\n[s]\na=2\n[s](+^a$=^2)\nc=3\n",
    "adding by a filter that nothing passes": TWO + b"[s](+a=9)\n",
    "adding and inheriting": TWO + b"[s](+,t)\nc=3\n",
    "inheriting and adding": TWO + b"[s](t,+)\nc=3\n",
    "adding makes a template": TWO + b"[s](+,!)\nc=3\n",
    "adding to what is not there": b"[s](+)\n",
    "a bracket that is not closed": b"[s\na=1\n",
    "options that are not closed": TWO + b"[u](t\n",
    # entries
    "arrows": b"[s]\na => 1\nb=>\nc= >2\nd=>=3\ne==4\n",
    "control characters are blanks": b"[s]\n\x01a\x02=\x1f1 2\x0b\n",
    "no blank of other scripts": "[s]\na=\u00a01\u00a0\n\u2003b=2\n".encode(),
    "no equals, no name": b"[s]\nwords\n=1\n = 2\na=1\n",
    "a carriage return inside": b"[s]\r\na=1\rb=2\r\n",
    "no line end": b"[s]\na=1",
    "NUL ends a line": b"[s]\na=1\0b\n\0c=2\nd=3\0=4\n",
    "an escaped first letter": b"[s]\n\\a=1\n\\[x]=2\n\\#b=3\n\\=c=4\n",
    "a lone backslash": b"[s]\n\\\na=1\n",
    "an escaped blank": b"[s]\n\\ a=1\n",
    "more of a value": b"[s]\na=1\na+=,2\nb += 3\nb += 4\n+=5\n",
    "more of a value that stands twice": b"[s]\na=1\na=2\na=1\na+=x\na+=y\n",
    "more of a value that stands in another case": b"[s]\nA=x\na=X\na+=1\n",
    "more of an empty value": b"[s]\na=1\na=\na+=2\n",
    "more of an inherited value": TWO + b"[u](t)\nb+=3\n[v](t)\n",
    "an entry before any section": b"a=1\n[s]\n",
    # comments
    "semicolons": b"[s]\na=1;2\nb=1\\;2\nc=1\\\\;2\nd=\\;\\;;\n\\;e=1\n",
    "comments inside a line": b"[s]\na=1;--2--;3;--4--;5\n;--x--;b=2\n;---\nc=3\n",
    "comments of many lines, nested": b"[s]\n;--\na=1\n;--\nb=2\n--;c=3\nd=4--;e=5\nf=6\n",
    "a comment that is not closed": b"[s]\na=1\n;--\nb=2\n",
    "a comment closed too often": b"[s]\na=1--;b\nc=2\n;--\nd=3\n--;\ne=4\n",
    "an escaped comment": b"[s]\na=1\\;--2\nb=3\n",
    # files
    "includes in every form": b'[s]\n#include b.conf\n#include "b.conf"\n#include <b.conf>\n#INCLUDE\tb.conf\n#tryinclude b.conf\n',
    "the section after an include": TWO + b"#include c.conf\nd=4\n#include b.conf\n",
    "a section opened in an include": b"#include c.conf\n#include b.conf\n",
    "an include by pattern": b"[s]\n#include [bc].conf\nx=1\n#include ?.conf\n",
    "an include by braces": b"[s]\n#include {c,b,gone}.conf\n",
    "an include of a folder's files": b"[s]\n#include sub/*.conf\n#include */d.conf\n#include sub/../b.conf\n",
    "a pattern finds no hidden file": b"[s]\n#tryinclude ?hidden.conf\n#tryinclude .h*.conf\n",
    "a pattern that finds nothing": b"[s]\n#include gone*.conf\na=1\n",
    "an include that is not there": b"[s]\n#include gone.conf\na=1\n",
    "trying what is not there": b"[s]\n#tryinclude gone.conf\n#tryinclude gone*.conf\na=1\n",
    "a folder is no file": b"[s]\n#include sub\n",
    "a refused include": b"[s]\n#include broken\nz=1\n",
    "too many refused includes": b"[s]\n" + b"#include broken\n" * 12 + b"z=1\n",
    "an include of itself": b"[s]\na=1\n#include a.conf\nb=2\n",
    "trying itself": b"[s]\na=1\n#tryinclude a.conf\nb=2\n",
    "directives that are none": b"[s]\n#foo b.conf\n# include b.conf\n#\n#include\n#include;b.conf\na=1\n",
    "a program": b"[s]\n#exec /bin/true\na=1\n",
    # bytes
    "a byte order mark": b"\xef\xbb\xbf[s]\na=1\n",
    "a byte order mark before a comment": b"\xef\xbb\xbf; x\n[s]\na=1\n",
    "Latin-1": b"[caf\xe9]\na=caf\xe9\n[b](caf\xe9)\n",
    "Persian": "[داخلی](!)\nنام=سلام\n[b](داخلی)\n".encode(),
    "UTF-16": "[s]\na=1\n".encode("utf-16"),
    "the longest line": b"[s]\na=" + b"x" * 8188 + b"\nb=2\n",
    "a byte more": b"[s]\na=" + b"x" * 8189 + b"\nb=2\n",
    "twice too long": b"[s]\na=" + b"x" * 20000 + b"\nb=2\n",
    "too long in bytes, not in letters": ("[s]\na=" + "س" * 4500 + "\nb=2\n").encode(),
    "a NUL in a long line": b"[s]\na=1\0" + b"x" * 9000 + b"=5\nb=2\n",
    "nothing": b"",
    "an empty section": b"[s]\n",
}  # fmt: skip
NEIGHBOURS = {
    "b.conf": b"from_b=1\n",
    "c.conf": b"\xef\xbb\xbf[c]\nfrom_c=1\n",
    "sub/d.conf": b"from_d=1\n",
    ".hidden.conf": b"hidden=1\n",
    "broken": b"first=1\n[broken\n",
}


@cache
def parsed(version: int) -> dict[str, Verdict]:
    """What that Asterisk makes of every awkward file; one boot."""
    cases = [Folder(name, {**NEIGHBOURS, "a.conf": text}, ["a.conf"]) for name, text in AWKWARD.items()]
    return {name: answer["a.conf"] for name, answer in zip(AWKWARD, real(cases, version), strict=True)}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_file_reads_as_real_asterisk_parses_it(name: str, version: int) -> None:
    mine = ours({**NEIGHBOURS, "a.conf": AWKWARD[name]}, "a.conf")
    assert difference(mine, parsed(version)[name]) is None


@pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")
def test_every_file_of_real_systems_reads_as_real_asterisk_parses_it() -> None:
    roots = [SYSTEMS / name for name in ("freepbx16", "issabelpbx212", "asterisk-samples")]
    cases = [folder for root in roots for folder in folders(root)]  # all others as well: scripts/score configurations
    answers = zip(cases, real(cases, 22), strict=True)
    found = {
        f"{folder.name}/{name}": difference(ours(folder.files, name), verdict)
        for folder, verdicts in answers
        for name, verdict in verdicts.items()
    }
    assert len(found) > 200 and {name: why for name, why in found.items() if why} == {}
