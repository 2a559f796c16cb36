"""Applications that a caller notices: messages, menus, phones, queues, mailboxes, and the end of the call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ringkeep.asterisk.dialplan import Step, split_arguments
from ringkeep.phonesystem import freepbx
from ringkeep.phonesystem.callflow.dialled import device_names, rung_by
from ringkeep.phonesystem.callflow.walker import Choice, End, Handler, Walker
from ringkeep.phonesystem.model import Mailbox, Queue
from ringkeep.phonesystem.sentences import Sentence

SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
TRUE = ("yes", "true", "y", "t", "1", "on")  # ast_true
SINGLE_KEYS = "1234567890*#"
ANSWERED, UNANSWERED, BUSY = Sentence("answered"), Sentence("nobody answers"), Sentence("busy")
UNREACHABLE, REFUSED = Sentence("not reachable"), Sentence("refused")


def _seconds(text: str) -> float | None:
    text = text.strip()
    return float(text) if SECONDS.fullmatch(text) else None


def _words(arguments: str, count: int) -> list[str]:
    return [*split_arguments(arguments), *[""] * count]


def _end(why: str) -> None:
    raise End(why)


def _answered_choice() -> Choice:
    return Choice("answer", ANSWERED, lambda w: _end("answered"))


# -- messages and keys ----------------------------------------------------------------------------------------


def _answer(w: Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True


def _names(arguments: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in split_arguments(arguments)[0].split("&") if name.strip())


def _playback(w: Walker, step: Step, arguments: str) -> None:
    options = _words(arguments, 2)[1].lower()
    if "noanswer" not in options and "skip" not in options:
        w.functions.answered = True
    if names := _names(arguments):
        languages = (w.functions.language,) * len(names)
        w.driver.meet(w, w.stop("announcement", ", ".join(names), step, arguments, prompts=names, languages=languages))


def _background(w: Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True
    w.prompts.append((step, "&".join(_names(arguments)), w.functions.language))
    # A key pressed while it plays has the same effect as one pressed after it.
    if not _waits_later(w):
        if _nothing_plays(w, _names(arguments)):
            w.prompts.pop()  # it is over before a key could be pressed
        else:
            w.wait_for_key(step, "")


def _nothing_plays(w: Walker, names: tuple[str, ...]) -> bool:
    plays = w.setting.plays
    return plays is not None and not any(plays(name, w.functions.language) for name in names)


def _waits_later(w: Walker) -> bool:
    extension = w.find(w.context, w.extension, 1)
    later = [s for s in extension.steps if s.priority >= w.priority] if extension else []
    return any(
        s.application.lower() in ("waitexten", "background", "execif", "gotoif", "goto", "set", "gosubif")
        for s in later[:8]
    ) and any(s.application.lower() == "waitexten" for s in later)


def _waitexten(w: Walker, step: Step, arguments: str) -> None:
    w.wait_for_key(step, split_arguments(arguments)[0])


def _read(w: Walker, step: Step, arguments: str) -> None:
    name, sounds, most = _words(arguments, 3)[:3]
    w.functions.answered = True
    names = tuple(n for n in sounds.split("&") if n)
    stop = w.stop("menu", w.context, step, arguments, prompts=names, languages=(w.functions.language,) * len(names))
    if not w.driver.honest:
        w.driver.press(w, stop)
        return

    def keyed(w: Walker, digits: str | None) -> None:
        w.set_variable(name, digits or "")
        w.set_variable("READSTATUS", "OK")
        if digits is None:
            w.unknown[name] = "what the caller keys"

    def nothing(w: Walker) -> None:
        w.set_variable(name, "")
        w.set_variable("READSTATUS", "TIMEOUT")

    if most.strip() == "1":
        choices = [Choice(k, Sentence("key {key}", {"key": k}), lambda w, k=k: keyed(w, k)) for k in SINGLE_KEYS[:11]]  # type: ignore[misc]
    else:
        choices = [Choice("digits", Sentence("digits keyed"), lambda w: keyed(w, None))]
    choices.append(Choice("t", Sentence("no key"), nothing))
    w.driver.choose(w, replace(stop, kind="input", name=name), choices)


def _authenticate(w: Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True
    if not w.driver.honest:
        return

    def wrong(w: Walker) -> None:
        w.driver.meet(w, w.stop("hangup", "", step, ""))
        raise End("hangup")

    stop = w.stop("input", "PIN", step, "")
    w.driver.choose(
        w, stop, (Choice("ok", Sentence("right PIN"), lambda w: None), Choice("wrong", Sentence("wrong PIN"), wrong))
    )


def _say(w: Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True


# -- phones and carriers --------------------------------------------------------------------------------------

STATUSES = {"noanswer": "NOANSWER", "busy": "BUSY", "unavailable": "CHANUNAVAIL", "congestion": "CONGESTION"}
CAUSES = {"busy": "17", "congestion": "21"}  # Q.850: user busy; rejected, the usual word of a carrier that refuses
SAYS = {"noanswer": UNANSWERED, "busy": BUSY, "unavailable": UNREACHABLE, "congestion": REFUSED}


def _dial(w: Walker, step: Step, arguments: str) -> None:
    devices, timeout, options = _words(arguments, 3)[:3]
    rung = rung_by(w, device_names(devices))
    numbers = list(dict.fromkeys(rung.numbers))
    if rung.trunk and not numbers:
        kind, name = "outbound", rung.trunk
    elif len(numbers) > 1 or _is_group(w):
        kind, name = "ring_group", _group_name(w, numbers)
    elif numbers:
        kind, name = "extension", numbers[0]
    elif rung.behind is not None:
        kind, name = rung.behind.kind, rung.behind.name
    else:
        w.driver.meet(w, w.stop("dead_end", f"Dial({arguments[:60]}) rings nobody", step, arguments))
        w.set_variable("DIALSTATUS", "CHANUNAVAIL")
        return
    stop = w.stop(
        kind, name, step, arguments, targets=tuple(rung.targets or (rung.behind.targets if rung.behind else ())),
        number=rung.carried, timeout_s=_seconds(timeout),
    )  # fmt: skip
    w.driver.choose(w, stop, _dial_choices(w, step, options, outside=kind == "outbound"))


def _dial_unsure(w: Walker, step: Step, why: str) -> None:
    """Somebody is rung, but who is decided elsewhere."""
    stop = w.stop("unknown", why, step, step.arguments)
    w.driver.choose(w, stop, _dial_choices(w, step, "", outside=False))


def _is_group(w: Walker) -> bool:
    return any(frame.context == "ext-group" for frame in w.frames)


def _group_name(w: Walker, numbers: list[str]) -> str:
    """The ring group that the call came through, else the number dialled, else all who ring."""
    groups = w.index.groups
    for extension in (w.extension, *(frame.extension for frame in reversed(w.frames))):
        if extension in groups:
            return groups[extension]
    return w.extension if w.extension.isdigit() else ", ".join(numbers)


def _dial_choices(w: Walker, step: Step, options: str, *, outside: bool) -> list[Choice]:
    def failed(name: str) -> Choice:
        return Choice(name, SAYS[name], lambda w: _not_answered(w, name), name != "congestion" or outside)

    choices = [_answered_choice(), *map(failed, STATUSES)]
    letters = re.sub(r"\([^)]*\)?", "", options)
    if "g" in letters and "G" not in letters:
        choices[0] = Choice("answer", Sentence("answered, then the other hangs up"), _after_talk)
    if "G" in letters and (match := re.search(r"G\(([^)]*)\)", options)):
        target = match[1].replace("^", ",")
        choices[0] = Choice("answer", Sentence("answered, then the call goes on"), lambda w: w.goto(target, step))
    if "F" in letters and (match := re.search(r"F\(([^)]*)\)", options)):
        away = match[1].replace("^", ",")
        choices.append(Choice("away", Sentence("the caller hangs up, the other goes on"), lambda w: w.goto(away, step)))
    if "d" in letters:
        context = w.variables.get("EXITCONTEXT") or w.context
        choices += _exit_keys(w, context, step)
    return choices


def _not_answered(w: Walker, name: str) -> None:
    w.set_variable("DIALSTATUS", STATUSES[name])
    if name in CAUSES:
        w.set_variable("HANGUPCAUSE", CAUSES[name])


def _after_talk(w: Walker) -> None:
    if not w.driver.honest:
        raise End("answered")
    w.functions.answered = True
    w.set_variable("DIALSTATUS", "ANSWER")


def _exit_keys(w: Walker, context: str, step: Step) -> list[Choice]:
    """Keys that take a waiting caller elsewhere."""
    if context not in w.system.dialplan.contexts:
        return []
    return [
        Choice(key, Sentence("key {key}", {"key": key}), lambda w, key=key: w.goto(f"{context},{key},1", step))  # type: ignore[misc]
        for key in SINGLE_KEYS
        if w.exists(context, key, 1)
    ]


def _page(w: Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True
    rung = rung_by(w, device_names(arguments))
    name = w.extension if w.extension.isdigit() else ", ".join(dict.fromkeys(rung.numbers)) or w.extension
    w.driver.meet(w, w.stop("paging", name, step, arguments, targets=tuple(rung.targets)))
    raise End("answered")


# -- queues ---------------------------------------------------------------------------------------------------


def _queue(w: Walker, step: Step, arguments: str) -> None:
    words = _words(arguments, 5)
    queue = w.index.queues.get(words[0])
    if queue is None:
        w.driver.meet(w, w.stop("dead_end", f"queue {words[0]} is missing", step, arguments))
        w.set_variable("QUEUESTATUS", "UNKNOWN")
        return
    members = [member.partition(",")[0] for member in queue.members]
    # Which phones ring behind its members only a drill has to know.
    targets = members if w.driver.honest else rung_by(w, members).targets
    seconds = _seconds(words[4])
    stop = w.stop("queue", queue.name, step, arguments, targets=tuple(targets), timeout_s=seconds)
    w.driver.choose(w, stop, _queue_choices(w, step, queue, words))


def _queue_choices(w: Walker, step: Step, queue: Queue, words: list[str]) -> list[Choice]:
    def status(name: str, says: Sentence, value: str, *, likely: bool) -> Choice:
        return Choice(name, says, lambda w: w.set_variable("QUEUESTATUS", value), likely)

    ends = bool(_seconds(words[4])) or "n" in words[1]
    empty = _says_yes(queue.settings.get("joinempty", "yes"), unless=("yes", "true", "1", "on"))
    leaves = _says_yes(queue.settings.get("leavewhenempty", "no"), unless=("no", "false", "0", "off"))
    full = queue.settings.get("maxlen", "0").strip() not in ("", "0")
    choices = [
        Choice("answer", Sentence("answered, then the other hangs up"), _after_talk) if "c" in words[1] else _answered_choice(),
        status("noanswer", Sentence("waited too long"), "TIMEOUT", likely=ends),
        status("unavailable", Sentence("nobody is there to answer"), "JOINEMPTY", likely=empty),
        status("left", Sentence("all have gone"), "LEAVEEMPTY", likely=leaves),
        status("full", Sentence("the queue is full"), "FULL", likely=full),
    ]  # fmt: skip
    context = queue.settings.get("context", "").strip()
    return [*choices, *(_exit_keys(w, context, step) if context else ())]


def _says_yes(value: str, *, unless: tuple[str, ...]) -> bool:
    return value.strip().lower() not in ("", *unless)


# -- mailboxes and other ends ---------------------------------------------------------------------------------


def _voicemail(w: Walker, step: Step, arguments: str) -> None:
    mailboxes = split_arguments(arguments)[0].split("&")
    known = w.index.mailboxes
    wanted = [name if "@" in name else f"{name}@default" for name in mailboxes]
    if not any(name in known for name in wanted):
        w.driver.meet(w, w.stop("dead_end", f"mailbox {wanted[0]} is missing", step, arguments))
        w.set_variable("VMSTATUS", "FAILED")
        return
    w.functions.answered = True
    stop = w.stop("voicemail", wanted[0], step, arguments)
    if not w.driver.honest:
        w.driver.meet(w, stop)
        raise End("answered")
    choices = [Choice("left", Sentence("a message left"), lambda w: w.set_variable("VMSTATUS", "SUCCESS"))]
    w.driver.choose(w, stop, [*choices, *_mailbox_exits(w, step, known.get(wanted[0]))])


def _mailbox_exits(w: Walker, step: Step, box: Mailbox | None) -> list[Choice]:
    """Keys that leave a mailbox: 0 to the extension o, * to a (app_voicemail's leave_voicemail)."""
    settings = {**w.index.voicemail_general, **(box.settings if box else {})}
    leaving = settings.get("exitcontext", "").strip()
    macro = next((frame.context for frame in w.frames if frame.kind == "macro"), "")
    contexts = [leaving] if leaving else [w.context, macro]
    exits = []
    for key, extension in (("0", "o"), ("*", "a")):
        if key == "0" and settings.get("operator", "no").strip().lower() not in TRUE:
            continue
        where = next((context for context in contexts if context and w.exists(context, extension, 1)), None)
        if where is not None:
            target = f"{where},{extension},1"
            exits.append(Choice(key, Sentence("key {key}", {"key": key}), lambda w, to=target: w.goto(to, step)))  # type: ignore[misc]
    return exits


def _final(kind: str, *, answers: bool = True) -> Handler:
    def handler(w: Walker, step: Step, arguments: str) -> None:
        if answers:
            w.functions.answered = True
        w.driver.meet(w, w.stop(kind, split_arguments(arguments)[0], step, arguments))
        raise End("answered" if answers else "hangup")

    return handler


def _disa(w: Walker, step: Step, arguments: str) -> None:
    """Its first argument is a PIN: nobody is told."""
    _final("DISA")(w, step, "")


def _record(w: Walker, step: Step, arguments: str) -> None:
    """After a recording the call goes on."""
    w.functions.answered = True
    w.driver.meet(w, w.stop("record", split_arguments(arguments)[0], step, arguments))
    if not w.driver.honest:
        raise End("answered")


# -- programs -------------------------------------------------------------------------------------------------


def _agi(w: Walker, step: Step, arguments: str) -> None:
    words = split_arguments(arguments)
    name = words[0].partition("?")[0].rpartition("/")[2]
    if name == freepbx.RING_SCRIPT:
        _ring_script(w)
        return
    if w.driver.honest and name in freepbx.QUIET_SCRIPTS:
        return
    if w.driver.honest:
        w.scripted = f"the script {name}"
    w.driver.meet(w, w.stop("unknown", f"the script {name}", step, arguments))


def _ring_script(w: Walker) -> None:
    arguments = {name: w.variables.get(name, "") for name in ("ARG1", "ARG2", "ARG3")}
    forwarding = not w.variables.get("CFIGNORE")
    devices, left = freepbx.phones_to_ring(arguments["ARG3"], w.functions.database, forwarding=forwarding)
    if devices:
        w.set_variable("ds", f"{devices},{arguments['ARG1']},{arguments['ARG2']}")
        w.set_variable("FILTERED_DIAL", left)
        w.set_variable("MACRODIALGOTO_PRI", freepbx.RING_LABEL)


HANDLERS: Mapping[str, Handler] = {
    "answer": _answer, "playback": _playback, "controlplayback": _playback, "background": _background,
    "waitexten": _waitexten, "read": _read, "dial": _dial, "queue": _queue, "voicemail": _voicemail,
    "voicemailmain": _final("voicemail_main"), "confbridge": _final("conference"), "meetme": _final("conference"),
    "page": _page, "park": _final("parking"), "directory": _final("directory"), "echo": _final("echo"),
    "record": _record, "pickup": _final("pickup"), "pickupchan": _final("pickup"), "musiconhold": _final("music"),
    "chanspy": _final("listening"), "milliwatt": _final("tone"), "disa": _disa,
    "hangup": _final("hangup", answers=False), "busy": _final("busy", answers=False),
    "congestion": _final("congestion", answers=False), "agi": _agi, "deadagi": _agi, "eagi": _agi, "saydigits": _say,
    "saynumber": _say, "sayunixtime": _say, "sayalpha": _say, "authenticate": _authenticate,
    "vmauthenticate": _authenticate,
}  # fmt: skip
UNSURE: Mapping[str, Handler] = {"dial": _dial_unsure, "queue": _dial_unsure}
