"""A drill from end to end: unpack, read, boot, register, call, judge. One function per step, in order.

Runs inside `lab.namespaces.run_sealed`; everything it makes is gone when it returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from ringkeep.asterisk.conf import Files
from ringkeep.drills import judge as judging
from ringkeep.drills import loaded as loading
from ringkeep.drills import logs, registered, rules, stock
from ringkeep.drills.calling import Calling, Round
from ringkeep.drills.calling import rounds as calling_rounds
from ringkeep.drills.patience import CROWDED, crowding
from ringkeep.drills.plan import Planner, opening_hours
from ringkeep.drills.progress import Progress
from ringkeep.drills.prompts import Prompts, say_nothing
from ringkeep.drills.report import Call, Count, Defect, Missing, Report
from ringkeep.lab import agi, farend
from ringkeep.lab import image as images
from ringkeep.lab.lab import Lab
from ringkeep.lab.manager import ManagerGone
from ringkeep.lab.sandbox import Limits
from ringkeep.lab.server import BootError, Server
from ringkeep.lab.tree import read_directories
from ringkeep.phonesystem.checks import check
from ringkeep.phonesystem.completeness import missing as find_missing
from ringkeep.phonesystem.holding import held_lines, released
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence, Told
from ringkeep.sources import listed
from ringkeep.sources.astdb import write_astdb
from ringkeep.sources.contents import phone_system, read_contents
from ringkeep.sources.source import Source, open_source

BOOTABLE = ("extensions.conf", "extensions.ael", "pjsip.conf", "sip.conf", "modules.conf")
REGISTRATIONS = ("/registrar/contact/", "/SIP/Registry/", "/IAX/Registry/")  # in astdb: where phones were last
MOST_LEFT_OUT = 40  # named in a report
LEFT_OUT_RIGHTLY = ("link out of the tree", "logs left out", "recordings left out")


class CouldNotTry(Told):
    """The drill could not be tried at all; the message says why and what to do (exit code 3)."""


class NeedImage(CouldNotTry):
    """An image must be built first, outside the sealed namespaces: building needs the network."""

    def __init__(self, version: int) -> None:
        super().__init__(
            Sentence(
                "The image of Asterisk {asterisk} is missing. Build it with: {command}",
                {"asterisk": version, "command": f"ringkeep lab build {version}"},
            )
        )
        self.version = version


@dataclass(frozen=True, slots=True)
class Options:
    """What `ringkeep prove` was asked."""

    path: Path
    asterisk: str = "auto"  # auto | 16 | 22
    calls: str = "quick"  # quick | full
    at: datetime = field(default_factory=datetime.now)
    timeout_s: float = 300.0  # after which the drill reports what it has
    keep: Callable[[Report, Server, Server], Awaitable[None]] | None = None  # awaited at the end, the lab still up


@dataclass(slots=True)
class Drill:
    """The state of one drill, filled step by step."""

    options: Options
    lab: Lab
    progress: Progress
    started_at: float = field(default_factory=time.monotonic)
    defects: list[Defect] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    counts: dict[str, Count] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    timings: dict[str, float | None] = field(
        default_factory=lambda: dict.fromkeys(("read_s", "boot_s", "first_answer_s", "total_s"))
    )
    scripts: agi.ScriptService | None = None
    read_through: Callable[[], None] = lambda: None  # finds what the files alone tell
    reading: asyncio.Future[None] | None = None  # that, beside the calls


async def prove(options: Options, progress: Progress) -> Report:
    """Prove one phone system. Raises `CouldNotTry`, `SourceError`, `NoNamespaces`, `LabError`."""
    drill = Drill(options, Lab.open(Limits()), progress)
    with progress.step("unpack"):
        source = open_source(options.path, drill.lab.folder("pbx"))
        drill.defects += left_out(source)
    with progress.step("read"):
        contents = read_contents(source)
        files = contents.files
        drill.defects += _put_in_place(source.root, contents.played)
        # Read as it is meant to be: what is held is no fault of it, and only the lab gets the files as they are.
        system = phone_system(source, replace(contents, files={**files, **released(files)}))
        drill.defects += _held_on_purpose(files)
        drill.timings["read_s"] = time.monotonic() - drill.started_at
    if not any(f"/etc/asterisk/{name}" in files for name in BOOTABLE) and (source.root / listed.LISTING).is_dir():
        return _completeness_only(drill, source, system)
    version = choose_version(options.asterisk, source, system)
    image = images.find(version)
    if image is None:
        raise NeedImage(version)
    drill.lab.use(image)
    end = farend.plan(system)
    await drill.lab.wire_up(end.pbx_addresses, end.addresses, end.hosts)
    far = _far_end(drill, end)
    known = stock.known(image)
    if known is None:
        with progress.step("stock boot"):
            known = await stock.record(drill.lab, image)
    await far.ready()
    drill.defects += _silent_prompts(source.root, system, files)
    pbx = drill.lab.server("phone system", source.root, files, far=False)
    _restore_database(source, pbx)
    log: list[str] = []
    limit = asyncio.timeout(drill.started_at + options.timeout_s - time.monotonic())
    try:
        async with limit:
            drill.read_through = partial(_read_through, drill, source, system, files)
            await _boot_and_call(drill, system, end, pbx, far, source.asterisk_version)
    except TimeoutError:
        if limit.expired():
            what = f"the drill's {options.timeout_s:.0f} s were over: what it had not called by then is not judged"
            drill.defects.append(Defect("out-of-time", "bad", "Asterisk", what))
        else:
            what = "Asterisk runs, but no longer answers its manager interface"
            drill.defects.append(Defect("hangs", "bad", "Asterisk", what))
    except BootError as error:
        drill.defects.append(Defect("boot-failed", "bad", "Asterisk", str(error)))
    except ManagerGone as error:
        drill.defects.append(Defect("crashed", "bad", "Asterisk", f"{error}: {pbx.last_words()}"))
    with progress.step("completeness"):
        await (drill.reading or asyncio.to_thread(drill.read_through))
    drill.defects += _scripts(drill.scripts)
    own = logs.own_lines(pbx.log(), known)
    told = [f"{d.where} {d.what}" for d in drill.defects] + [item.name for item in drill.missing]
    drill.defects += logs.defects(own, told, loading.named_modules(system))
    log = [f"{line.level} {line.source}: {line.text}" for line in own]
    report = _report(drill, source, image.asterisk, log)
    if options.keep is not None:
        await options.keep(report, pbx, far)
    await pbx.stop()
    await far.stop()
    return report


# -- steps ----------------------------------------------------------------------------------------------------


def left_out(source: Source) -> Iterator[Defect]:
    """What a drill could need and the lab could not take. Links that end nowhere are named where something needs them."""
    for item in source.skipped[:MOST_LEFT_OUT]:
        if not item.why.startswith(LEFT_OUT_RIGHTLY):
            yield Defect("left-out", "note", item.name, f"not taken into the lab: {item.why}")


def _held_on_purpose(files: Files) -> list[Defect]:
    """A note where trunks are held (a spare that must not take the carrier's calls yet); else nothing."""
    lines = held_lines(files)
    if not lines:
        return []
    what = f"its trunks are held ({len(lines)} lines): calls through carriers were not tried"
    return [Defect("trunks-held", "note", lines[0], what)]


def choose_version(wanted: str, source: Source, system: PhoneSystem) -> int:
    """The lab's Asterisk: the one asked for, else the one that matches the source."""
    if wanted != "auto":
        return int(wanted)
    if source.asterisk_version:
        with contextlib.suppress(ValueError):
            return 16 if int(source.asterisk_version.split(".")[0]) < 21 else 22
    uses_chan_sip = "sip" in {e.technology for e in system.extensions} | {t.technology for t in system.trunks}
    uses_macro = any(name.startswith("macro-") for name in system.dialplan.contexts)
    return 16 if uses_chan_sip or uses_macro else 22


def _put_in_place(root: Path, files: Mapping[str, bytes]) -> list[Defect]:
    """Write the stand-ins over links that lead nowhere; a note for each."""
    notes = []
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.unlink(missing_ok=True)
        place.write_bytes(content)
        what = (
            f"{path} links to a file of the product's own packages, which is in no backup: the lab put a stand-in there"
        )
        notes.append(Defect("stand-in", "note", path, what))
    return notes


def _scripts(service: agi.ScriptService | None) -> list[Defect]:
    """What the phone system asked of its product's own FastAGI service."""
    if service is None:
        return []
    played = [
        Defect(
            "stand-in", "note", name, f"{name} is the product's own program and in no backup: the lab gave its answer"
        )
        for name in sorted(service.played)
    ]
    what = (
        "the dialplan ran {name} of the product's FastAGI service, which is in no backup: the lab cannot answer for it"
    )
    refused = [Defect("script-missing", "note", name, what.format(name=name)) for name in sorted(service.refused)]
    return [*played, *refused]


def _restore_database(source: Source, pbx: Server) -> None:
    """astdb as Asterisk keeps it, where the source only held it in another form; without the phones of that moment.

    Where they were registered then nobody answers in the lab: Asterisk would ask them, find their phones unavailable
    for a while, and a queue that needs somebody would be empty although the lab's phones have registered.
    """
    database = pbx.tree.outside(pbx.tree.directories["astdbdir"]) / "astdb.sqlite3"
    entries = source.astdb or {}
    lasting = {key: value for key, value in entries.items() if not key.startswith(REGISTRATIONS)}
    if entries and (len(lasting) < len(entries) or not database.exists()):
        database.unlink(missing_ok=True)
        write_astdb(database, lasting)


def _far_end(drill: Drill, end: farend.FarEnd) -> Server:
    root = drill.lab.folder("far")
    files = farend.files(end)
    stock.write_files(root, files)
    far = drill.lab.server("far end", root, files, far=True)
    far.start()
    return far


def _silent_prompts(root: Path, system: PhoneSystem, files: Files) -> list[Defect]:
    """Prompts that play and say nothing; looked at before anything of the system runs."""
    sounds = root / read_directories(files)["astdatadir"].lstrip("/") / "sounds"
    return [
        Defect(
            "prompt-silent", "degraded", "/" + str(path.relative_to(root)), f"the prompt played at {place} says nothing"
        )
        for path, place in say_nothing(system, sounds)
    ]


def _read_through(drill: Drill, source: Source, system: PhoneSystem, files: Files) -> None:
    """What can be told from the files alone: what is missing, and what cannot work."""
    drill.defects += [Defect(f.code, f.severity, str(f.place), f.what) for f in check(system)]
    stock_paths = frozenset(drill.lab.image.paths())
    items = find_missing(
        system, files, system.paths or frozenset(), stock=stock_paths, directories=read_directories(files),
        dangling=source.dangling, databases=bool(source.sql_dumps),
    )  # fmt: skip
    drill.missing += [Missing(item.kind, item.name, str(item.place)) for item in items]


def _completeness_only(drill: Drill, source: Source, system: PhoneSystem) -> Report:
    """A FreePBX 15+ backup holds no dialplan: nothing can boot from it alone, but it says what it should hold."""
    with drill.progress.step("completeness"):
        drill.missing += [Missing(kind, name, place) for kind, name, place in listed.lacking(source.root)]
    if not source.astdb:
        drill.missing.append(Missing("database", "astdb", source.path.name))
    if drill.missing:
        what = f"{len(drill.missing)} things that this backup itself lists are not in it"
        vital = any(item.kind == "database" or item.name.endswith("module core") for item in drill.missing)
        drill.defects.append(Defect("backup-incomplete", "bad" if vital else "degraded", source.path.name, what))
    what = "a FreePBX backup of this kind holds no dialplan: it was looked through, not booted, and calls prove nothing yet"
    drill.defects.append(Defect("not-bootable", "degraded", source.path.name, what))
    drill.counts["mailboxes"] = Count(len(system.mailboxes), len(system.mailboxes))
    return _report(drill, source, "", [])


async def _boot_and_call(
    drill: Drill, system: PhoneSystem, end: farend.FarEnd, pbx: Server, far: Server, source_version: str | None
) -> None:
    progress = drill.progress
    with progress.step("boot"):
        drill.scripts = await drill.lab.play_scripts(system.database)
        pbx.start()
        drill.timings["boot_s"] = await pbx.ready()
    with progress.step("compare"):
        held = await loading.ask(pbx.manager)
        counts, defects = loading.compare(system, held)
        drill.counts |= counts
        drill.defects += defects
        upgrade = rules.is_upgrade(source_version, pbx.image.asterisk)
        drill.defects += loading.missing_applications(system, held, upgrade=upgrade)
    open_at, closed_at = opening_hours(system, drill.options.at)
    prompts = Prompts(pbx)
    without_carriers = any(defect.code == "trunks-held" for defect in drill.defects)
    planner = Planner(
        system, end, held.applications, open_at, closed_at, plays=prompts.plays, held=without_carriers
    )  # fmt: skip
    calling = Calling(pbx, far, end, judging.Judge(judging.Places(system), prompts.wav), progress)
    try:
        await _register_and_call(drill, calling, planner, end, far, progress)
        if not without_carriers:
            with progress.step("carriers"):
                drill.defects += await registered.trunks(pbx, system)
    finally:
        calling.close()
        drill.calls += calling.calls
        drill.defects += calling.defects
        drill.timings["first_answer_s"] = calling.first_answer_s()


def _place_planned(done: asyncio.Task[Round], calling: Calling, placing: list[asyncio.Task[None]]) -> None:
    """Place a round as soon as it is planned."""
    if not done.cancelled() and done.exception() is None:
        placing.append(asyncio.create_task(calling.place(done.result())))


async def _register_and_call(
    drill: Drill, calling: Calling, planner: Planner, end: farend.FarEnd, far: Server, progress: Progress
) -> None:
    """Calls that ring no phone do not wait until all phones have registered."""
    rounds = calling_rounds(planner, drill.options.calls)
    placing = [asyncio.create_task(calling.place(next(rounds)))]
    planning = asyncio.create_task(asyncio.to_thread(next, rounds))
    planning.add_done_callback(lambda done: _place_planned(done, calling, placing))
    try:
        with progress.step("register"):
            drill.counts["registered"], refused = await registered.phones(far, end, progress)
            drill.defects += registered.defects(refused)
        await planning
        planner.refused.update(phone.extension.number for phone in refused)
        calling.phones_ready.set()
        drill.reading = asyncio.ensure_future(asyncio.to_thread(drill.read_through))  # calls are mostly waiting
        with progress.step("call"):
            while (following := await asyncio.to_thread(next, rounds, None)) is not None:
                if following.alone:
                    await asyncio.gather(*placing)
                if following.calls:
                    placing.append(asyncio.create_task(calling.place(following)))
            await asyncio.gather(*placing)
    finally:
        for task in placing:
            task.cancel()
        await asyncio.gather(*placing, return_exceptions=True)


def _report(drill: Drill, source: Source, lab_asterisk: str, log: list[str]) -> Report:
    drill.timings["total_s"] = time.monotonic() - drill.started_at
    defects = tuple(sorted(judging.merge(drill.defects), key=lambda d: (rules.ORDER[d.severity], d.code, d.where)))
    report = Report(
        verdict="bad", source_path=str(drill.options.path), source_kind=source.kind, product=source.product,
        source_asterisk=source.asterisk_version, lab_asterisk=lab_asterisk, timings=drill.timings, counts=drill.counts,
        calls=tuple(drill.calls), defects=defects, missing=tuple(drill.missing), steps=(), log=tuple(log),
        upgrade=rules.is_upgrade(source.asterisk_version, lab_asterisk),
    )  # fmt: skip
    report = replace(report, verdict=rules.verdict(report))
    busy = crowding()
    if report.verdict == "good" or busy < CROWDED:
        return report
    what = f"{busy:.0f} programs at a time wanted each processor of this machine: what did not come in time may be its fault"
    return replace(report, defects=(*report.defects, Defect(rules.BUSY, "note", "this machine", what)))


def run(options: Options, progress: Progress) -> Report:
    """`prove`, for callers without an event loop."""
    return asyncio.run(prove(options, progress))
