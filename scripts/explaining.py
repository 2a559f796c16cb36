"""Parts of `scripts/bench`: reading, walking and comparing phone systems, and how the cost of each grows with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from figures import Figures  # beside this script

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for the systems of tests/growth.py

from tests.growth import Growth  # noqa: E402

from ringkeep.phonesystem.callflow import Forest, UnknownCall  # noqa: E402
from ringkeep.phonesystem.compare import compare  # noqa: E402
from ringkeep.phonesystem.model import PhoneSystem  # noqa: E402
from ringkeep.sources.contents import phone_system, read_contents  # noqa: E402
from ringkeep.sources.source import Source, open_source  # noqa: E402

READ_GOAL_S, WALK_GOAL_S, DIFF_GOAL_S = 0.5, 1.0, 1.0
SIZES = (200, 1_000, 10_000)
NOON = datetime(2026, 11, 24, 12, 0)
SETTING = re.compile(rb"(?m)^[ \t]*(?:\[([^\]\n]+)\]|([^=;\n]+?)[ \t]*=>?[ \t]*([^;\n]*))")
LINT = os.environ.get("RINGKEEP_BENCH_ASTERISKLINT")  # the program; `pip install asterisklint` in a venv of its own


@dataclass(frozen=True, slots=True)
class Measured:
    """A phone system in memory, with what it was read from."""

    system: PhoneSystem
    source: Source

    def read(self) -> PhoneSystem:
        """Everything again: files, the product's tables, the model, the disagreements."""
        return phone_system(self.source, read_contents(self.source))

    @property
    def lines(self) -> int:
        """Of configuration."""
        return sum(content.count(b"\n") for content in self.system.files.values())


def measured(path: Path, folder: str) -> Measured:
    """Open a phone system in a folder; copying it there is not measured."""
    source = open_source(path.absolute(), Path(folder) / "system")
    return Measured(phone_system(source, read_contents(source)), source)


def seconds(work: Callable[[], object]) -> float:
    """Processor time of this process: what else runs on the machine does not count."""
    began = time.process_time()
    work()
    return time.process_time() - began


def one_pass(files: Mapping[str, bytes]) -> int:
    """The least that reading can be: one regular expression over every byte."""
    return sum(1 for content in files.values() for _ in SETTING.finditer(content))


def walks(system: PhoneSystem, numbers: list[str] | None = None) -> int:
    """The trees of all numbers that can be dialled from outside; how many nodes they have."""
    forest, nodes = Forest(system, NOON), 0
    for number in numbers or [one.number for one in system.inbound_numbers if one.number]:
        try:
            nodes += len(forest.walk(number).nodes)
        except UnknownCall:
            continue
    return nodes


Part = Callable[[Figures, str, Measured, int], None]


def each(figures: Figures, systems: Mapping[str, Path], runs: int, part: Part) -> None:
    """Measure a part on each system."""
    for name, path in systems.items():
        with tempfile.TemporaryDirectory(prefix="ringkeep-bench-") as folder:
            part(figures, name, measured(path, folder), runs)


def read(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """Reading each system whole, against the goal, one regular expression over its files, and asterisklint."""
    each(figures, systems, runs, read_one)


def read_one(figures: Figures, name: str, one: Measured, runs: int) -> None:
    """The same of one."""
    times = [seconds(one.read) for _ in range(runs)]
    bare = median(seconds(lambda: one_pass(one.system.files)) for _ in range(runs))
    what = f"{name}: read whole, {one.lines:,} lines"
    figures.show(what, times, "s", bare, "one expression over it", 3)
    figures.show(what, times, "s", READ_GOAL_S, "goal, for 30,000 lines", 3)
    against_asterisklint(figures, name, one, runs)


def against_asterisklint(figures: Figures, name: str, one: Measured, runs: int) -> None:
    """`asterisklint dialplan-show` reads and prints extensions.conf; so does a process of ours."""
    if not LINT or not shutil.which(LINT):
        print("asterisklint was not compared: RINGKEEP_BENCH_ASTERISKLINT=PROGRAM names it", file=sys.stderr)
        return
    etc = one.source.root / "etc/asterisk"
    theirs = [child_seconds([LINT, "dialplan-show", "extensions.conf"], etc) for _ in range(min(runs, 3))]
    ours = [child_seconds([sys.executable, "-c", SHOW, str(etc)], etc) for _ in range(runs)]
    figures.show(
        f"{name}: dialplan read and printed, a process", ours, "s", median(theirs), "asterisklint dialplan-show"
    )


SHOW = """
import sys
from pathlib import Path
from ringkeep.asterisk.extensions import read_dialplan
etc = Path(sys.argv[1])
read = read_dialplan({f"/etc/asterisk/{p.relative_to(etc)}": p.read_bytes() for p in etc.rglob("*.conf") if p.is_file()})
for context in read.contexts.values():
    for extension in context.extensions:
        for step in extension.steps:
            print(context.name, extension.pattern, step.priority, step.application, step.arguments)
"""


def child_seconds(command: list[str], folder: Path) -> float:
    """Processor time of a program."""
    before = os.times()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def walk(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """The call flows of every number of each system, against the goal and against reading it."""
    each(figures, systems, runs, walk_one)


def walk_one(figures: Figures, name: str, one: Measured, runs: int) -> None:
    """The same of one."""
    numbers = [number.number for number in one.system.inbound_numbers if number.number]
    nodes = walks(one.system, numbers)
    times = [seconds(lambda: walks(one.system, numbers)) for _ in range(runs)]
    whole = median(seconds(one.read) for _ in range(runs))
    figures.show(f"{name}: walks of {len(numbers)} numbers, {nodes} nodes", times, "s", WALK_GOAL_S, "goal", 3)
    each_s = [total / max(1, len(numbers)) for total in times]
    figures.show(f"{name}: a walk", each_s, "s", whole, "reading it whole", 4)


def diff(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """Two nights of each system, a context more in the second, against the goal and against reading it."""
    each(figures, systems, runs, diff_one)


def diff_one(figures: Figures, name: str, one: Measured, runs: int) -> None:
    """The same of one."""
    with (one.source.root / "etc/asterisk/extensions.conf").open("a") as file:
        file.write("\n[bench-night]\nexten => 1,1,Answer()\n same => n,Hangup()\n")
    night = one.read()
    changes = len(compare(one.system, night))
    times = [seconds(lambda: compare(one.system, night)) for _ in range(runs)]
    figures.show(f"{name}: two nights, {changes} changes", times, "s", DIFF_GOAL_S, "goal", 3)
    figures.show(f"{name}: two nights", times, "s", median(seconds(one.read) for _ in range(runs)), "reading one", 3)


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor seconds for each extension of a system of one size."""

    read_s: float
    walk_s: float
    diff_s: float


def growth(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """What an extension costs in systems of 200, 1,000 and 10,000: about as much, or the growth is not linear."""
    del systems
    first: Costs | None = None
    for size in SIZES:
        costs = [cost(Growth(size)) for _ in range(runs if size < SIZES[-1] else 1)]
        for verb in ("read", "walk", "diff"):
            values = [getattr(one, f"{verb}_s") * 1e6 for one in costs]
            reference = getattr(first, f"{verb}_s") * 1e6 if first else median(values)
            figures.show(f"{size:,} extensions: {verb}, each", values, "us", reference, f"of {SIZES[0]} extensions", 0)
        first = first or Costs(
            *(median(getattr(one, name) for one in costs) for name in ("read_s", "walk_s", "diff_s"))
        )


def cost(grown: Growth) -> Costs:
    """Read, walk and compare it once."""
    files, tables = grown.files, grown.tables
    assert files and tables  # made before the clock starts
    began = time.process_time()
    system = grown.system()
    read_s = time.process_time() - began
    walk_s = seconds(lambda: walks(system, list(grown.dids)))
    night = grown.system(grown.next_night())
    diff_s = seconds(lambda: compare(system, night))
    return Costs(*(total / grown.extensions for total in (read_s, walk_s, diff_s)))
