"""Parts of `scripts/bench`: nights, probes, a restore; on lab phone systems with a real sshd (counted.py)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from counted import MOST_RUNS, RINGKEEP, ROOT, SAMPLE, Bench, Costs, bench, child, children_s, counted
from figures import Figures
from within import PROBES

sys.path.insert(0, str(ROOT))  # for tests/restores/timed.py
BYTES_GOAL_KB, CPU_GOAL_S = 100.0, 1.0
SYSTEMS = 4  # that share one server, to load a worker as a fleet does
FLEET, WINDOW_S, CORES = 200, 4 * 3600, 2
DUE = 16  # at a tick of the scheduler, all at the one lab server
FREEPBX_RESTORE_S = 23.5  # its own restore took 21 to 26 s: the middle
ANSWER_GOAL_S = 5.0


def night(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """An unchanged night, one with a change, and what 200 of them would take; the command's own start beside it."""
    del systems
    runs = min(runs, MOST_RUNS)
    with bench(SAMPLE, enrolled=SYSTEMS) as one:
        first, _ = counted(one, lambda: child(one, "backups", {"turn": "first"}))
        figures.show(
            "first backup: our CPU, each", [first.cpu_s / SYSTEMS], "s", CPU_GOAL_S, "goal of an unchanged one"
        )
        same = [counted(one, lambda t=turn: child(one, "backups", {"turn": f"same{t}"})) for turn in range(runs)]
        _night(figures, "unchanged", [costs for costs, _ in same])
        figures.show(
            "a worker that waits: CPU a minute", [gave["idle"] * 60 for _, gave in same], "s", 3.0, "5 % of a core"
        )
        changed = []
        for turn in range(runs):
            one.root(f"echo '; night {turn}' >> /etc/asterisk/extensions.conf")
            changed.append(counted(one, lambda t=turn: child(one, "backups", {"turn": f"changed{t}"})))
        _night(figures, "one line changed", [costs for costs, _ in changed])
        walls = [gave["wall_s"] for _, gave in changed]
        figures.show(
            f"{SYSTEMS} changed at once: wall", walls, "s", WINDOW_S * SYSTEMS / FLEET, "share of a window of 4 h"
        )
        share = [costs.cpu_s / SYSTEMS * FLEET for costs, _ in changed]
        figures.show(f"{FLEET} systems changed (by their CPU)", share, "s", WINDOW_S * CORES, "two processors, 4 h", 0)
        whole = [counted(one, lambda: one.ringkeep("backup", "system-0"))[0] for _ in range(runs)]
        figures.show("`ringkeep backup`, unchanged: our CPU", [x.cpu_s for x in whole], "s", CPU_GOAL_S, "goal")
        figures.show("`ringkeep backup`, unchanged: wall", [x.wall_s for x in whole], "s", median(
            x.cpu_s for x in whole), "its CPU")  # fmt: skip
        bare = [_program_s([RINGKEEP, "--version"]) for _ in range(runs)]
        figures.show(
            "`ringkeep --version`: CPU", bare, "s", _program_s([sys.executable, "-c", ""]), "Python that does nothing"
        )


def _night(figures: Figures, what: str, nights: list[Costs]) -> None:
    each = SYSTEMS
    figures.show(f"{what}: our CPU, each", [x.cpu_s / each for x in nights], "s", CPU_GOAL_S, "goal")
    figures.show(f"{what}: phone system's CPU", [x.there_s / each for x in nights], "s", CPU_GOAL_S, "our goal for us")
    figures.show(f"{what}: on the wire", [x.wire_bytes / each / 1e3 for x in nights], "kB", BYTES_GOAL_KB, "goal", 1)


def _program_s(command: list[str]) -> float:
    before = children_s()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return children_s() - before


def probe(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """A probe on both sides, with a connection of its own and over one that is kept; 10,000 every four minutes."""
    del systems
    runs = min(runs, MOST_RUNS)
    with bench(SAMPLE, enrolled=DUE) as one:
        for kept, what in ((False, "own connection"), (True, "kept connection")):
            costs = [counted(one, lambda k=kept: child(one, "probes", {"kept": k}))[0] for _ in range(runs)]
            ours = [x.cpu_s / PROBES * 1e3 for x in costs]
            asked = PROBES + 1
            figures.show(f"probe, {what}: our CPU", ours, "ms", 1e3 * CPU_GOAL_S, "goal of a backup", 1)
            figures.show(
                f"probe, {what}: phone system's CPU", [x.there_s / asked * 1e3 for x in costs], "ms", 500, "goal", 1
            )
            figures.show(
                f"probe, {what}: on the wire", [x.wire_bytes / asked / 1e3 for x in costs], "kB", 4.0, "a few KB", 1
            )
        ticks = [child(one, "tick", {"systems": DUE}) for _ in range(runs)]
        each = [gave["cpu_s"] / DUE * 1e3 for gave in ticks]
        figures.show(f"{DUE} due at a tick: our CPU, each", each, "ms", 1e3 * CPU_GOAL_S, "goal of a backup", 1)
        cores = [x / 1e3 * 10_000 / 240 for x in each]
        figures.show("10,000 every 240 s: our CPU", cores, "cores", 1.0, "all that one process has")


def restore(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """A restore of a broken phone system until a call is answered, against FreePBX's own restore of such a one."""
    from tests.restores.timed import freepbx_tree

    with tempfile.TemporaryDirectory(prefix="ringkeep-bench-") as work:
        for name, path in systems.items():
            kept = (path / "etc-asterisk").is_dir()  # a FreePBX as files, tables and astdb, each on its own
            tree = freepbx_tree(path, Path(work) / name) if kept else path
            with bench(tree, 16 if name == "system" else 22) as one:
                _restore(figures, name, one, min(runs, MOST_RUNS))


def _restore(figures: Figures, name: str, one: Bench, runs: int) -> None:
    from tests.restores.timed import restored

    made = one.ringkeep("backup", "system-0")["result"]["backup"]
    took, costs = [], []
    for _ in range(runs):
        one.root("for f in /etc/asterisk/extensions*.conf; do : > $f; done; asterisk -rx 'dialplan reload'")
        cost, gave = counted(one, lambda: restored(one.home, "system-0", made))
        took.append(gave)
        costs.append(cost)
    if not (answered := [gave["first_answer_s"] for gave in took if gave["first_answer_s"] is not None]):
        sys.exit(f"bench: no call was answered after a restore of {name}")
    own = "FreePBX's own restore of 200 extensions"
    figures.show(f"{name}: restore, swap to first answer", answered, "s", ANSWER_GOAL_S, "goal")
    figures.show(f"{name}: restore, swap to first answer", answered, "s", FREEPBX_RESTORE_S, own)
    figures.show(f"{name}: restore, the whole command", [x.wall_s for x in costs], "s", FREEPBX_RESTORE_S, own)
    figures.show(
        f"{name}: restore, our CPU", [x.cpu_s for x in costs], "s", median(x.wall_s for x in costs), "its wall"
    )
