"""Which differences are only what another one brings about: those are not told by themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ringkeep.phonesystem.differences.layers import Difference, norm
from ringkeep.phonesystem.differences.things import Key, Value
from ringkeep.phonesystem.differences.traces import Trace, pieces, words_in

BELONGINGS = ("mailbox", "follow_me", "call_state")  # of an extension, under its number
# Fields that say again what another field of the same object says, when the same words moved in both.
DERIVED = {
    "match", "registration", "port", "aor", "username", "outbound_caller", "registration_secret", "transport", "callerid", "mailboxes",
    "mailbox", "fullname", "auth", "aors",
}  # fmt: skip
OPTIONS = {
    "name": {"name", "cidname", "description", "callerid", "fullname", "sipname", "label"},
    "secret": {"secret", "password", "devpass", "inboundsecret", "register"},
    "enabled": {"enabled", "disabled", "disabletrunk", "ddial"},
    "codecs": {"allow", "disallow", "codecs", "codec"},
    "server": {
        "server",
        "sip_server",
        "host",
        "contact",
        "server_uri",
        "client_uri",
        "match",
        "register",
        "outbound_proxy",
    },
    "mailbox": {"mailbox", "mailboxes", "voicemail", "vmexten"},
    "technology": {"technology", "sipdriver", "dial", "tech"},
    "ring_s": {"ring_s", "grptime", "ringtimer"},
    "pin": {"pin", "userpin", "adminpin"},
    "registration_secret": {"password", "secret", "register"},
    "username": {"username", "defaultuser", "fromuser", "register"},
    "trunks": {"trunks", "seq"},
    "permit": {"permit", "deny", "match", "acl"},
    "max_channels": {"max_channels", "group"},
    "outbound_caller": {"outbound_caller", "outboundcid", "fromuser"},
    "override": {"override"},
    "timeout_s": {"timeout_s", "key s"},
    "prompts": {"prompts", "announcement", "recording_id"},
}
TECHNOLOGIES = {"pjsip", "sip", "iax2", "dahdi", "local"}  # of an interface: Dial(PJSIP/201&PJSIP/202)
YES_NO = {"yes", "no", "on", "off", "1", "0", "true", "false", "enabled", "disabled", "ENABLED", "YES", "NO", ""}


class Explanation:
    """All told differences of one object, and the traces that they account for."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        self.differences = list(differences)
        thing = self.differences[0].thing
        self.keys: set[Key] = {thing.key, *thing.aliases}
        self.names = thing.names
        self.in_database = any(
            one.in_database or any(t.source == "database" for t in one.traces) for one in self.differences
        )
        # A trunk that is switched off goes from the files as one that is removed does.
        self.whole = any(one.field is None or (one.what, one.field) == ("trunk", "enabled") for one in self.differences)
        self.fields = {
            norm(option) for one in self.differences if one.field for option in {one.field, *OPTIONS.get(one.field, ())}
        }
        inside = thing.values.get("inside") if thing.what == "time_condition" else None
        self.lasting = {"gotoiftime", "s", "1", *pieces(" ".join(inside.written).lower())} if inside else set()
        self.lasting |= {piece for one in self.differences if one.field for piece in pieces(one.field.lower())}
        self.gone: set[str] = set()
        self.come: set[str] = set()
        for one in self.differences:
            _add(self.gone, one.before)
            _add(self.come, one.after)
        if self.gone & YES_NO and self.come & YES_NO:
            self.gone |= YES_NO
            self.come |= YES_NO

    def holds(self, trace: Trace, owners: frozenset[Key]) -> bool:
        """Whether this object's differences account for a trace."""
        owned = bool(self.keys & owners)
        if not owned and not self.mentioned(trace):
            return False
        if self.whole:
            return True
        if not owned and self.in_database and trace.dialplan and trace.origin == "generated" and not owners:
            return True  # the product wrote its lines for that object
        if owned and trace.option == "members" and any(self._is_member(one, trace) for one in self.differences):
            return True
        if owned and trace.option and norm(trace.option) in self.fields and trace.option != "members":
            return True
        if owned and any(_is_pattern(one, trace) for one in self.differences):
            return True
        if owned:
            for one in self.differences:
                trace = _without_jump(one, trace)
        return self.moves(trace)

    @staticmethod
    def _is_member(one: Difference, trace: Trace) -> bool:
        """Whether the trace is the coming or going of that very member."""
        if (
            one.field != "members"
            or (trace.before is None) != (one.before is None)
            or (trace.after is None) != (one.after is None)
        ):
            return False
        return all(
            member in words_in(text or "") or member == (text or "").partition(",")[0]
            for value, text in ((one.before, trace.before), (one.after, trace.after))
            for member in (value.written if value else ())
        )

    def mentioned(self, trace: Trace) -> bool:
        """Whether the trace names the object."""
        if self.names & trace.words:
            return True
        return any(name.isdigit() and f"{name}" in trace.locus and _ends(name, trace.locus) for name in self.names)

    def moves(self, trace: Trace) -> bool:
        """Whether only words moved in it that these differences moved."""
        gone, come = (self.label_free(trace) if "times" in self.fields else trace).moved()
        known = {name.lower() for name in self.names} | self.lasting
        known |= TECHNOLOGIES if trace.dialplan else set()
        return all(piece in self.gone or piece.lower() in known for piece in gone) and all(
            piece in self.come or piece.lower() in known for piece in come
        )

    @staticmethod
    def label_free(trace: Trace) -> Trace:
        """The trace, of an hour that came or went without the label that it jumps to: the other hours have it too."""
        if trace.before and trace.after:
            return trace
        before, after = (text and LABEL.sub(")", text) for text in (trace.before, trace.after))
        return replace(trace, before=before, after=after)


LABEL = re.compile(r"\?\w+\)$", re.MULTILINE)
GOTO = re.compile(r"(?:\(\w+\) )?Goto\(([^()\n]*)\)", re.IGNORECASE)


def _is_pattern(one: Difference, trace: Trace) -> bool:
    """Whether the trace is the line of a route's pattern that came or went."""
    value = one.after or one.before
    if one.field != "patterns" or one.change == "changed" or value is None or not (trace.dialplan and trace.whole):
        return False
    pattern = value.words.partition(" (")[0]
    return (trace.before is None) == (one.before is None) and trace.locus.partition(",")[2].lstrip(
        "_"
    ) == pattern.lstrip("_")


def _without_jump(one: Difference, trace: Trace) -> Trace:
    """The trace without the one jump that leads elsewhere now, as the difference says."""
    left = []
    for value, text in ((one.before, trace.before), (one.after, trace.after)):
        lines = text.split("\n") if text else []
        jump = next((line for line in lines if value is not None and _leads(line, value)), None)
        if jump is None:
            return trace
        lines.remove(jump)
        left.append("\n".join(lines))
    return replace(trace, before=left[0], after=left[1])


def _leads(line: str, value: Value) -> bool:
    """Whether a line jumps to a destination: by its number, or by what it is written as."""
    jump = GOTO.fullmatch(line)
    if jump is None or value.destination is None:
        return False
    to, known = pieces(jump[1]), {"s", "1", value.destination.id, *pieces(" ".join(value.written))}
    return value.destination.id in to or all(piece in known for piece in to)


def _ends(name: str, locus: str) -> bool:
    return any(run.endswith(name) for run in _runs(locus))


def _runs(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split()


def _add(known: set[str], value: Value | None) -> None:
    for text in (value.words, *value.written) if value else ():
        known.update(pieces(text))


def switched(one: Difference) -> Difference:
    """What went from the files because it was switched off is not gone; the database has it still."""
    database = [trace for trace in one.traces if trace.source == "database"]
    if (
        one.field is not None
        or one.in_database
        or not one.in_files
        or not database
        or any(trace.whole for trace in database)
    ):
        return one
    if not any(trace.option == "enabled" for trace in database):
        return one
    off, on = Value("no", ("no",)), Value("yes", ("yes",))
    before, after = (on, off) if one.change == "removed" else (off, on)
    return Difference("changed", one.what, one.id, "enabled", before, after, one.thing, True, True, traces=one.traces)


# -- differences that follow from others ----------------------------------------------------------------------


def fold(differences: list[Difference]) -> list[Difference]:
    """Without those that another one brings about."""
    whole = {one.key: one for one in differences if one.field is None}
    by_key: dict[Key, list[Difference]] = {}
    for one in differences:
        by_key.setdefault(one.key, []).append(one)
    return [one for one in differences if not _follows(one, whole, by_key)]


def _follows(one: Difference, whole: dict[Key, Difference], by_key: dict[Key, list[Difference]]) -> bool:
    own = whole.get(one.key)
    if own is not None and one is not own:
        return True
    if _of_extension(one, whole, by_key) or _of_trunk(one, whole, by_key):
        return True
    if one.before and one.after and (old := one.before.destination) and (new := one.after.destination):
        renumbered = by_key.get((old.kind, old.id), ()) if old.kind == new.kind else ()
        if any(d.field == "number" and d.before and d.after and d.after.words == new.id for d in renumbered):
            return True  # the same queue, under its new number
    if one.what == "ring_group" and own is one:  # a number from outside that rings several phones itself
        number = whole.get(("inbound_route", one.id))
        if number is not None and number.change == one.change:
            return True
    if one.what == "time_condition" and own is one and _of_number(one, whole):
        return True
    if one.what == "feature_code" and own is one and _of_parking(one, by_key):
        return True
    if one.what == "mailbox" and one.field == "name":
        return any(other.field == "name" and _same(one, other) for other in by_key.get(("extension", one.id), ()))
    return _says_again(one, by_key[one.key])


def _of_number(one: Difference, whole: dict[Key, Difference]) -> bool:
    """Hours that a number of a hand-written dialplan asks for itself come and go with the number."""
    number = whole.get(("inbound_route", one.id.partition(",")[2]))
    to = number.thing.values.get("destination") if number is not None and number.change == one.change else None
    return to is not None and to.destination is not None and to.destination.kind == one.what


def _of_parking(one: Difference, by_key: dict[Key, list[Difference]]) -> bool:
    """A code that takes the call of a parking position comes and goes with the position."""
    positions = [d for key, all_ in by_key.items() if key[0] == "parking_lot" for d in all_ if d.field == "positions"]
    for lot in positions:
        old, new = (set(value.written[1:]) if value else set() for value in (lot.before, lot.after))
        if any(one.id.endswith(position) for position in old ^ new):
            return True
    return False


def _of_extension(one: Difference, whole: dict[Key, Difference], by_key: dict[Key, list[Difference]]) -> bool:
    extension = whole.get(("extension", one.id.partition("@")[0]))
    if (
        extension is not None
        and one.what in BELONGINGS
        and (one.field is not None or one.change == extension.change or one.what != "mailbox")
    ):
        if one.what not in extension.along and one.field is None:
            extension.along.append(one.what)
        extension.in_files |= one.in_files
        return True
    if one.what == "extension" and one.field in ("mailbox", "mailboxes"):
        box = whole.get(("mailbox", one.id))
        return box is not None and (box.change == "removed") == (one.after is None or not one.after.words)
    if one.field == "members" and one.change == "removed" and one.before:
        gone = whole.get(("extension", one.before.words))
        return gone is not None and gone.change == "removed"
    return False


def _of_trunk(one: Difference, whole: dict[Key, Difference], by_key: dict[Key, list[Difference]]) -> bool:
    if one.what == "trunk" and one.field not in (None, "enabled") and not one.in_database:
        return any(other.field == "enabled" and other.in_database for other in by_key[one.key])
    if one.field != "trunks" or not (
        one.before and one.after and one.before.many is not None and one.after.many is not None
    ):
        return False
    moved = (Counter(one.before.many) - Counter(one.after.many)) + (Counter(one.after.many) - Counter(one.before.many))
    off = {key[1] for key in whole if key[0] == "trunk"}
    off |= {
        key[1]
        for key, all_ in by_key.items()
        if key[0] == "trunk" and any(d.field in ("enabled", "name") for d in all_)
    }
    return bool(moved) and set(moved) <= off


def _says_again(one: Difference, all_: list[Difference]) -> bool:
    """Whether only words moved in it that a plainer field of the object moved too."""
    if one.field is None:
        return False
    plain = [other for other in all_ if other is not one and other.field and _rank(other) < _rank(one)]
    if any(other.field == "technology" for other in plain) and one.field not in ("name", "secret", "context"):
        return True
    if not plain:
        return False
    trace = Trace("", "", "", one.field, _written(one.before), _written(one.after))
    return Explanation(plain).moves(trace) and (one.before is None) == (plain[0].before is None)


def _rank(one: Difference) -> int:
    """0: what people say; 1, 2: what says it again; 3: a further setting."""
    if one.field in DERIVED:
        return 2 if one.field in ("registration", "registration_secret") else 1
    return 0 if one.field in PLAIN or (one.field or "").startswith("key ") else 3


PLAIN = {
    "name", "secret", "context", "technology", "codecs", "server", "enabled", "max_channels", "title", "strategy", "members", "wait_s",
    "destination", "ring_s", "prompts", "times", "inside", "outside", "pin", "email", "patterns", "trunks", "day", "night",
}  # fmt: skip


def _written(value: Value | None) -> str:
    return " ".join(value.written) if value else ""


def _same(one: Difference, other: Difference) -> bool:
    return (one.before and one.before.words, one.after and one.after.words) == (
        other.before and other.before.words, other.after and other.after.words,
    )  # fmt: skip
