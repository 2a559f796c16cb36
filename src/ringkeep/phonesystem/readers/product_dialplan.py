"""The dialplan that FreePBX and IssabelPBX generate -> menus, announcements, groups, hours, switches.

Its contexts are named by the product's modules (`ivr-1`, `ext-group`, `timeconditions`, ...). Source: get_config in the
modules' functions.inc.php, versions 2.11 to 17.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, Step, split_arguments, whole_number
from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import (
    Announcement,
    Destination,
    DirectAccess,
    Menu,
    MenuKey,
    NightSwitch,
    OutsideNumber,
    RingGroup,
    TimeCondition,
)
from ringkeep.phonesystem.readers.hours import split_time
from ringkeep.phonesystem.readers.menus import sounds
from ringkeep.phonesystem.readers.titles import Titles

MEMBERS = re.compile(r"dial(?:-confirm)?,([^,]{0,20}),.*?,([0-9*+#]{1,40}(?:-[0-9*+#]{1,40}){0,500})(?:,[0-9]{1,20})?")
DIGITS = re.compile(r"[0-9]{1,20}")
GENERATED = re.compile(
    r"(ivr-|app-|ext-|macro-|sub-|outrt-|from-internal-|from-did-|from-trunk|from-pstn|from-zaptel|from-dahdi|func-|"
    r"timeconditions|outbound-|park-|parkedcalls|fmgrps|grps|followme-|bad-number|vm|disa|from-queue|dialparties|"
    r"findmefollow-|originate-|autoanswer|play-system|systemrecording|paging|from-internal$|default$|from-analog|"
    r"from-digital|from-sip-external|cidlookup|targeted-|hangup|queue-|agent|callback|dynroute|miscapps|restrictedroute)"
)


@dataclass(frozen=True, slots=True)
class Generated:
    """A product's dialplan with what else says how things stand."""

    dialplan: Dialplan
    database: Mapping[str, str]  # astdb
    titles: Titles

    def context(self, name: str) -> list[Extension]:
        """The extensions of a context; none when it is not there."""
        found = self.dialplan.contexts.get(name)
        return found.extensions if found else []

    def named(self, expression: str) -> Iterator[tuple[str, Context]]:
        """(id, context) of the contexts whose whole name matches; the id is the first group."""
        for name, context in self.dialplan.contexts.items():
            if match := re.fullmatch(expression, name):
                yield match[1], context

    # -- menus and announcements ---------------------------------------------------------------------------

    def menus(self) -> Iterator[Menu]:
        """Every `ivr-N`."""
        for identity, context in self.named(r"ivr-(\w+)"):
            start = next((e for e in context.extensions if e.pattern == "s"), None)
            if start is None:
                continue
            text = [s.arguments for s in start.steps]
            prompts = [value for a in text for value in re.findall(r"^_{0,2}IVR_MSG=(.{1,200})$", a)]
            played = [n for s in start.steps if s.application.lower() == "background" for n in sounds(s.arguments)]
            waits = next((s.arguments for s in start.steps if s.application.lower() == "waitexten"), "")
            direct = any(i.context in DIRECT for i in context.includes) or any(
                e.pattern.startswith("_") and any("from-did-direct-ivr" in s.arguments for s in e.steps)
                for e in context.extensions
            )
            yield Menu(
                name=identity, context=context.name, keys=tuple(_menu_keys(context)), place=context.place,
                prompts=tuple(dict.fromkeys(n for p in (*prompts, *played) for n in p.split("&") if n and "${" not in n)),
                title=self.titles.of(context.place), timeout_s=whole_number(waits.partition(",")[0].strip()), direct_dial=direct,
            )  # fmt: skip

    def announcements(self) -> Iterator[Announcement]:
        """Every `app-announcement-N`."""
        for identity, context in self.named(r"app-announcement-(\w+)"):
            start = next((e for e in context.extensions if e.pattern == "s"), None)
            steps = start.steps if start else []
            title = next(
                (s.arguments[21:].strip() for s in steps if s.arguments.startswith("Playing announcement ")), None
            )
            prompts = tuple(
                n for s in steps if s.application.lower() in ("background", "playback", "execif") for n in _played(s)
            )
            yield Announcement(identity, title, prompts, _last_goto(steps, context.name), context.place)

    # -- groups, queues -------------------------------------------------------------------------------------

    def ring_groups(self) -> Iterator[RingGroup]:
        """Every number of `ext-group`."""
        for extension in self.context("ext-group"):
            if not DIGITS.fullmatch(extension.pattern):
                continue
            dials = [match for s in extension.steps if (match := MEMBERS.fullmatch(s.arguments))]
            members = dict.fromkeys(m for match in dials for m in match[2].split("-"))
            method = next((v for s in extension.steps if (v := _set(s, "RingGroupMethod"))), None)
            prefix = next((s.arguments for s in extension.steps if "prepend-cid," in s.arguments), None)
            yield RingGroup(
                extension.pattern, extension.pattern, tuple(members), extension.place, strategy=method,
                ring_s=whole_number(dials[-1][1].strip()) if dials else None,
                destination=_last_goto(extension.steps, "ext-group"),
                settings={"prefix": prefix.rpartition("prepend-cid,")[2]} if prefix else {},
            )  # fmt: skip

    def queue_ends(self) -> dict[str, tuple[Extension, int | None, Destination | None]]:
        """Queue number -> (its extension, how long a caller waits, where the call goes then)."""
        found: dict[str, tuple[Extension, int | None, Destination | None]] = {}
        for extension in self.context("ext-queues"):
            if not DIGITS.fullmatch(extension.pattern):
                continue
            wait = next((s.arguments for s in extension.steps if s.arguments.startswith("QMAXWAIT=")), "")
            seconds = whole_number(
                (re.search(r":([0-9]{1,9})\)\}$", wait) or re.search(r"=([0-9]{1,9})$", wait) or "  ")[1]
            )
            for step in extension.steps:
                match = re.match(r"Queue\(?\w*", step.application)
                if seconds is None and match and len(words := split_arguments(step.arguments)) > 4:
                    seconds = whole_number(words[4].strip())
            end = next((s for s in reversed(extension.steps) if s.label == "gotodest"), None)
            target = _branches(end.arguments)[0] if end and "?" in end.arguments else end.arguments if end else ""
            destination = parse_destination(target) if target else _last_goto(extension.steps, "ext-queues")
            found[extension.pattern] = extension, seconds or None, destination
        return found

    # -- opening hours ----------------------------------------------------------------------------------------

    def time_conditions(self) -> Iterator[TimeCondition]:
        """Every number of `timeconditions`; times that a calendar decides are not in the dialplan."""
        for extension in self.context("timeconditions"):
            if not DIGITS.fullmatch(extension.pattern):
                continue
            tests = [s.arguments.partition("?") for s in extension.steps if s.application.lower() == "gotoiftime"]
            specs = [split_time(spec) for spec, _, _ in tests]
            literal = [parse_destination(target) for _, _, target in tests if "," in target]
            inside = _behind(extension, ("truegoto", "truestate")) or (literal[0] if literal else None)
            outside = _behind(extension, ("falsegoto", "falsestate")) or _last_goto(extension.steps, "timeconditions")
            yield TimeCondition(
                extension.pattern, None, tuple(dict.fromkeys(times for times, _ in specs)), specs[0][1] if specs else None,
                inside, outside, self.database.get(f"/TC/{extension.pattern}") or None, extension.place,
            )  # fmt: skip

    def night_switches(self) -> Iterator[NightSwitch]:
        """Every number of `app-daynight`; its state is in astdb."""
        for extension in self.context("app-daynight"):
            if not DIGITS.fullmatch(extension.pattern):
                continue
            test = next(
                (s for s in extension.steps if s.application.lower() == "gotoif" and "NIGHT" in s.arguments), None
            )
            ways = _branches(test.arguments) if test else ["", ""]
            night, day = (
                parse_destination(way) if "," in way else _behind(extension, (way,)) if way else None
                for way in ways[:2]
            )
            state = self.database.get(f"/DAYNIGHT/C{extension.pattern}")
            is_night = None if state is None else state.upper() == "NIGHT"
            yield NightSwitch(extension.pattern, None, day, night, is_night, extension.place)

    # -- the rest ---------------------------------------------------------------------------------------------

    def outside_numbers(self) -> Iterator[OutsideNumber]:
        """Every number of `ext-miscdests`."""
        for extension in self.context("ext-miscdests"):
            goto = next((s for s in extension.steps if s.application.lower() in ("goto", "dial")), None)
            if goto is None:
                continue
            words = split_arguments(goto.arguments)
            number = words[1] if len(words) > 2 else words[0].removeprefix("Local/").partition("@")[0]
            title = next(
                (s.arguments[9:].strip() for s in extension.steps if s.arguments.startswith("MiscDest:")), None
            )
            yield OutsideNumber(extension.pattern, title, number, extension.place)

    def direct_accesses(self) -> Iterator[DirectAccess]:
        """Every number of `disa`, or the contexts `disa-N`."""
        for extension in self.context("disa"):
            call = next((s for s in extension.steps if s.application.lower() == "disa"), None)
            words = [*split_arguments(call.arguments), ""] if call else ["", ""]
            pinned = any(s.application.lower() in ("authenticate", "vmauthenticate") for s in extension.steps)
            has_pin = pinned or (call is not None and words[0].strip().lower() not in ("", "no-password"))
            context = next((v for s in extension.steps if (v := _set(s, "DISACONTEXT"))), words[1].strip())
            if call is not None or pinned:
                yield DirectAccess(extension.pattern, None, has_pin, context, extension.place)


SIGNS = ("from-internal-additional", "app-blackhole", "macro-dialout-trunk", "outbound-allroutes")
ALWAYS = re.compile(
    r"ivr-[0-9]+|app-announcement-[0-9]+|outrt-[0-9]+|ext-did(-[0-9]+)?|ext-(group|queues|meetme|miscdests|local)|"
    r"timeconditions|app-daynight|app-pagegroups"
)
LAST_RESORT = "final"  # label of what follows when a caller has been asked often enough
DIRECT = ("from-did-direct-ivr", "ext-local", "from-did-direct", "from-internal-xfer")


def hand_written(dialplan: Dialplan) -> list[Context]:
    """The contexts that neither FreePBX nor Issabel wrote: by their names, and by what theirs include (NAME-custom)."""
    by_product = any(name in dialplan.contexts for name in SIGNS)
    return [context for context in dialplan.contexts.values() if not _is_generated(context, by_product=by_product)]


def _is_generated(context: Context, *, by_product: bool) -> bool:
    if ALWAYS.fullmatch(context.name):
        return True
    if not by_product or context.name.endswith("-custom"):
        return False
    return bool(GENERATED.match(context.name)) or any(i.context == f"{context.name}-custom" for i in context.includes)


def _menu_keys(context: Context) -> Iterator[MenuKey]:
    for extension in context.extensions:
        if re.fullmatch(r"[0-9*#]{1,20}|[ti]", extension.pattern):
            final = extension.step(LAST_RESORT)
            steps = [s for s in extension.steps if final is None or s.priority >= final.priority]
            if (destination := _last_goto(steps, context.name, hangs=True)) is not None:
                yield MenuKey(extension.pattern, destination, extension.place)


def _last_goto(steps: list[Step], context: str, *, hangs: bool = False) -> Destination | None:
    """Where the last Goto to another context leads; a hang-up when there is none and the steps end in one."""
    for step in reversed(steps):
        words = [word.strip() for word in step.arguments.split(",")]
        if step.application.lower() == "goto" and len(words) >= 3 and "${" not in words[0]:
            return parse_destination(step.arguments)
        if step.application.lower() == "goto" and hangs and len(words) == 2 and words[0] not in ("s",):
            return parse_destination(f"{context},{step.arguments}")
        if step.application.lower() in ("hangup", "busy", "congestion") and hangs:
            return Destination(step.application.lower(), "", "app-blackhole,hangup,1")
    return None


def _behind(extension: Extension, labels: tuple[str, ...]) -> Destination | None:
    """Where the first literal jump at or after a label leads."""
    for label in labels:
        step = extension.step(label)
        for one in extension.steps if step else ():
            if step is None or one.priority < step.priority:
                continue
            target = _branches(one.arguments)[0] if one.application.lower() == "gotoif" else one.arguments
            if one.application.lower() in ("goto", "gotoif") and target.count(",") >= 2 and "${" not in target:
                return parse_destination(target)
    return None


def _branches(arguments: str) -> list[str]:
    """Both targets of `condition?a:b`; destinations hold no colon."""
    yes, _, no = arguments.partition("?")[2].partition(":")
    return [yes.strip(), no.strip()]


def _set(step: Step, name: str) -> str:
    match = re.fullmatch(r"_{0,2}(\w+)=(.*)", step.arguments) if step.application.lower() == "set" else None
    return match[2] if match and match[1] == name else ""


def _played(step: Step) -> Iterator[str]:
    if step.application.lower() != "execif" or "Background(" in step.arguments:
        yield from sounds(step.arguments)
