"""Applications that decide where a call goes on: variables, jumps, subroutines, loops and conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ringkeep.asterisk.dialplan import Step, split_arguments
from ringkeep.asterisk.expressions import Unknowable, expand, is_true
from ringkeep.asterisk.times import time_holds
from ringkeep.phonesystem.callflow.branches import split_branch
from ringkeep.phonesystem.callflow.walker import Choice, End, Handler, Walker
from ringkeep.phonesystem.sentences import Sentence

HOLDS, OTHERWISE = Sentence("if so"), Sentence("if not")


# -- variables ------------------------------------------------------------------------------------------------


def _set(w: Walker, step: Step, arguments: str) -> None:
    name, equals, value = arguments.partition("=")
    if not equals:
        return
    name = name.strip()
    if w.unknown:
        w.unknown.pop(name.lstrip("_"), None)
    w.functions.assign(name, value)


def _mset(w: Walker, step: Step, arguments: str) -> None:
    for one in split_arguments(arguments):
        _set(w, step, one)


# -- jumps ----------------------------------------------------------------------------------------------------


def _goto(w: Walker, step: Step, arguments: str) -> None:
    w.goto(arguments, step)


def _goto_unsure(w: Walker, step: Step, why: str) -> None:
    """Where it goes is decided elsewhere: the walk cannot follow."""
    w.driver.meet(w, w.stop("unknown", why, step, step.arguments))
    raise End("unknown")


def _branch(take: Handler) -> Handler:
    """GotoIf, GosubIf, MacroIf: one of two targets is taken like the application without "If"."""

    def handler(w: Walker, step: Step, arguments: str) -> None:
        condition, yes, no = split_branch(arguments)
        holds = is_true(condition)
        _note_hours(w, step, holds=holds)
        if (target := yes if holds else no).strip():
            take(w, step, target)

    return handler


def _branch_unsure(take: Handler) -> Handler:
    def handler(w: Walker, step: Step, why: str) -> None:
        condition, yes, no = split_branch(step.arguments, raw=True)

        def go(w: Walker, raw_target: str) -> None:
            try:
                target = expand(raw_target, w)
            except Unknowable as unknown:
                _goto_unsure(w, step, str(unknown))
                return
            if target.strip():
                take(w, step, target)

        _decide(w, step, condition, go, (yes, no))

    return handler


def _decide(w: Walker, step: Step, condition: str, go: Callable[[Walker, str], None], ways: tuple[str, str]) -> None:
    """Take the way that a raw condition says; both where it cannot be known."""
    try:
        holds = is_true(expand(condition, w))
    except Unknowable as why:
        yes, no = ways
        choices = (
            Choice("yes", HOLDS, lambda w: go(w, yes)),
            Choice("no", OTHERWISE, lambda w: go(w, no)),
        )
        w.driver.choose(w, w.stop("unknown", str(why), step, step.arguments), choices)
        return
    go(w, ways[0] if holds else ways[1])


def _note_hours(w: Walker, step: Step, *, holds: bool) -> None:
    """A condition that asked the clock with IFTIME."""
    if w.driver.honest and "IFTIME(" in step.arguments:
        spec = w.leniently(step.arguments.partition("IFTIME(")[2].partition("?")[0])
        _meet_hours(w, step, spec, holds=time_holds(spec, w.at))


def _meet_hours(w: Walker, step: Step, spec: str, *, holds: bool) -> None:
    state = "open" if holds else "closed"
    w.driver.meet(w, w.stop("hours", spec.replace("|", ","), step, step.arguments, targets=(state,)))


def _gotoiftime(w: Walker, step: Step, arguments: str) -> None:
    spec, yes, no = split_branch(arguments)
    holds = time_holds(spec, w.at)
    if w.driver.honest:
        _meet_hours(w, step, spec, holds=holds)
    if (target := yes if holds else no).strip():
        w.goto(target, step)


def _execiftime(w: Walker, step: Step, arguments: str) -> None:
    spec, command, _ = split_branch(arguments)
    if time_holds(spec, w.at):
        _exec(w, step, command)


# -- subroutines ----------------------------------------------------------------------------------------------


def _call_parts(text: str) -> tuple[str, list[str]]:
    """`context,exten,1(a,b)` -> ("context,exten,1", ["a", "b"])."""
    place, _, rest = text.partition("(")
    inside = rest.rpartition(")")[0] if ")" in rest else rest
    return place, split_arguments(inside) if inside else []


def _gosub(w: Walker, step: Step, arguments: str) -> None:
    place, values = _call_parts(arguments)
    _enter_gosub(w, step, place, values)


def _enter_gosub(w: Walker, step: Step, place: str, values: list[str]) -> None:
    # What the last Gosub passed is hidden, also where this one passes less; a Macro's arguments stay visible.
    hidden = next((frame.passed for frame in reversed(w.frames) if frame.kind == "gosub"), 0)
    w.push("gosub", len(values))
    _pass(w, [*values, *[""] * (hidden - len(values))])
    w.hide({"ARGC": str(len(values))})
    w.goto(place, step)


def _known_values(w: Walker, raw: list[str]) -> tuple[list[str], dict[int, str]]:
    """Arguments expanded one by one, and for those that cannot be known (counted from 1) why."""
    values, unknown = [], {}
    for index, one in enumerate(raw, 1):
        try:
            values.append(expand(one, w))
        except Unknowable as why:
            values.append("")
            unknown[index] = str(why)
    return values, unknown


def _gosub_unsure(w: Walker, step: Step, why: str) -> None:
    place, raw = _call_parts(step.arguments)
    try:
        place = expand(place, w)
    except Unknowable:
        _goto_unsure(w, step, why)
        return
    values, unknown = _known_values(w, raw)
    _enter_gosub(w, step, place, values)
    w.unknown |= {f"ARG{index}": reason for index, reason in unknown.items()}


def _pass(w: Walker, values: list[str]) -> None:
    w.hide({f"ARG{index}": value for index, value in enumerate(values, 1)})


def _macro(w: Walker, step: Step, arguments: str) -> None:
    words = split_arguments(arguments)
    _enter_macro(w, step, words[0].strip(), words[1:])


def _enter_macro(w: Walker, step: Step, name: str, values: list[str]) -> None:
    context = f"macro-{name}"
    if not w.exists(context, "s", 1):
        return  # Asterisk warns and goes on with the next priority (app_macro); the checks tell of it
    extension = w.extension
    w.push("macro")
    _pass(w, values)
    outermost = {"MACRO_EXTEN": extension, "MACRO_CONTEXT": w.frames[-1].context}
    w.hide({name: w.variables.get(name) or value for name, value in outermost.items()})
    w.context, w.extension, w.priority = context, "s", 1


def _macro_unsure(w: Walker, step: Step, why: str) -> None:
    name, *raw = split_arguments(step.arguments)
    try:
        name = expand(name, w)
    except Unknowable:
        _goto_unsure(w, step, why)
        return
    values, unknown = _known_values(w, raw)
    _enter_macro(w, step, name.strip(), values)
    w.unknown |= {f"ARG{index}": reason for index, reason in unknown.items()}


def _macroexit(w: Walker, step: Step, arguments: str) -> None:
    if w.frames:
        w.give_back()


def _return(w: Walker, step: Step, arguments: str) -> None:
    if not w.frames:
        w.driver.meet(w, w.stop("hangup", "Return without Gosub", step, arguments))
        raise End("hangup")
    w.give_back()
    w.set_variable("GOSUB_RETVAL", arguments)


def _return_unsure(w: Walker, step: Step, why: str) -> None:
    _return(w, step, "")
    w.unknown["GOSUB_RETVAL"] = why


def _stackpop(w: Walker, step: Step, arguments: str) -> None:
    if w.frames:
        w.frames.pop()


# -- commands in commands -------------------------------------------------------------------------------------


def _command(text: str) -> tuple[str, str]:
    """`Name(arguments)` or `Name,arguments`."""
    name, opened, rest = text.strip().partition("(")
    if opened:
        return name.strip(), rest[: rest.rfind(")")] if ")" in rest else rest
    return name.strip(), ""


def _execif(w: Walker, step: Step, raw: str) -> None:
    condition, yes, no = split_branch(raw, raw=True)

    def go(w: Walker, chosen: str) -> None:
        name, inner = _command(chosen)
        if name:
            _perform_inside(w, step, name, inner)

    _decide(w, step, condition, go, (yes, no))


def _perform_inside(w: Walker, step: Step, name: str, raw: str) -> None:
    if name.startswith("$"):
        name = w.leniently(name)
    inside = Step(step.priority, step.label, name, raw, step.place)
    w.priority -= 1  # `perform` moves on by one, and has done so for the step around
    w.perform(inside)


def _exec(w: Walker, step: Step, arguments: str) -> None:
    name, inner = _command(arguments)
    handler = w.setting.handlers.get(name.lower())
    if handler is not None:
        handler(w, Step(step.priority, step.label, name, inner, step.place), inner)


# -- loops ----------------------------------------------------------------------------------------------------


def _while(w: Walker, step: Step, raw: str) -> None:
    def go(w: Walker, way: str) -> None:
        if not way:
            _skip_to_end(w)

    _decide(w, step, raw, go, ("on", ""))


def _skip_to_end(w: Walker) -> None:
    extension = w.find(w.context, w.extension, 1)
    depth = 0
    for step in extension.steps if extension else ():
        if step.priority < w.priority:
            continue
        if step.application.lower() == "while":
            depth += 1
        elif step.application.lower() == "endwhile":
            if not depth:
                w.priority = step.priority + 1
                return
            depth -= 1


def _back_to_while(w: Walker, step: Step) -> None:
    extension = w.find(w.context, w.extension, 1)
    depth = 0
    for earlier in reversed(extension.steps if extension else []):
        if earlier.priority >= step.priority:
            continue
        if earlier.application.lower() == "endwhile":
            depth += 1
        elif earlier.application.lower() == "while":
            if not depth:
                w.priority = earlier.priority
                return
            depth -= 1


def _endwhile(w: Walker, step: Step, arguments: str) -> None:
    _back_to_while(w, step)


def _exitwhile(w: Walker, step: Step, arguments: str) -> None:
    _skip_to_end(w)


def _clear_hash(w: Walker, step: Step, arguments: str) -> None:
    w.functions.clear_hash(arguments.strip())


HANDLERS: Mapping[str, Handler] = {
    "set": _set, "mset": _mset, "goto": _goto, "gotoif": _branch(_goto), "gotoiftime": _gotoiftime,
    "execiftime": _execiftime, "gosub": _gosub, "gosubif": _branch(_gosub), "macro": _macro, "macroif": _branch(_macro),
    "macroexit": _macroexit, "return": _return, "stackpop": _stackpop, "execif": _execif, "exec": _exec,
    "tryexec": _exec, "while": _while, "endwhile": _endwhile, "continuewhile": _endwhile, "exitwhile": _exitwhile,
    "clearhash": _clear_hash,
}  # fmt: skip
UNSURE: Mapping[str, Handler] = {
    "goto": _goto_unsure, "gotoif": _branch_unsure(_goto), "gosub": _gosub_unsure, "gosubif": _branch_unsure(_gosub),
    "macro": _macro_unsure, "macroif": _branch_unsure(_macro), "return": _return_unsure, "gotoiftime": _goto_unsure,
    "exec": _goto_unsure, "tryexec": _goto_unsure,
}  # fmt: skip
