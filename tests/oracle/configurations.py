"""Configuration files as real Asterisk's own reader parses them (AMI `GetConfig`), against `read_configuration`.

One running Asterisk is asked about any number of files: each folder's files are laid into its /etc/asterisk while it
runs, asked for, and taken away again. It reads them anew each time, and nothing but its parser sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ringkeep.asterisk.conf import read_configuration
from ringkeep.lab.server import Server
from tests.oracle.score import Score
from tests.sealed import boot, lab, sealed

ETC = "/etc/asterisk"
SUITE_DEFAULTS = "asterisk-testsuite/configs"  # what the suite lays under every test's own files
NOT_CONFIGURATION = {".sql", ".gz", ".tgz", ".bundle", ".bin", ".ael", ".lua"}
LINE = re.compile(r"(Category|IsTemplate|Templates|Line)-(\d{6})(?:-\d{6})?$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One category as parsed; texts keep their bytes as surrogates when they are no UTF-8."""

    name: str
    is_template: bool = False
    parents: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()  # "name=value"


Verdict = list[Parsed] | str  # the categories, or why Asterisk reads nothing


@dataclass(frozen=True, slots=True)
class Folder:
    """Files that lie together in /etc/asterisk, and which of them to ask for."""

    name: str
    files: Mapping[str, bytes]  # path below /etc/asterisk -> content
    asked: Sequence[str]


def folders(systems: Path) -> Iterator[Folder]:
    """Every folder with configuration files under the collection of systems; a suite's test lies on its defaults."""
    defaults = _files(systems / SUITE_DEFAULTS, deep=False)
    for folder in sorted({path.parent for path in systems.rglob("*") if _is_configuration(path)}):
        own = _files(folder, deep=folder.name == "etc-asterisk")
        name = str(folder.relative_to(systems))
        if "etc-asterisk/" not in f"{name}/"[:-1]:
            yield Folder(name, {**(defaults if "testsuite" in name else {}), **own}, sorted(own))


def _is_configuration(path: Path) -> bool:
    return path.suffix not in NOT_CONFIGURATION and path.is_file() and not path.name.endswith((".txt", "README"))


def _files(folder: Path, *, deep: bool) -> dict[str, bytes]:
    paths = folder.rglob("*") if deep else folder.glob("*")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if _is_configuration(path)}


def score(systems: Path, version: int = 22) -> list[Score]:
    """How often our reading of the files under `systems` equals that Asterisk's parser's."""
    result = Score(f"configuration files as Asterisk {version} parses them")
    cases = list(folders(systems))
    for folder, verdicts in zip(cases, real(cases, version), strict=True):
        for name, verdict in verdicts.items():
            result.count(f"{folder.name}/{name}", difference(ours(folder.files, name), verdict))
    return [result]


def real(cases: Iterable[Folder], version: int) -> list[dict[str, Verdict]]:
    """What that Asterisk's parser makes of each file asked for, folder by folder; one boot."""

    async def work() -> list[dict[str, Verdict]]:
        pbx, _ = await boot(
            lab(version), {f"{ETC}/extensions.conf": b"[default]\n", f"{ETC}/modules.conf": b"[modules]\nautoload=no\n"}
        )
        return [await _ask(pbx, folder) for folder in cases]

    return sealed(work)


async def _ask(pbx: Server, folder: Folder) -> dict[str, Verdict]:
    etc = pbx.tree.outside(ETC)
    for path, content in folder.files.items():
        target = etc / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(0o755)
        target.unlink(missing_ok=True)
        target.write_bytes(content)
        target.chmod(0o644)
    try:
        return {name: await _parse(pbx, name) for name in folder.asked}
    finally:
        for path in folder.files:
            (etc / path).unlink()


async def _parse(pbx: Server, name: str) -> Verdict:
    answer = await pbx.manager.action("GetConfig", Filename=name, Filter="TEMPLATES=include")
    if answer.get("Response") != "Success":
        return answer.get("Message")
    found: dict[str, Parsed] = {}
    for key, value in answer.fields:
        if match := LINE.match(key):
            kind, number = match.groups()
            known = found.get(number, Parsed(""))
            if kind == "Category":
                found[number] = replace(known, name=value)
            elif kind == "IsTemplate":
                found[number] = replace(known, is_template=value == "1")
            elif kind == "Templates":
                found[number] = replace(known, parents=tuple(filter(None, value.split(","))))
            else:
                found[number] = replace(known, lines=(*known.lines, value))
    return [found[number] for number in sorted(found)]


def ours(files: Mapping[str, bytes], name: str) -> Verdict:
    """The same from our reading."""
    configuration = read_configuration({f"{ETC}/{path}": content for path, content in files.items()}, name)
    if configuration is None:
        return "Config file not found"
    if configuration.refused:
        return "Config file has invalid format"
    latin = {problem.place.file for problem in configuration.problems if problem.code == "encoding"}
    return [
        Parsed(
            _bytes(section.name, section.place.file in latin),
            section.is_template,
            tuple(_bytes(parent, section.place.file in latin) for parent in section.parents if parent),
            tuple(_bytes(f"{entry.name}={entry.value}", entry.place.file in latin) for entry in section.entries),
        )
        for section in configuration.sections
    ]


def _bytes(text: str, latin: bool) -> str:
    """The text as AMI shows its bytes."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape") if latin and not text.isascii() else text


def difference(mine: Verdict, real: Verdict) -> str | None:
    """The first difference in words; None when we agree."""
    if isinstance(mine, str) or isinstance(real, str):
        return None if mine == real else f"we: {_short(mine)}; Asterisk: {_short(real)}"
    for index, (a, b) in enumerate(zip(mine, real, strict=False)):
        if a != b:
            for field in ("name", "is_template", "parents"):
                if getattr(a, field) != getattr(b, field):
                    return (
                        f"category {index} [{b.name}]: {field} {getattr(a, field)!r}, Asterisk: {getattr(b, field)!r}"
                    )
            where = next(
                (i for i, (x, y) in enumerate(zip(a.lines, b.lines, strict=False)) if x != y),
                min(len(a.lines), len(b.lines)),
            )
            return f"[{b.name}] line {where}: {a.lines[where : where + 1]!r:.120}, Asterisk: {b.lines[where : where + 1]!r:.120}"
    if len(mine) != len(real):
        return f"{len(mine)} categories, Asterisk: {len(real)}"
    return None


def _short(verdict: Verdict) -> str:
    return verdict if isinstance(verdict, str) else f"{len(verdict)} categories"
