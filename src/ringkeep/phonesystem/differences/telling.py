"""Differences as sentences: what a colleague would say of them, and who would notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringkeep.phonesystem.differences import phrases
from ringkeep.phonesystem.differences.layers import Difference
from ringkeep.phonesystem.differences.leftovers import OF_MEMBER
from ringkeep.phonesystem.differences.names import (
    DESTINATIONS,
    FIELDS,
    NAMES,
    PLURALS,
    RECORDINGS,
    SECRETS,
    TITLED,
)
from ringkeep.phonesystem.differences.phrases import Filled
from ringkeep.phonesystem.differences.reach import can_dial_out
from ringkeep.phonesystem.differences.secret_names import SHORTEST, covered
from ringkeep.phonesystem.differences.things import Key, Thing, Value
from ringkeep.phonesystem.model import Destination, PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

AUDIENCES = ("callers", "staff", "carriers", "inner")
_CALLERS = {"inbound_route", "menu", "announcement", "time_condition", "night_switch", "music_class", "prompt"}
_STAFF = {
    "extension", "mailbox", "follow_me", "call_state", "conference", "paging_group", "parking_lot", "feature_code", "outside_number", "ring_group",
    "queue", "outbound_route", "direct_access",
}  # fmt: skip
_SEEN_BY_CALLERS = {
    "destination", "wait_s", "prompts", "strategy", "announce", "music", "musicclass", "annmsg_id", "joinannounce_id", "announce-frequency",
    "periodic-announce-frequency", "maxlen",
}  # fmt: skip
_INNER = {"codecs", "transport", "media_encryption", "permit", "technology", "username", "aor", "dialplan"}
FREE = {"dialplan", "setting", "file", "table"}  # whose values are texts of any kind


def audience(what: str, field: str | None) -> str:
    """Who would notice a change first."""
    if what in ("trunk", "outbound_route"):
        return "carriers"
    if what == "file" and field in ("unread", "all", "whole"):
        return "callers"
    if (
        what in _CALLERS
        or (what in ("queue", "ring_group") and field in _SEEN_BY_CALLERS)
        or (what, field) == ("setting", "numbers")
    ):
        return "callers"
    if what in _STAFF:
        return (
            "inner"
            if field in _INNER or (field is not None and field not in FIELDS and not field.startswith("key "))
            else "staff"
        )
    return "inner"


class Speaker:
    """Says differences of two systems; it knows their objects' names and their secrets, which it never says."""

    def __init__(
        self, a: PhoneSystem, b: PhoneSystem, things: Mapping[Key, Thing], differences: Sequence[Difference]
    ) -> None:
        self.a, self.b, self.things = a, b, things
        known = {
            text
            for thing in things.values()
            for value in thing.values.values()
            if value.is_secret
            for text in value.written
        }
        for one in differences:
            for trace in one.traces:
                if trace.is_secret:
                    known |= {trace.before or "", trace.after or ""}
        rows = (row for system in (a, b) for row in system.tables.get("recordings", ()))
        self.recordings = {row.get("id") or "": row.get("displayname") or row.get("id") or "" for row in rows}
        self.secrets = frozenset(text for text in known if len(text) >= SHORTEST)

    # -- values ---------------------------------------------------------------------------------------------

    def words(self, one: Difference) -> tuple[str | None, str | None]:
        """`from` and `to`: in words, None for secrets."""
        if one.field is None and one.what == "inbound_route":
            to = one.thing.values.get("destination")
            text = to.words if to else None
            return (text, None) if one.change == "removed" else (None, text)
        return self._text(one, one.before), self._text(one, one.after)

    def _text(self, one: Difference, value: Value | None) -> str | None:
        if value is None or value.is_secret or value.words == "":
            return None
        if value.destination is None and (one.what in FREE or one.field not in FIELDS):
            return covered(value.words, self.secrets)
        return value.words

    def value(self, one: Difference, value: Value | None) -> Sentence | str:
        """A value for a sentence."""
        if value is not None and value.destination is not None and not value.is_secret:
            hung_up = value is one.before and value.destination.kind == "hangup"
            return Sentence("hung up") if hung_up else self.destination(value.destination)
        if value is not None and one.field in RECORDINGS and value.words.isdigit():
            return self.recordings.get(value.words, value.words)
        text = self._text(one, value)
        if text is None:
            return Sentence("nothing")
        if text == "yes":
            return Sentence("yes")
        if text == "no":
            return Sentence("no")
        return text.replace("\n", "; ")

    def destination(self, to: Destination) -> Sentence | str:
        """Where a call goes, with the name of what is there."""
        context, comma, number = to.id.partition(",")
        for identity in (to.id, f"{context},_{number}" if comma else ""):  # a place may be a pattern
            if (to.kind, identity) in self.things:
                return self.name(self.things[to.kind, identity])
        if sentence := DESTINATIONS.get(to.kind):
            return Sentence(sentence.template, {"id": to.id}) if to.id else sentence
        return to.target

    def name(self, thing: Thing, *, bare: bool = False) -> Sentence:
        """An object by its name: "queue Sales (401)"."""
        title = thing.title
        if title and title != thing.id and not bare and (titled := TITLED.get(thing.what)):
            return Sentence(titled.template, {"id": thing.id, "title": title})
        known = NAMES.get(thing.what)
        return (
            Sentence(known.template, {"id": thing.id})
            if known
            else Sentence("{what} {id}", {"what": thing.what, "id": thing.id})
        )

    # -- sentences ------------------------------------------------------------------------------------------

    def says(self, group: list[Difference]) -> Sentence:
        """One sentence for one difference, or for the same difference of many objects."""
        one = group[0]
        change = self._many(group) if len(group) > 1 else self._one(one)
        if one.status == "not_applied":
            return Sentence(
                "{change}; not applied yet: the product's pages have it, the files that run do not", {"change": change}
            )
        if one.status == "by_hand":
            return Sentence("{change}; only in the generated files, past the product's pages", {"change": change})
        if one.status == "applied":
            return Sentence("{change}; it stood on the product's pages before and is applied now", {"change": change})
        if one.status == "agreed":
            return Sentence(
                "{change}; on the product's pages only, the files that run had it so before", {"change": change}
            )
        return change

    def _many(self, group: list[Difference]) -> Sentence:
        one = group[0]
        ids = ", ".join(d.id for d in group)
        both: Filled = {"context": ids, "thing": Sentence("menus {ids}", {"ids": ids})}
        both |= {"from": self.value(one, one.before), "to": self.value(one, one.after)}
        if one.what == "dialplan" and one.field in ("include", "switch"):
            return phrases.reach(one, both)
        if one.what == "menu" and (pressed := phrases.hung_up(one, both) or phrases.key(one, both)):
            return pressed
        values: Filled = {
            "things": PLURALS.get(one.what, Sentence("objects")), "ids": ids, "count": len(group), "field": self._field(one),
            "from": self.value(one, one.before), "to": self.value(one, one.after),
        }  # fmt: skip
        if (one.before or one.after or Value("", ())).is_secret:
            return Sentence("{field} changed for {count} {things}: {ids}", values)
        if not (one.before and one.before.words):
            return Sentence("{field} is now {to}, was not set, for {count} {things}: {ids}", values)
        if not (one.after and one.after.words):
            return Sentence("{field} is no longer set, was {from}, for {count} {things}: {ids}", values)
        return Sentence("{field} is now {to}, was {from}, for {count} {things}: {ids}", values)

    def _field(self, one: Difference) -> Sentence:
        field = one.field or ""
        return FIELDS.get(field) or Sentence("setting {name}", {"name": field})

    def _one(self, one: Difference) -> Sentence:
        if one.field is None and one.what not in ("setting", "table", "dialplan"):
            return self._whole(one)
        values: Filled = {
            "thing": self.name(one.thing), "bare": self.name(one.thing, bare=True), "field": self._field(one), "id": one.id,
            "from": self.value(one, one.before), "to": self.value(one, one.after),
        }  # fmt: skip
        if one.what == "prompt":
            return Sentence("{thing} says something else now", values)
        for say in (
            self._free,
            self._reached,
            phrases.hung_up,
            phrases.key,
            self._member,
            self._element,
            phrases.state,
            self._known,
        ):
            if sentence := say(one, values):
                return sentence
        if (one.before or one.after or Value("", ())).is_secret:
            known = SECRETS.get((one.what, one.field or ""))
            return (
                Sentence(known.template, values) if known else Sentence("{field} of {thing} changed (a secret)", values)
            )
        if one.before is None or one.before.words == "":
            return Sentence("{field} of {thing} is now {to}, was not set", values)
        if one.after is None or one.after.words == "":
            return Sentence("{field} of {thing} is no longer set, was {from}", values)
        return Sentence("{field} of {thing} is now {to}, was {from}", values)

    def _whole(self, one: Difference) -> Sentence:
        values: Filled = {"thing": self.name(one.thing), "id": one.id}
        if one.change == "changed":
            return Sentence("what is written of {thing} changed", values)
        if door := phrases.guests(one, values):
            return door
        to = one.thing.values.get("destination")
        if one.what == "inbound_route" and to is not None:
            values["to"] = self.value(one, to)
            if one.change == "added":
                return Sentence("{thing} was added; its calls go to {to}", values)
            return Sentence("{thing} was removed; its calls went to {to}", values)
        if "mailbox" in one.along:
            if one.change == "added":
                return Sentence("{thing} was added, with a mailbox", values)
            return Sentence("{thing} was removed, with its mailbox", values)
        if one.what == "time_condition":
            if one.change == "added":
                return Sentence("{thing} were added", values)
            return Sentence("{thing} were removed", values)
        return (
            Sentence("{thing} was added", values) if one.change == "added" else Sentence("{thing} was removed", values)
        )

    def _free(self, one: Difference, values: Filled) -> Sentence | None:
        """Settings, files and dialplan lines."""
        if one.field == "section" and (part := one.after or one.before):
            values["section"] = part.words
            if one.change == "added":
                return Sentence("a part of {thing} was added: {section}", values)
            return Sentence("a part of {thing} was removed: {section}", values)
        if one.what == "file":
            return phrases.file_edits(one)
        if one.what == "dialplan":
            return phrases.dialplan(one, values)
        if one.what not in ("setting", "table") or (one.id, one.field) == ("blacklist", "numbers"):
            return None
        secret = (one.before or one.after or Value("", ())).is_secret
        if one.field:
            values["id"] = f"{one.id} {one.field}"
        if secret:
            return Sentence("setting {id} changed (a secret)", values)
        if named := phrases.named_setting(one, values):
            return named
        if one.change == "added":
            return (
                Sentence("setting {id} was added: {to}", values)
                if one.after
                else Sentence("setting {id} was added", values)
            )
        if one.change == "removed":
            return (
                Sentence("setting {id} was removed, was {from}", values)
                if one.before
                else Sentence("setting {id} was removed", values)
            )
        return Sentence("setting {id} is now {to}, was {from}", values)

    def _reached(self, one: Difference, values: Filled) -> Sentence | None:
        """Where a phone's calls start decides what it may dial."""
        if (one.what, one.field) == ("trunk", "context") and one.before and one.after:
            return Sentence("calls from {bare} now enter the dialplan at {to}, was {from}", values)
        if (one.what, one.field) != ("extension", "context") or one.before is None or one.after is None:
            return None
        before, after = can_dial_out(self.a, one.before.words), can_dial_out(self.b, one.after.words)
        if one.after.words not in self.b.dialplan.contexts and self.b.dialplan.contexts:
            return Sentence(
                "{bare} can now dial nothing: its context {to} does not exist in the dialplan; was {from}", values
            )
        if before and not after:
            return Sentence("{bare} may now only dial inside ({to}, was {from})", values)
        if after and not before:
            return Sentence("{bare} may now dial outside numbers ({to}, was {from})", values)
        return Sentence("{bare} may now only dial what {to} allows, was {from}", values)

    def _element(self, one: Difference, values: Filled) -> Sentence | None:
        value = one.after or one.before
        if one.field not in ("members", "patterns", "numbers") or one.change == "changed" or value is None:
            return None
        added = one.change == "added"
        if one.what == "setting":
            return (
                Sentence("calls from {to} are now refused", values)
                if added
                else Sentence("calls from {from} are no longer refused", values)
            )
        if one.field == "patterns":
            values["pattern"] = value.words
            return (
                Sentence("{thing} now takes {pattern}", values)
                if added
                else Sentence("{thing} no longer takes {pattern}", values)
            )
        number = value.words.rstrip("#")
        member = self.things.get(("extension", number))
        values["member"] = (
            self.name(member)
            if member
            else value.words
            if not number.isdigit()
            else Sentence("number {id}", {"id": number})
        )
        if one.what == "queue":
            return (
                Sentence("{member} now answers {thing}", values)
                if added
                else Sentence("{member} no longer answers {thing}", values)
            )
        return (
            Sentence("{member} now rings in {thing}", values)
            if added
            else Sentence("{member} no longer rings in {thing}", values)
        )

    def _known(self, one: Difference, values: Filled) -> Sentence | None:
        """Fields that have a way of being said."""
        if not (one.before and one.after and one.before.words and one.after.words) or one.before.is_secret:
            return None
        match one.what, one.field:
            case "extension", "name":
                return Sentence("{bare} is now called {to}, was {from}", values)
            case _, "title":
                return Sentence("{bare} is now called {to}, was {from}", values)
            case "extension" | "queue" | "menu" | "ring_group", "dialplan":
                return None
            case _, "dialplan":
                return None
            case "inbound_route", "destination":
                return (
                    Sentence("calls to {id} now go to {to}, was {from}", values)
                    if one.id
                    else Sentence("calls to any other number now go to {to}, was {from}", values)
                )
            case "outbound_route", "trunks" if one.before.many and one.after.many:
                return phrases.trunks(one.before.many, one.after.many, values)
            case "time_condition", "times":
                return Sentence("{thing} are now {to}, were {from}", values)
            case "outbound_route", "patterns":
                return Sentence("{thing} now takes {to}, no longer {from}", values)
            case "outbound_route", "order":
                return Sentence("outbound routes are now tried in the order {to}, was {from}", values)
            case "feature_code", "code":
                return Sentence("{thing} is now dialled as {to}", values)
            case "follow_me", "members":
                return Sentence("{to} now rings in {thing} in place of {from}", values)
            case "announcement", "destination":
                return Sentence("after {thing} calls now go to {to}, was {from}", values)
            case _, "destination":
                return Sentence("unanswered calls to {thing} now go to {to}, was {from}", values)
            case "time_condition", "inside":
                return Sentence("inside the hours of {thing} calls now go to {to}, was {from}", values)
            case "time_condition", "outside":
                return Sentence("outside the hours of {thing} calls now go to {to}, was {from}", values)
            case "trunk", "match":
                return Sentence("{thing} now takes calls from {to}, was {from}", values)
            case "trunk", "server":
                return Sentence("{thing} now uses the server {to}, was {from}", values)
        return None

    def _member(self, one: Difference, values: Filled) -> Sentence | None:
        """How a member of a queue is rung that stays its member."""
        if one.what != "queue" or one.field not in OF_MEMBER or not (one.before and one.after):
            return None
        number = one.after.words.partition(" (")[0]
        member = self.things.get(("extension", number))
        before, after = one.before.written[0], one.after.written[0]
        own = Sentence("its own line")  # what Asterisk looks at when nothing is named
        values |= {"member": self.name(member) if member else number, "from": before or own, "to": after or own}
        if one.field == "penalty":
            return Sentence("the penalty of {member} in {thing} is now {to}, was {from}", values)
        if one.field == "member_name":
            if not after:
                return Sentence("{member} no longer has a name of its own in {thing}, was {from}", values)
            if not before:
                return Sentence("{member} is now called {to} in {thing}, had no name of its own before", values)
            return Sentence("{member} is now called {to} in {thing}, was {from}", values)
        return Sentence("whether {member} is busy for {thing} is now told by {to}, was {from}", values)
