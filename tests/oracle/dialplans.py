"""Every extensions.conf of the real systems, loaded into real Asterisk and by us: `dialplan show` must be the same.

Our reading is written out as Asterisk prints its own, file and line behind each priority, and compared line by line.
    python -m tests.oracle.dialplans SYSTEMS [VERSION]
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension
from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.lab.server import Server
from ringkeep.phonesystem.standins import stand_ins
from tests.oracle.score import Score
from tests.sealed import boot, lab, sealed

LOADING = "[general]\nclearglobalvars=yes\n"
EMPTYING = 3  # reloads until nothing is left: a context that stood there twice needs two
CELL = 1023  # bytes of a line that `dialplan show` keeps
OURS = re.compile(r"\[(?:pbx_config|[^\[\]]*:\d+)\]$|^Autohints")  # lines that extensions.conf or users.conf brought


@dataclass(frozen=True, slots=True)
class Case:
    """One extensions.conf with the files beside it."""

    name: str
    files: Mapping[str, bytes]  # by path inside the phone system


def cases(systems: Path) -> Iterator[Case]:
    """Every folder under the systems that has an extensions.conf, or a link to one that the backup left out."""
    for path in sorted(systems.rglob("extensions.conf.sample")):
        yield Case(str(path.relative_to(systems)), {"/etc/asterisk/extensions.conf": path.read_bytes()})
    folders = sorted({path.parent for path in systems.rglob("extensions*.conf")})
    for folder in folders:
        files = {
            f"/etc/asterisk/{path.relative_to(folder)}": path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stat().st_size < 20_000_000
        }
        if "/etc/asterisk/extensions.conf" not in files:
            files |= stand_ins(files, ["/etc/asterisk/extensions.conf"])
        if "/etc/asterisk/extensions.conf" in files:
            yield Case(str(folder.relative_to(systems)), files)


# -- our reading, as Asterisk would print it ------------------------------------------------------------------


def printed(dialplan: Dialplan) -> dict[str, list[str]]:
    """The lines of `dialplan show` for each context."""
    return {name: list(_context_lines(context)) for name, context in dialplan.contexts.items()}


def _context_lines(context: Context) -> Iterator[str]:
    if context.autohints:
        yield "Autohints support enabled"
    for extension in context.ordered:
        yield from _extension_lines(extension)
    for include in context.includes:
        yield _row("  Include =>        ", f"'{include.written}'", "pbx_config", 45)
    for ignored in context.ignorepats:
        yield _row("  Ignore pattern => ", f"'{ignored}'", "pbx_config", 45)
    for switch in context.switches:
        yield _row("  Alt. Switch =>    ", f"'{switch}'", "pbx_config", 45)


def _extension_lines(extension: Extension) -> Iterator[str]:
    limited = "" if extension.callerid is None else f" (CID match '{extension.callerid}')"
    first = f"'{extension.pattern}'{limited} =>" + (" " if limited else "")
    peers = [
        (step.label, f"{step.priority}. {step.application}({step.arguments})", step.place) for step in extension.steps
    ]
    if extension.hint is not None and extension.hint_place is not None:
        peers.insert(0, (None, f"hint: {extension.hint}", extension.hint_place))
    for number, (label, what, place) in enumerate(peers):
        head = first if not number else f"   [{label}]" if label else ""
        # users.conf leaves no file behind.
        users = place.file.endswith("/users.conf")
        where = "pbx_config" if users else f"{place.file.rpartition('/')[2]}:{place.line}"
        yield _row(f"  {_padded(head, 17)} ", what, where, 45)


def _row(head: str, cell: str, where: str, width: int) -> str:
    return f"{head}{_padded(_kept(cell), width)} [{where}]"


def _kept(text: str) -> str:
    return text.encode("utf-8", "surrogateescape")[:CELL].decode("utf-8", "replace")


def _padded(text: str, width: int) -> str:
    return text + " " * (width - len(text.encode("utf-8", "surrogateescape")))


# -- Asterisk's ----------------------------------------------------------------------------------------------


def shown(output: str) -> dict[str, list[str]]:
    """The contexts of `dialplan show` that pbx_config made, each with its lines; what modules added is left out."""
    contexts: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in output.split("\n"):
        if match := re.match(r"\[ Context '(.*)' created by '(.*)' \]$", line):
            lines = contexts.setdefault(match[1], []) if match[2] == "pbx_config" else None
        elif lines is not None and OURS.search(line):
            lines.append(line)
    return contexts


def difference(ours: Mapping[str, list[str]], theirs: Mapping[str, list[str]]) -> str | None:
    """The first thing that differs; None when nothing does."""
    if missing := sorted(set(theirs) - set(ours)):
        return f"contexts only Asterisk has: {missing[:5]}"
    if extra := sorted(set(ours) - set(theirs)):
        return f"contexts only we have: {extra[:5]}"
    for name, lines in theirs.items():
        own = ours[name]
        for number in range(max(len(lines), len(own))):
            one = own[number] if number < len(own) else "(nothing)"
            other = lines[number] if number < len(lines) else "(nothing)"
            if one.split() != other.split() or one.rstrip() != other.rstrip():
                return f"[{name}] ours {one!r}, Asterisk's {other!r}"
    return None


@dataclass(frozen=True, slots=True)
class Shown:
    """What Asterisk prints of a dialplan it has loaded."""

    dialplan: str
    variables: str  # `dialplan show globals`
    hints: str  # `core show hints`


async def loaded(pbx: Server, files: Mapping[str, bytes]) -> Shown:
    """Have Asterisk load these files and nothing else, and show what it has then."""
    etc = pbx.tree.outside("/etc/asterisk")
    for path in etc.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (etc / "extensions.conf").write_text(LOADING)
    for _ in range(EMPTYING):
        await pbx.manager.command("dialplan reload")
    for path, content in files.items():
        target = etc / path.removeprefix("/etc/asterisk/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    await pbx.manager.command("dialplan reload")
    commands = ("dialplan show", "dialplan show globals", "core show hints")
    return Shown(*[(await pbx.manager.action("Command", 120.0, Command=command)).output for command in commands])


def globals_of(output: str) -> dict[str, str]:
    """The variables of `dialplan show globals`."""
    return dict(re.findall(r"^   ([^=\n]*)=(.*)$", output, re.M))


def hints_of(output: str) -> list[tuple[str, str]]:
    """Extension and devices of `core show hints`, each cut as that Asterisk's columns are (20 or 30, 20 or 60)."""
    return sorted(
        (match[0].rstrip(), match[1].rstrip()) for match in re.findall(r"^(.*?): (.*?)  State:", output, re.M)
    )


def compare(case: Case, theirs: Shown) -> str | None:
    """Where we differ about one case."""
    dialplan = read_dialplan(case.files)
    if found := difference(printed(dialplan), shown(theirs.dialplan)):
        return found
    variables = globals_of(theirs.variables)
    names = [name for name in {*variables, *dialplan.globals} if variables.get(name) != dialplan.globals.get(name)]
    return f"globals {[(n, dialplan.globals.get(n), variables.get(n)) for n in sorted(names)[:3]]}" if names else None


def compare_hints(case: Case, theirs: Shown, version: int) -> tuple[int, str | None]:
    """How many hints Asterisk has, and where we differ about them."""
    name_width, devices_width = (20, 20) if version == 16 else (30, 60)
    ours = sorted(
        (f"{extension.pattern}@{context.name}"[:name_width].rstrip(), extension.hint[:devices_width].rstrip())
        for context in read_dialplan(case.files).contexts.values()
        for extension in context.extensions
        if extension.hint is not None
    )
    wanted = hints_of(theirs.hints)
    if ours == wanted:
        return len(wanted), None
    return len(
        wanted
    ), f"ours {[h for h in ours if h not in wanted][:3]}, Asterisk's {[h for h in wanted if h not in ours][:3]}"


def score(systems: Path, version: int = 22) -> list[Score]:
    """Load every case into one Asterisk of that version and compare: dialplans, and the hints of those that have some."""
    given = list(cases(systems))
    dialplans = Score(f"dialplans as Asterisk {version} compiles them")
    hints = Score(f"dialplans whose hints are those of Asterisk {version}")
    for case, (found, count, other) in zip(given, sealed(_worker(given, version)), strict=True):
        dialplans.count(case.name, found)
        if count or other:
            hints.count(case.name, other)
    return [dialplans, hints]


def _worker(given: list[Case], version: int) -> Callable[[], Awaitable[list[tuple[str | None, int, str | None]]]]:
    async def work() -> list[tuple[str | None, int, str | None]]:
        pbx, _ = await boot(lab(version), {"/etc/asterisk/extensions.conf": LOADING.encode()})
        found = []
        for case in given:
            theirs = await loaded(pbx, case.files)
            found.append((compare(case, theirs), *compare_hints(case, theirs, version)))
        return found

    return work


if __name__ == "__main__":
    for result in score(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 22):
        print(result)
        print("\n".join(result.differing))
