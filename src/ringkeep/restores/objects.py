"""Single extensions and queues of a plain Asterisk brought back into its files as they are now; every other byte stays.

An extension is its sections (PJSIP: endpoint, auth, aor) and its line in voicemail.conf, in whatever files they stand; a
queue is its section of queues.conf. Templates, what several extensions share, and the dialplan belong to no single one:
they stay, and where that makes a difference it is said. Pure: files in, files out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from ringkeep.asterisk.conf import Configuration, Files, Section, read_configuration
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.model import Extension, PhoneSystem, Queue
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.phonesystem.readers.pjsip_objects import names, type_of
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores.blocks import Block, CannotSplice, Splice, blocks
from ringkeep.restores.selection import SelectionError, Wanted

PJSIP, VOICEMAIL, QUEUES = "pjsip.conf", "voicemail.conf", "queues.conf"
FILES = {"pjsip": (PJSIP, "pjsip_wizard.conf"), "sip": ("sip.conf",), "iax2": ("iax.conf",)}
ROOTS = (PJSIP, "pjsip_wizard.conf", "sip.conf", "iax.conf", QUEUES, VOICEMAIL, "extensions.conf")
LOGINS = ("auth", "aor")  # the objects that an endpoint names
OF_PROGRAM = re.compile(
    rb"^[ \t]*;.*(auto(matically)?[- ]?generated|do not (edit|modify))", re.IGNORECASE | re.MULTILINE
)
TOP_BYTES = 2048  # where a file says that a program writes it


@dataclass(frozen=True, slots=True)
class Brought:
    """The live files that change, and what people should know."""

    contents: dict[str, bytes] = field(default_factory=dict)
    warnings: list[Sentence] = field(default_factory=list)


@dataclass(slots=True)
class _Belonging:
    """What is to come back: names of endpoints with the logins each names, of sections elsewhere, and lines."""

    endpoints: dict[str, dict[str, set[tuple[str, str]]]] = field(
        default_factory=dict
    )  # file -> endpoint -> (kind, name)
    queues: set[str] = field(default_factory=set)
    boxes: set[tuple[str, str]] = field(default_factory=set)  # context, number

    def owns(self, root: str, section: Section, shared: set[tuple[str, str]]) -> bool:
        """Whether a section of a configuration is the wanted objects' own."""
        if section.is_template:
            return False
        if root == QUEUES:
            return section.name in self.queues
        kind = type_of(section)
        if (kind, section.name) in shared:
            return False
        endpoints = self.endpoints.get(root, {})
        return section.name in endpoints or any((kind, section.name) in logins for logins in endpoints.values())


def brought_back(live: Files, backup: Files, wanted: Iterable[Wanted]) -> Brought:
    """The live files that change when the backup's extensions and queues (all or those named) are brought back.

    What only the live system has stays. Raises `SelectionError` when it cannot be done by changing these alone.
    """
    words = [one for one in wanted if one.part in ("extensions", "queues") or (one.part == "voicemail" and one.which)]
    if not words:
        return Brought()
    then = _read(backup)
    chosen, own = _chosen(then, words, live, backup), _Belonging()
    for one in chosen:
        if isinstance(one, Queue):
            own.queues.add(one.name)
        elif isinstance(one, Extension):
            _add(own, one, backup)
        else:
            own.boxes.add(one)
    work = _Work(live, backup, own)
    contents = work.contents()
    numbers = {one.number for one in chosen if isinstance(one, Extension)}
    named = {one.which for one in words if one.part == "extensions" and one.which} & numbers
    return Brought(contents, [*work.warnings, *(_unreachable(then.dialplan, live, named) if named else ())])


def mailboxes(files: Files) -> frozenset[str]:
    """The mailboxes of voicemail.conf as `--only voicemail:` names them: "201" and "201@default"."""
    contexts = [one for one in _sections(files, VOICEMAIL) if one.name.lower() not in ("general", "zonemessages")]
    return frozenset(
        name for one in contexts for entry in one.entries for name in (entry.name, f"{entry.name}@{one.name}")
    )


def _read(files: Files) -> PhoneSystem:
    return read_phone_system(dict(files), product="asterisk", database={}, paths=set(files), tables={})


def _chosen(
    then: PhoneSystem, words: list[Wanted], live: Files, backup: Files
) -> list[Extension | Queue | tuple[str, str]]:
    """The backup's objects that were asked for; a mailbox as (context, number), only where its line is gone now."""
    found: list[Extension | Queue | tuple[str, str]] = []
    for word in words:
        if word.part == "voicemail":
            found += _lost_boxes(word.which, live, backup)
            continue
        if word.part == "extensions":
            mine: list[Extension | Queue] = [one for one in then.extensions if word.which in ("", one.number)]
        else:
            mine = [one for one in then.queues if word.which in ("", one.name, one.number)]
        if word.which and not mine:
            raise SelectionError(_not_there(word, live))
        found += mine
    return found


def _not_there(word: Wanted, live: Files) -> Sentence:
    now = _read(live)
    if word.part == "extensions":
        known = {one.number for one in now.extensions}
        gone = Sentence("The backup has no extension {extension}.", {"extension": word.which})
        new = Sentence(
            "The backup has no extension {extension}: it was made since. Nothing was changed; remove it by hand if it is to go.",
            {"extension": word.which},
        )
    else:
        known = {name for one in now.queues for name in (one.name, one.number) if name}
        gone = Sentence("The backup has no queue {queue}.", {"queue": word.which})
        new = Sentence(
            "The backup has no queue {queue}: it was made since. Nothing was changed; remove it by hand if it is to go.",
            {"queue": word.which},
        )
    return new if word.which in known else gone


def _lost_boxes(which: str, live: Files, backup: Files) -> Iterator[tuple[str, str]]:
    """Mailboxes of that number whose line is gone; one that is there stays: people change their PIN by phone."""
    number, _, context = which.partition("@")
    now, then = read_configuration(live, VOICEMAIL), read_configuration(backup, VOICEMAIL)
    for section in then.objects() if then else ():
        named = context in ("", section.name) and section.name.lower() != "general" and section.entry(number)
        if named and now and not any(one.entry(number) for one in now.all_sections(section.name)):
            yield section.name, number


def _add(own: _Belonging, one: Extension, backup: Files) -> None:
    roots = FILES.get(one.technology, ())
    there = [(root, section) for root in roots for section in _sections(backup, root) if section.name == one.endpoint]
    if not there:
        raise SelectionError(
            Sentence(
                "Extension {extension} stands in {file}, where lines depend on those above them: restore with --only configuration.",
                {"extension": one.number, "file": one.place.file},
            )
        )
    for root, section in there:
        standing = {(type_of(section), section.name) for section in _sections(backup, root)}
        own.endpoints.setdefault(root, {}).setdefault(one.endpoint, set()).update(_logins(section) & standing)
    if one.mailbox:
        box, _, context = one.mailbox.partition("@")
        own.boxes.add((context or "default", box))


def _sections(files: Files, root: str) -> list[Section]:
    found = read_configuration(files, root)
    return found.objects() if found else []


def _logins(section: Section) -> set[tuple[str, str]]:
    return {(kind, name) for kind in LOGINS for name in names(section.get(kind if kind == "auth" else "aors"))}


def _unreachable(then: Dialplan, live: Files, numbers: set[str]) -> Iterator[Sentence]:
    """A number that the backup's dialplan names and the live one does not: the phone alone is not what rings."""
    now = _read(live).dialplan

    def named(dialplan: Dialplan) -> set[tuple[str, str]]:
        return {(context.name, e.pattern) for context in dialplan.contexts.values() for e in context.extensions}

    for context, number in sorted(named(then) - named(now)):
        if number in numbers:
            yield Sentence(
                "The dialplan has no line for {extension} in [{context}] any more, and it stays as it is: restore with --only configuration to have it back.",
                {"extension": number, "context": context},
            )


Written = tuple[str, bool, tuple[str, ...], list[tuple[str, str]]]


class _Work:
    """One change of the files, judged by reading them again."""

    def __init__(self, live: Files, backup: Files, own: _Belonging) -> None:
        self.live, self.backup, self.own = live, backup, own
        self.splice = Splice(live, backup)
        self.warnings: list[Sentence] = []
        self.shared: dict[str, set[tuple[str, str]]] = {}

    def contents(self) -> dict[str, bytes]:
        """The files that change. Raises `SelectionError`."""
        for root in (*self.own.endpoints, *([QUEUES] if self.own.queues else [])):
            self._bring_sections(root)
        if self.own.boxes:
            self._bring_boxes()
        contents = self.splice.contents()
        for path in contents:
            if OF_PROGRAM.search(self.live.get(path, b"")[:TOP_BYTES]):
                raise SelectionError(
                    Sentence(
                        "{file} is written by a program, as its first lines say, which would undo the change: restore with --only configuration.",
                        {"file": path},
                    )
                )
        self._judge(contents)
        return contents

    def _bring_sections(self, root: str) -> None:
        now, then = self._configuration(self.live, root), self._configuration(self.backup, root)
        shared = self.shared[root] = self._others_logins(root, now) | self._others_logins(root, then)
        self._look_at_parents(root, now, then)
        all_now, all_then = blocks(self.live, now), blocks(self.backup, then)
        mine_now = [one for one in all_now if self.own.owns(root, one.section, shared)]
        mine_then = [one for one in all_then if self.own.owns(root, one.section, shared)]
        for name in dict.fromkeys(one.section.name for one in mine_then):
            try:
                self.splice.bring(_of(name, mine_now), _of(name, mine_then), all_now, all_then)
            except CannotSplice as error:
                raise SelectionError(
                    Sentence(
                        "{place}: another file is included in the middle of [{name}]: restore with --only configuration.",
                        {"place": error.place, "name": name},
                    )
                ) from error

    def _configuration(self, files: Files, root: str) -> Configuration:
        found = read_configuration(files, root)
        if found is None:
            path = f"/etc/asterisk/{root}"
            raise SelectionError(
                Sentence("{path} is not there any more: restore with --only configuration.", {"path": path})
            )
        if found.refused:
            raise SelectionError(
                Sentence(
                    "Asterisk refuses {file} as it is now: restore with --only configuration.", {"file": found.name}
                )
            )
        return found

    def _others_logins(self, root: str, configuration: Configuration) -> set[tuple[str, str]]:
        """What endpoints that are not to come back log in with: it stays, also where a wanted one shares it."""
        mine = self.own.endpoints.get(root, {})
        others = (one for one in configuration.objects() if type_of(one) == "endpoint" and one.name not in mine)
        return {login for one in others for login in _logins(one)}

    def _look_at_parents(self, root: str, now: Configuration, then: Configuration) -> None:
        """Templates and shared logins stay as they are: gone ones are an error, changed ones are said."""
        shared = self.shared[root]
        there = {one.name: _effective(one) for one in reversed(now.sections)}
        was = {one.name: _effective(one) for one in reversed(then.sections)}
        parents: set[str] = set()
        for section in then.objects():
            if not self.own.owns(root, section, shared):
                continue
            for parent in section.parents:
                if parent not in there:
                    raise SelectionError(
                        Sentence(
                            "[{name}] needs the template [{template}], which is gone: restore with --only configuration.",
                            {"name": section.name, "template": parent},
                        )
                    )
                parents.add(parent)
        self.warnings += [
            Sentence(
                "[{template}], from which others take settings, was changed since the backup, and stays as it is now.",
                {"template": parent},
            )
            for parent in sorted(parents)
            if there[parent] != was.get(parent)
        ]
        logins = {login: name for name, mine in self.own.endpoints.get(root, {}).items() for login in mine}
        for (kind, name), endpoint in sorted(logins.items()):
            if (kind, name) in shared and _kinds(now, kind, name) != _kinds(then, kind, name):
                self.warnings.append(
                    Sentence(
                        "[{login}], which {extension} shares with others, was changed since the backup, and stays as it is now.",
                        {"login": name, "extension": endpoint},
                    )
                )

    # -- lines of voicemail.conf ------------------------------------------------------------------------------

    def _bring_boxes(self) -> None:
        then = read_configuration(self.backup, VOICEMAIL)
        standing = {(one.name, entry.name) for one in (then.objects() if then else ()) for entry in one.entries}
        self.own.boxes &= standing  # an extension may name a mailbox that nobody made
        if then is None or not self.own.boxes:
            return
        all_now, all_then = blocks(self.live, self._configuration(self.live, VOICEMAIL)), blocks(self.backup, then)
        for context in dict.fromkeys(one.section.name for one in all_then):
            numbers = {box for of, box in self.own.boxes if of == context}
            if numbers:
                self._bring_lines(_of(context, all_now), _of(context, all_then), numbers)

    def _bring_lines(self, now: list[Block], then: list[Block], numbers: set[str]) -> None:
        standing = {_box(text): (one, line) for one in now for line, text in one.lines}
        new_contexts: set[int] = set()
        for block in then:
            behind: tuple[Block, int] | None = None
            for line, text in block.lines:
                box = _box(text)
                here = standing.get(box)
                if box in numbers and here:
                    numbers = numbers - {box}
                    self.splice.change(here[0], block, partial(_is_of, box))
                elif box in numbers and (behind or now):
                    at, number = behind or (now[0], now[0].first)
                    self.splice.put_behind(at.file, number, block, line)
                elif box in numbers:
                    heading = [] if id(block) in new_contexts else [block.first]
                    new_contexts.add(id(block))
                    self.splice.put_at_end(block, [*heading, line], blank=bool(heading))
                behind = here or behind

    # -- what it reads like afterwards ------------------------------------------------------------------------

    def _judge(self, contents: Mapping[str, bytes]) -> None:
        """Whether exactly what was asked for reads as in the backup, and everything else as it did."""
        after = {**self.live, **contents}
        for root in ROOTS:
            was, now = read_configuration(self.live, root), read_configuration(after, root)
            if was is None or now is None or not set(contents) & {*was.files, *now.files}:
                continue
            then = read_configuration(self.backup, root)
            mine, others = self._parted(root, now)
            mine_then, _ = self._parted(root, then) if then else ([], [])
            _, others_was = self._parted(root, was)
            if now.refused or others != others_was:
                other = next((a[0] for a, b in zip(others, others_was, strict=False) if a != b), root)
                raise SelectionError(
                    Sentence(
                        "[{name}] would change with it, because lines depend on each other there: restore with --only configuration.",
                        {"name": other},
                    )
                )
            if mine != mine_then:
                differing = [a for a in mine_then if a not in mine] + [a for a in mine if a not in mine_then]
                name = differing[0][0] if differing else mine[0][0]
                raise SelectionError(
                    Sentence(
                        "[{name}] cannot be brought back by itself: restore with --only configuration.", {"name": name}
                    )
                )

    def _parted(self, root: str, configuration: Configuration) -> tuple[list[Written], list[Written]]:
        """What is to come back as it is written, and all else with what it inherits."""
        mine, others = [], []
        boxes = self.own.boxes if root == VOICEMAIL else set()
        for section in configuration.sections:
            if self.own.owns(root, section, self.shared.get(root, set())):
                mine.append((section.name, False, section.parents, [(e.name, e.value) for e in section.own_entries]))
                continue
            entries = [(e.name, e.value) for e in section.entries]
            own = [one for one in entries if (section.name, one[0]) in boxes]
            if own:
                mine.append((section.name, False, (), own))
                entries = [one for one in entries if one not in own]
                if not entries:  # a context that comes back with its only mailbox
                    continue
            others.append((section.name, section.is_template, section.parents, entries))
        return mine, others


def _of(name: str, of: list[Block]) -> list[Block]:
    return [one for one in of if one.section.name == name]


def _is_of(box: str, text: str) -> bool:
    return _box(text) == box


def _box(text: str) -> str:
    """The number of a mailbox's line; "" of a heading or an include."""
    return "" if text.startswith(("[", "#")) else text.partition("=")[0].strip()


def _effective(section: Section) -> list[tuple[str, str]]:
    return [(entry.name, entry.value) for entry in section.entries]


def _kinds(configuration: Configuration, kind: str, name: str) -> list[list[tuple[str, str]]]:
    return [_effective(one) for one in configuration.objects() if one.name == name and type_of(one) == kind]
