"""Ways of saying a difference that need only the difference and its named values; None where another way must be found."""

from __future__ import annotations

import re

from ringkeep.phonesystem.differences.layers import Difference
from ringkeep.phonesystem.differences.names import SETTINGS
from ringkeep.phonesystem.sentences import Sentence

Filled = dict[str, str | int | Sentence]


def file_edits(one: Difference) -> Sentence:
    if one.field == "unread":
        if one.after and one.after.words.startswith("-"):
            return Sentence(
                "Asterisk no longer takes anything of {file}: it cannot read line {line}",
                {"file": one.id, "line": one.after.words.removeprefix("-")},
            )
        if one.after:
            return Sentence(
                "Asterisk no longer reads {file} to its end: it stops at line {line}",
                {"file": one.id, "line": one.after.words},
            )
        return Sentence("Asterisk reads {file} to its end again", {"file": one.id})
    if one.field == "whole":
        if one.after:
            return Sentence("Asterisk finds {file} again", {"file": one.id})
        return Sentence("Asterisk finds no {file} any more: nothing of it works", {"file": one.id})
    if one.field == "all":
        if one.after:
            return Sentence("configuration files came back, all {count} of them", {"count": int(one.after.words)})
        return Sentence(
            "all configuration files are gone ({count})", {"count": int(one.before.words) if one.before else 0}
        )
    come, gone = (int(v.written[0]) if v else 0 for v in (one.after, one.before))
    values: Filled = {"file": one.id, "added": come, "removed": gone}
    if one.field == "program":
        return Sentence("the product's own file {file} changed; lines added: {added}, removed: {removed}", values)
    if come and gone:
        return Sentence("somebody changed {file} by hand; lines added: {added}, removed: {removed}", values)
    if come:
        return (
            Sentence("somebody added {added} lines by hand to {file}", values)
            if come > 1
            else Sentence("somebody added a line by hand to {file}", values)
        )
    return (
        Sentence("somebody removed {removed} lines by hand from {file}", values)
        if gone > 1
        else Sentence("somebody removed a line by hand from {file}", values)
    )


def dialplan(one: Difference, values: Filled) -> Sentence:
    context, _, number = one.id.partition(",")
    values |= {"context": context, "number": number}
    if one.field == "generated":
        return Sentence("the generated dialplan of {context} changed", values)
    if one.field in ("include", "switch"):
        return reach(one, values)
    if one.field is None:
        if one.change == "added":
            return Sentence("the dialplan of {context} now has {number}: {to}", values)
        return Sentence("the dialplan of {context} no longer has {number}, was {from}", values)
    return _of_lines(one, values) or Sentence(
        "the dialplan of {number} in {context} changed to {to}, was {from}", values
    )


def reach(one: Difference, values: Filled) -> Sentence:
    """Where a context, or several, look for a number too."""
    if one.change == "added":
        return Sentence("the dialplan of {context} now also looks in {to}", values)
    return Sentence("the dialplan of {context} no longer looks in {from}", values)


def named_setting(one: Difference, values: Filled) -> Sentence | None:
    """A setting of which people know what it does."""
    known = SETTINGS.get(str(values["id"]).rpartition(" ")[2])
    if known is None or not (one.before or one.after):
        return None
    values["setting"] = known
    if one.after is None:
        return Sentence("{setting} is no longer set, was {from} ({id})", values)
    if one.before is None:
        return Sentence("{setting} is now {to} ({id})", values)
    return Sentence("{setting} is now {to}, was {from} ({id})", values)


def hung_up(one: Difference, values: Filled) -> Sentence | None:
    """Calls that go nowhere from now on."""
    to = one.after.destination if one.after else None
    if to is None or to.kind != "hangup" or one.before is None:
        return None
    match one.what, one.field:
        case "inbound_route", "destination":
            return (
                Sentence("calls to {id} are now hung up; before, they went to {from}", values)
                if one.id
                else Sentence("calls to any other number are now hung up; before, they went to {from}", values)
            )
        case "announcement", "destination":
            return Sentence("after {thing} calls are now hung up; before, they went to {from}", values)
        case _, "destination":
            return Sentence("unanswered calls to {thing} are now hung up; before, they went to {from}", values)
        case "time_condition", "inside":
            return Sentence("inside the hours of {thing} calls are now hung up; before, they went to {from}", values)
        case "time_condition", "outside":
            return Sentence("outside the hours of {thing} calls are now hung up; before, they went to {from}", values)
    return None


def key(one: Difference, values: Filled) -> Sentence | None:
    if not (one.field or "").startswith("key "):
        return None
    key = (one.field or "").removeprefix("key ")
    values["key"] = key
    if key in ("t", "i"):
        if one.after is None:
            return Sentence(
                "{thing} no longer has a way for callers who press nothing or a wrong key ({key}), was {from}",
                values,
            )
        if key == "t":
            return Sentence("callers who press no key in {thing} now go to {to}, was {from}", values)
        return Sentence("callers who press a wrong key in {thing} now go to {to}, was {from}", values)
    if one.before is None:
        return Sentence("key {key} of {thing} now goes to {to}, did nothing before", values)
    if one.after is None:
        return Sentence("key {key} of {thing} no longer does anything, was {from}", values)
    return Sentence("key {key} of {thing} now goes to {to}, was {from}", values)


def guests(one: Difference, values: Filled) -> Sentence | None:
    """A door for whoever has no account: PJSIP's endpoint of that name."""
    if (one.what, one.id) != ("extension", "anonymous"):
        return None
    context = one.thing.values.get("context")
    values["context"] = context.words if context else "default"
    if one.change == "added":
        return Sentence("anybody may now call in without a password, and dial what {context} allows ({thing})", values)
    return Sentence("nobody may call in without a password any more ({thing})", values)


def state(one: Difference, values: Filled) -> Sentence | None:
    on = one.after is not None and one.after.words not in ("", "no")
    match one.what, one.field:
        case "call_state", "do_not_disturb":
            return (
                Sentence("extension {id} now refuses calls (do not disturb)", values)
                if on
                else Sentence("extension {id} takes calls again (do not disturb is off)", values)
            )
        case "call_state", "call_waiting":
            return (
                Sentence("call waiting of extension {id} is now on", values)
                if on
                else Sentence("call waiting of extension {id} is now off", values)
            )
        case "call_state", "forward_always":
            return (
                Sentence("all calls to extension {id} are now forwarded to {to}", values)
                if on
                else Sentence("calls to extension {id} are no longer forwarded, were to {from}", values)
            )
        case "call_state", "forward_busy":
            return (
                Sentence("calls to extension {id} while it is busy are now forwarded to {to}", values)
                if on
                else Sentence(
                    "calls to extension {id} while it is busy are no longer forwarded, were to {from}", values
                )
            )
        case "call_state", "forward_unanswered":
            return (
                Sentence("unanswered calls to extension {id} are now forwarded to {to}", values)
                if on
                else Sentence("unanswered calls to extension {id} are no longer forwarded, were to {from}", values)
            )
        case "night_switch", "is_night":
            return (
                Sentence("{thing} now stands on night", values) if on else Sentence("{thing} now stands on day", values)
            )
        case "time_condition", "override":
            if not on:
                return Sentence("{thing} follows the clock again", values)
            if one.after and one.after.words.startswith("false"):
                return Sentence("somebody closed {thing} by hand, whatever the clock says", values)
            return Sentence("somebody opened {thing} by hand, whatever the clock says", values)
        case "outbound_route", "emergency":
            return (
                Sentence("{thing} is now an emergency route", values)
                if on
                else Sentence("{thing} is no longer an emergency route", values)
            )
        case "trunk" | "feature_code" | "follow_me", "enabled":
            return Sentence("{thing} was switched on", values) if on else Sentence("{thing} was switched off", values)
    return None


def _of_lines(one: Difference, values: Filled) -> Sentence | None:
    """Lines of a hand-written dialplan that people have words for: what is played, and when it is open."""
    texts = [value.words if value else None for value in (one.before, one.after)]
    found = [re.fullmatch(LINE, text) if text else None for text in texts]
    if any(text and not match for text, match in zip(texts, found, strict=True)):
        return None
    applications = {match[1].lower() for match in found if match}
    arguments = [(match[2].strip() if match else None) for match in found]
    if applications == {"gotoiftime"}:
        said = [_clock(text) if text else Sentence("nothing") for text in arguments]
        values |= {"from": said[0], "to": said[1]}
        if texts[0] is None:
            return Sentence("calls to {number} in {context} now also depend on the time: {to}", values)
        if texts[1] is None:
            return Sentence("calls to {number} in {context} no longer depend on the time: {from}", values)
        return Sentence("calls to {number} in {context} now depend on the time {to}, was {from}", values)
    if applications <= PLAYING:
        said = [text.partition(",")[0] if text else Sentence("nothing") for text in arguments]
        if said[0] == said[1]:
            return None
        values |= {"from": said[0], "to": said[1]}
        return Sentence("callers of {number} in {context} now hear {to}, was {from}", values)
    return None


PLAYING = {"playback", "background", "backgrounddetect", "controlplayback", "read"}
LINE = re.compile(r"(?:\(\w+\) )?(\w+)\(([^;\n]*)\)")


def _clock(argument: str) -> str:
    """`08:00-12:00,thu,*,*?open,s,1` as "08:00-12:00 thu: open"."""
    times, _, target = argument.partition("?")
    said = " ".join(word for word in times.replace("|", ",").split(",") if word.strip() != "*")
    return f"{said or '*'}: {target.partition(':')[0].partition(',')[0]}"


def trunks(before: tuple[str, ...], after: tuple[str, ...], values: Filled) -> Sentence:
    """Which trunks a route tries: one more, one less, or in another order."""
    gone, come = [t for t in before if t not in after], [t for t in after if t not in before]
    values |= {"gone": ", ".join(gone), "come": ", ".join(come)}
    if gone and not come:
        return Sentence("{thing} no longer uses trunk {gone}, only {to}", values)
    if come and not gone:
        return Sentence("{thing} now also uses trunk {come}: {to}, was {from}", values)
    if gone:
        return Sentence("{thing} now uses trunk {to}, was {from}", values)
    return Sentence("{thing} now tries its trunks in the order {to}, was {from}", values)
