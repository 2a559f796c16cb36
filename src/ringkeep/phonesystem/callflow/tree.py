"""Everything that can happen to a call: the walker taken every way at every fork, equal situations merged.

The result is a graph. A caller who comes back to where they were (a wrong key, no answer, the menu again) is an edge
back; on the way back only the choice that led there is tried again, as long as counters change the road.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Step, split_arguments
from ringkeep.phonesystem.callflow.entry import Entry, entry
from ringkeep.phonesystem.callflow.graph import simplified
from ringkeep.phonesystem.callflow.keys import key_choices
from ringkeep.phonesystem.callflow.labels import KEYED, Names
from ringkeep.phonesystem.callflow.stops import Stop
from ringkeep.phonesystem.callflow.table import HANDLERS, UNSURE
from ringkeep.phonesystem.callflow.walker import Choice, End, Setting, Walker
from ringkeep.phonesystem.functions import Functions
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

NODE_LIMIT = 400
STEPS_IN_ALL = 40_000
VISITS = 24  # how often a call may come back to a stop, its counters changing
COPIES = 6  # situations in which one stop is looked at by itself
# Where a call ends or stays: the same wherever it comes from.
LEAVES = {
    "hangup", "busy", "congestion", "answered", "voicemail_main", "conference", "directory", "echo", "pickup", "music",
    "listening", "tone", "DISA", "parking", "paging", "direct_dial", "dead_end", "more",
}  # fmt: skip
OF_TREES = {"start", "answered", "direct_dial", "more"}  # kinds that no single road has
SECRETIVE = {"authenticate", "vmauthenticate", "disa", "meetme", "confbridge", "agi", "deadagi", "eagi"}
SHOWN = 200
UNSAID = Sentence("And more")  # until the tree is whole and labelled


@dataclass(frozen=True, slots=True)
class Node:
    """Something that happens to a call."""

    id: int
    kind: str  # as `Stop.kind`, one of OF_TREES, or "nobody" (rings nobody, and goes on)
    label: Sentence
    stop: Stop

    @property
    def place(self) -> Place:
        """File and line of the step behind it."""
        return self.stop.place

    @property
    def application(self) -> str:
        """The step as written and expanded, without secrets."""
        stop = self.stop
        if not stop.application:
            return ""
        arguments = stop.arguments
        if stop.application.lower() in SECRETIVE:
            arguments = (
                split_arguments(arguments)[0] if stop.application.lower() not in ("authenticate", "disa") else ""
            )
        if stop.kind == "unknown" and stop.name == KEYED:
            arguments = re.sub("[0-9]{3,}", "***", arguments)  # what keyed digits are compared with may be a PIN
        arguments = re.sub(r"(?<=:)[^:@/,&]*(?=@)", "***", arguments)
        return f"{stop.application}({arguments[:SHOWN]})"


@dataclass(frozen=True, slots=True)
class Edge:
    """How a call gets from one node to another."""

    source: int
    target: int
    names: tuple[str, ...]  # what decides: "1", "t", "noanswer"; empty: nothing, it goes on
    says: tuple[Sentence, ...]  # the same for people


@dataclass(frozen=True, slots=True)
class Tree:
    """All that can happen to a call to a number at an instant; the first node is where it begins."""

    number: str
    via: str | None
    context: str
    at: datetime
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    complete: bool  # False: it was too large to be followed to every end

    @property
    def dead_ends(self) -> tuple[Node, ...]:
        """Where the dialplan leads nowhere."""
        return tuple(node for node in self.nodes if node.kind == "dead_end")

    @property
    def ends(self) -> tuple[Node, ...]:
        """Where a call may end or stay."""
        left = {edge.source for edge in self.edges}
        return tuple(node for node in self.nodes if node.id not in left)

    @property
    def endless(self) -> tuple[Node, ...]:
        """Nodes from which a call never comes to an end."""
        coming: dict[int, list[int]] = {}
        for edge in self.edges:
            coming.setdefault(edge.target, []).append(edge.source)
        reached = {node.id for node in self.ends}
        waiting = list(reached)
        while waiting:
            for source in coming.get(waiting.pop(), ()):
                if source not in reached:
                    reached.add(source)
                    waiting.append(source)
        return tuple(node for node in self.nodes if node.id not in reached)


def walk(
    system: PhoneSystem, number: str, via: str | None = None, at: datetime | None = None, *, caller: str | None = None
) -> Tree:
    """The tree of a call to `number` through a trunk or from an extension (`via`; None: as is usual for the number).

    Raises `UnknownCall` when there is no such number or `via`. `at` is the phone system's local time.
    """
    return Forest(system, at or datetime.now()).walk(number, via, caller=caller)


class Forest:
    """Trees of one phone system at one instant; what is looked up once serves all of them."""

    def __init__(self, system: PhoneSystem, at: datetime) -> None:
        self.system, self.at = system, at
        self.names = Names(system)
        self.steps: dict[tuple[str, str, int, str], Step | None] = {}  # of the dialplan, as looked up
        self._assigned: frozenset[str] | None = None

    def walk(self, number: str, via: str | None = None, *, caller: str | None = None) -> Tree:
        """As `walk`."""
        return self.grow(entry(self.system, number, via), caller)

    def grow(self, begin: Entry, caller: str | None = None) -> Tree:
        """The tree of a call that begins there."""
        return _Explorer(self, begin, begin.caller if caller is None else caller).explore()

    def label(self, stop: Stop) -> Sentence:
        """The stop for people."""
        return self.names.label(stop, self.at)

    def assigned(self) -> frozenset[str]:
        """Every variable that the dialplan itself sets somewhere."""
        if self._assigned is None:
            self._assigned = frozenset(_assigned(self.system))
        return self._assigned


ASSIGNMENT = re.compile(r"(?:^|[(,])_{0,2}([A-Za-z][\w]*)=")
SETTERS = {"set", "mset", "execif", "read", "gosub", "gosubif", "macro", "dial", "queue", "while", "gotoif"}


def _assigned(system: PhoneSystem) -> set[str]:
    found = {f"ARG{index}" for index in range(1, 30)} | {
        "ARGC", "DIALSTATUS", "QUEUESTATUS", "VMSTATUS", "READSTATUS", "GOSUB_RETVAL", "HANGUPCAUSE", "DIALEDPEERNUMBER",
        "ANSWEREDTIME", "DIALEDTIME", "INVALID_EXTEN", "MACRO_EXTEN", "MACRO_CONTEXT", "MACRO_PRIORITY", "BRIDGEPEER",
        "CALLINGPRES", "PLAYBACKSTATUS", "BACKGROUNDSTATUS", "AVAILSTATUS", "MEETME_ROOMNUM", "SIPDOMAIN", "PARKINGSLOT",
    }  # fmt: skip
    for context in system.dialplan.contexts.values():
        for extension in context.extensions:
            for step in extension.steps:
                if step.application.lower() in SETTERS and "=" in step.arguments:
                    found.update(ASSIGNMENT.findall(step.arguments[:2000]))
                elif step.application.lower() == "read":
                    found.add(step.arguments.partition(",")[0])
    return found


class _Fork(Exception):
    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = choices


Key = tuple[object, ...]


@dataclass(slots=True)
class _Way:
    """A call on one of its ways: the walker, and how it came here."""

    walker: Walker
    node: int
    pending: tuple[str, Sentence] | None  # the choice just made
    trail: dict[Key, int] = field(default_factory=dict)  # stops on the way, by what they are
    visits: dict[Key, int] = field(default_factory=dict)
    took: dict[Key, str] = field(default_factory=dict)  # the choice last made at each

    def branch(self) -> _Way:
        return _Way(self.walker.copy(), self.node, self.pending, dict(self.trail), dict(self.visits), dict(self.took))


class _Explorer:
    """Takes a call every way."""

    honest = True

    def __init__(self, forest: Forest, begin: Entry, caller: str) -> None:
        self.forest, self.begin = forest, begin
        self.taken = [0]
        setting = Setting(forest.system, forest.at, HANDLERS, UNSURE, None, forest.assigned, self.taken, forest.steps)
        functions = Functions(forest.system, forest.at, caller, "", begin.channel)
        functions.language = begin.language
        self.nodes: list[Node] = []
        self.edges: dict[tuple[int, int], dict[str, Sentence]] = {}
        self.known: dict[tuple[Key, object], int] = {}  # equal situations at one stop
        self.alike: dict[Key, list[int]] = {}  # nodes of one stop, in different situations
        self.leaves: dict[tuple[str, str, str], int] = {}
        self.complete = True
        start = replace(_nowhere("start"), name=begin.number, context=begin.context, extension=begin.number)
        self.nodes.append(Node(0, "start", _start_label(begin), start))
        self.way = _Way(Walker(setting, self, functions), 0, None)

    def explore(self) -> Tree:
        """Breadth first, so that a stop is first met on the shortest way to it."""
        waiting: deque[tuple[_Way, Choice | None]] = deque([(self.way, None)])
        while waiting:
            way, choice = waiting.popleft()
            if len(self.nodes) >= NODE_LIMIT or self.taken[0] >= STEPS_IN_ALL:
                self._give_up(way, choice)
                continue
            waiting.extend(self._go(way, choice))
        nodes, edges = self._drawn()
        return Tree(
            self.begin.number,
            self.begin.via,
            self.begin.context,
            self.forest.at,
            *simplified(nodes, edges),
            self.complete,
        )

    def _go(self, way: _Way, choice: Choice | None) -> list[tuple[_Way, Choice | None]]:
        self.way = way
        try:
            if choice is None:
                way.walker.start(self.begin.context, self.begin.number)
            else:
                way.pending = (choice.name, choice.says)
                choice.go(way.walker)
            way.walker.run()
        except _Fork as fork:
            return [(self._taking(way, option), option) for option in fork.choices]
        except End as end:
            if end.why == "answered" and way.pending is not None and way.pending[0] == "answer":
                self._leaf(_nowhere("answered"))
        return []

    def _taking(self, way: _Way, choice: Choice) -> _Way:
        branch = way.branch()
        branch.took[next(key for key, node in reversed(branch.trail.items()) if node == way.node)] = choice.name
        return branch

    def _give_up(self, way: _Way, choice: Choice | None) -> None:
        self.complete = False
        self.way = way
        if choice is not None:
            way.pending = (choice.name, choice.says)
        self._leaf(_nowhere("more"))

    # -- what the walker tells --------------------------------------------------------------------------------

    def meet(self, walker: Walker, stop: Stop) -> None:
        """A stop without a choice; the walk goes on where it is new."""
        if walker is not self.way.walker:
            return
        if stop.kind == "announcement" and all(name.startswith("silence/") for name in stop.prompts):
            return
        if stop.kind == "hours" and self._same_hours(stop):
            return
        if stop.kind == "dead_end" and stop.name.endswith((" rings nobody", " is missing")) and stop.application.lower() in (
            "dial", "queue", "voicemail",
        ):  # fmt: skip
            stop = replace(stop, kind="nobody")
        if stop.kind in LEAVES:
            self._leaf(stop)
            return
        self._enter(walker, stop)

    def press(self, walker: Walker, stop: Stop) -> None:
        """A menu: every key is a way."""
        self.fork(walker, stop, None)

    def choose(self, walker: Walker, stop: Stop, choices: Sequence[Choice]) -> None:
        """Every likely outcome is a way."""
        self.fork(walker, stop, choices)

    def fork(self, walker: Walker, stop: Stop, choices: Sequence[Choice] | None) -> None:
        """Enter the stop and go every way from it; come back to it, only the way that led back."""
        key = self._enter(walker, stop)
        if len(self.nodes) > NODE_LIMIT:
            raise End("limit")
        offered = [c for c in (key_choices(walker, stop) if choices is None else choices) if c.likely]
        if self.way.visits[key] > 1:
            offered = [c for c in offered if c.name == self.way.took.get(key)]
        raise _Fork(offered)

    def _same_hours(self, stop: Stop) -> bool:
        """Several lines of one time group are one question."""
        last = self.nodes[self.way.node]
        if last.kind != "hours" or (last.stop.context, last.stop.extension) != (stop.context, stop.extension):
            return False
        if self.way.pending is not None or last.stop.targets == ("open",):
            return False
        asked = replace(last.stop, name=f"{last.stop.name}; {stop.name}"[:2000], targets=stop.targets)
        self.nodes[last.id] = replace(last, stop=asked)
        return True

    # -- nodes and edges --------------------------------------------------------------------------------------

    def _leaf(self, stop: Stop) -> None:
        label = str(self.forest.label(stop))
        same = (stop.kind, label, str(stop.place) if stop.kind == "dead_end" else "")
        if same not in self.leaves:
            self.leaves[same] = self._add(stop)
        self._link(self.leaves[same])
        self.way.pending = None
        self.way.node = self.leaves[same]

    def _enter(self, walker: Walker, stop: Stop) -> Key:
        """Come to a stop: a new node, or one that is known. Raises `End` when all that follows is known."""
        way = self.way
        frames = tuple(frame.position for frame in walker.frames)
        if stop.kind == "menu":  # played again with other words it is the same menu
            key: Key = (stop.kind, stop.name, frames)
        else:
            key = (stop.kind, stop.name, stop.place, stop.number, stop.timeout_s, stop.prompts, frames)
        state = (key, walker.situation())
        if (known := self.known.get(state)) is not None:
            self._link(known)
            raise End("known")
        visit = way.visits.get(key, 0) + 1
        way.visits[key] = visit
        before = way.trail.get(key)
        alike = self.alike.setdefault((key, stop.prompts, walker.functions.language), [])
        if before is None and len(alike) >= (1 if stop.kind == "menu" else COPIES):
            self._link(alike[0])
            raise End("known")
        if before is not None and visit > VISITS:
            self._link(before)
            raise End("known")
        node = self._add(stop) if before is None else before
        if before is None:
            alike.append(node)
        self.known[state] = node
        self._link(node)
        way.trail[key] = node
        way.node, way.pending = node, None
        return key

    def _add(self, stop: Stop) -> int:
        self.nodes.append(Node(len(self.nodes), stop.kind, UNSAID, stop))
        return len(self.nodes) - 1

    def _link(self, target: int) -> None:
        edge = self.edges.setdefault((self.way.node, target), {})
        if self.way.pending is not None:
            name, says = self.way.pending
            edge.setdefault(name, says)

    def _drawn(self) -> tuple[list[Node], list[Edge]]:
        """The nodes with their labels, the edges with all that leads along them."""
        nodes = [replace(n, label=n.label if n.kind == "start" else self.forest.label(n.stop)) for n in self.nodes]
        edges = [Edge(a, b, tuple(told), tuple(told.values())) for (a, b), told in self.edges.items()]
        return nodes, edges


def _nowhere(kind: str) -> Stop:
    """What no step of the dialplan stands for."""
    return Stop(kind, "", Place("", 0), "", "", "", "")


def _start_label(begin: Entry) -> Sentence:
    if begin.via is None:
        return Sentence("A call to {number}", {"number": begin.number})
    if begin.is_inside:
        return Sentence("Extension {via} dials {number}", {"number": begin.number, "via": begin.via})
    return Sentence("A call to {number} through {via}", {"number": begin.number, "via": begin.via})
