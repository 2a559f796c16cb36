"""The job `drill`: brings a backup's files to a private folder, lets `ringkeep prove` boot and call them, keeps the verdict.

    begin -> restore and call -> record      (after a kill: the interrupted one again, from its beginning)

Arguments: {"backup": id, "calls": quick | full}, or {"backup": id, "by_policy": true}: as the phone system's rules say.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ringkeep.backups.models import Backup
from ringkeep.drills import actions, queries, restored, rules, steps
from ringkeep.drills.models import Drill
from ringkeep.home import home
from ringkeep.jobs.kinds import DRILLS, Cancelled, Document, JobError, Run, StepFailed, job
from ringkeep.phonesystem.sentences import Sentence, sentence, verbatim
from ringkeep.translation import Words, shown

PROVE_S = {"quick": 300.0, "full": 1200.0}
BUILD_S = 1800.0  # an image may have to be built first
GRACE_S = 90.0
REPORT_BYTES = 64 << 20
LOOK_S = 0.25
STEPS = 9  # lines that a drill says on its way


class NotProved(JobError):
    """The drill could not be tried; trying again may help when the machine was at fault."""

    def __init__(self, code: str, says: Sentence) -> None:
        super().__init__(says)
        self.kind, self.permanent = code, code not in ("killed", "too-late", "busy")


@job("drill", queue=DRILLS)
def drill(run: Run) -> Document:
    """Drill one backup. {"drill", "verdict", ...}, or {"skipped": why} where the policy asks for none."""
    begun = run.step("begin", begin, run.id, run.arguments)
    if "skipped" in begun:
        run.log(sentence(begun["skipped"]))
        return begun
    try:
        try:
            done = run.step_with_tries("restore and call", 2, restore_and_call, run, begun["drill"])
        except StepFailed as failure:
            if failure.kind != "busy":
                raise
            # Twice too busy: what it says the third time is what it says.
            done = run.step("restore and call", restore_and_call, run, begun["drill"], again=True)
    except StepFailed as failure:
        run.step("say that it could not be tried", give_up, begun["drill"], failure.kind, failure.says)
        raise
    except Cancelled:
        give_up(begun["drill"], "cancelled", Sentence("It was cancelled."))
        raise
    kept = run.step("keep the verdict", keep, begun["drill"], done)
    run.log(steps.verdict(kept["verdict"], kept["calls_good"], kept["calls_made"]))
    return kept


def begin(job_id: str, arguments: Document) -> Document:
    """Make the drill's row, unless the policy wants no drill."""
    backup = Backup.objects.select_related("phone_system__customer").get(pk=arguments["backup"])
    now = datetime.now(UTC)
    if not backup.snapshot or backup.forgotten_at:
        raise JobError(
            Sentence("The backup {backup} holds nothing that could be restored: choose another.", {"backup": backup.pk})
        )
    calls = queries.due(backup, now) if arguments.get("by_policy") else arguments.get("calls", "quick")
    if calls is None:
        why = Sentence(
            "{backup} needs no drill: by its rules, or because this very state has been drilled.", {"backup": backup.pk}
        )
        return {"skipped": why.document()}
    if calls not in PROVE_S:
        raise JobError(Sentence("Calls are quick or full, not {calls}.", {"calls": calls}))
    return {"drill": actions.begin(job_id, backup, calls, at=now).pk}


def restore_and_call(run: Run, drill_id: int, *, again: bool = False) -> Document:
    """Bring the files, boot and call them; the report lies beside its name until it is kept."""
    row = Drill.objects.select_related("backup__phone_system__customer").get(pk=drill_id)
    backup = row.backup
    under_way = Drill.objects.filter(backup__phone_system=backup.phone_system_id, ended_at=None)
    restored.clean(backup.phone_system_id, under_way.values_list("pk", flat=True))
    place = restored.place_of(backup, drill_id)
    try:
        from_repository = queries.wants_repository(backup, row.calls, datetime.now(UTC))
        if from_repository or not restored.copied(backup, place):
            run.progress("restore from the repository", 0.0)
            from_repository = True
            restored.restored(backup, place)
            run.log(Sentence("The files of {backup} were restored from the repository.", {"backup": backup.pk}))
        else:
            run.log(Sentence("The files of {backup} are those that were just stored.", {"backup": backup.pk}))
        run.check()
        name = home() / actions.report_name(row)
        found = _prove(run, row, place, name)
        defects = [(str(one.get("code")), str(one.get("severity"))) for one in found.get("defects", ())]
        if not again and rules.is_uncertain(defects):
            raise NotProved("busy", Sentence("This machine was too busy for a certain verdict."))
        return {"from_repository": from_repository}
    finally:
        restored.clean(backup.phone_system_id, [pk for pk in under_way.values_list("pk", flat=True) if pk != drill_id])


def keep(drill_id: int, done: Document) -> Document:
    """The verdict into the row, findings by it."""
    row = Drill.objects.select_related("backup__phone_system__customer").get(pk=drill_id)
    name = actions.report_name(row)
    found = json.loads((home() / f"{name}.json").read_text("utf-8"))
    row = actions.record(row, found, name, from_repository=done["from_repository"], at=datetime.now(UTC))
    actions.let_old_reports_go(row.backup.phone_system_id)
    return queries.document(row, Words("en"))


def give_up(drill_id: int, kind: str, why: Sentence) -> None:
    """There is no verdict."""
    row = Drill.objects.select_related("backup__phone_system__customer").get(pk=drill_id)
    actions.could_not_try(row, kind, why, at=datetime.now(UTC))


# -- `ringkeep prove` as a process of its own -----------------------------------------------------------------


@dataclass
class _Said:
    """What it has said so far, read in threads: a full pipe would stop it."""

    out: bytearray = field(default_factory=bytearray)
    lines: list[str] = field(default_factory=list)

    def read_out(self, pipe: IO[bytes]) -> None:
        while piece := pipe.read(1 << 16):
            if len(self.out) <= REPORT_BYTES:
                self.out += piece

    def read_lines(self, pipe: IO[bytes]) -> None:
        while line := pipe.readline(4096):
            if len(self.lines) < 1000:
                self.lines.append(shown(line.decode("utf-8", "replace").strip(), 200))


def _prove(run: Run, row: Drill, place: Path, name: Path) -> Document:
    """Write NAME.json and NAME.html; what is in the first. Raises `NotProved`, or `Cancelled`."""
    system = row.backup.phone_system
    fresh = name.with_name(f".{name.name}.{os.getpid()}.html")
    command = [
        sys.executable, "-m", "ringkeep.drills.apart", str(os.getpid()), "prove", str(place), "--calls", row.calls,
        "--json", "--html", str(fresh), "--timeout", str(PROVE_S[row.calls]),
        "--lang", system.customer.language if system.customer.language in ("en", "fa") else "en",
    ]  # fmt: skip
    major = system.facts.get("asterisk_major")
    if isinstance(major, int):
        command += ["--asterisk", "16" if major < 21 else "22"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, steps.AS_LINES: "1"},
    )  # fmt: skip
    try:
        out, last_line = _follow(run, process, PROVE_S[row.calls] + BUILD_S + GRACE_S)
        found = _report(out, last_line)
        beside = fresh.with_suffix(".json")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(found), "utf-8")
        fresh.chmod(0o600)
        fresh.replace(name.with_name(f"{name.name}.html"))
        beside.replace(name.with_name(f"{name.name}.json"))
        return found
    finally:
        _end(process)
        for left in (fresh, fresh.with_suffix(".json")):
            left.unlink(missing_ok=True)


def _follow(run: Run, process: subprocess.Popen[bytes], timeout_s: float) -> tuple[bytes, str]:
    """Until it ends: pass its progress on, end it when the job is cancelled or it takes too long."""
    said, until, told = _Said(), time.monotonic() + timeout_s, 0
    assert process.stdout is not None and process.stderr is not None
    readers = [
        threading.Thread(target=said.read_out, args=(process.stdout,), daemon=True),
        threading.Thread(target=said.read_lines, args=(process.stderr,), daemon=True),
    ]
    for reader in readers:
        reader.start()
    looked = time.monotonic()
    while process.poll() is None:
        told = _pass_on(run, said, told)
        if time.monotonic() - looked > 1.0:
            looked = time.monotonic()
            run.check()
        if time.monotonic() > until:
            raise NotProved(
                "too-late",
                Sentence(
                    "The drill did not end within {seconds} s. Is this machine too busy?", {"seconds": round(timeout_s)}
                ),
            )
        time.sleep(LOOK_S)
    for reader in readers:
        reader.join(10.0)
    _pass_on(run, said, told)
    return bytes(said.out), said.lines[-1] if said.lines else ""


def _pass_on(run: Run, said: _Said, told: int) -> int:
    """What it said since the last time into the job's log; how much it has said in all."""
    new = said.lines[told:]
    for says in filter(None, map(steps.told, new)):
        run.log(says)
    if new:
        run.progress("restore and call", min((told + len(new)) / STEPS, 0.99))
    return told + len(new)


def _report(out: bytes, last_line: str) -> Document:
    """The document that it printed. Raises `NotProved`."""
    try:
        found = json.loads(out)
    except ValueError:
        raise NotProved(
            "killed",
            Sentence("The drill ended without a report: {said}.", {"said": last_line or Sentence("it was killed")}),
        ) from None
    if not isinstance(found, dict) or "verdict" not in found:
        error = found.get("error", {}) if isinstance(found, dict) else {}
        says = error.get("says")
        what = sentence(says) if isinstance(says, dict) else verbatim(str(error.get("message", last_line)))
        raise NotProved(str(error.get("code", "no-report")), what)
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and all that it started; the kernel removes the lab with it."""
    for number, wait_s in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
