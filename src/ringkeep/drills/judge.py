"""Whether a call did what it had to: the plan, what was seen on both sides, and what was heard."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ringkeep.asterisk.conf import Place
from ringkeep.drills.patience import patient
from ringkeep.drills.plan import PlannedCall, Press
from ringkeep.drills.report import Call, Defect
from ringkeep.drills.roads import AS_WALKED, OTHER, Parting
from ringkeep.drills.roads import compare as compare_roads
from ringkeep.lab import sound
from ringkeep.lab.calls import Observation, Order, Step
from ringkeep.lab.farend import CALLER_HZ, CARRIER_HZ, PHONE_HZ
from ringkeep.phonesystem.callflow import Stop
from ringkeep.phonesystem.model import PhoneSystem

RINGS = ("extension", "queue", "ring_group")
# Where a caller stays or the call ends: who gets to one of these that is not the goal will not get to the goal.
FINAL = {
    "voicemail", "voicemailmain", "hangup", "busy", "congestion", "confbridge", "meetme", "directory", "echo", "record",
    "musiconhold", "park", "disa", "zapateller", "milliwatt",
}  # fmt: skip
QUEUE_S = 30.0  # members are rung one after the other
SPEECH_S, PROMPT_S = 0.7, 1.6  # enough for a tone, and to know a prompt by its beginning
MESSAGE_S, PLAYBACK_S = 4.0, 14.0  # leaving a message; logging in and hearing it, envelope included
LOOP_STEPS = 3000  # no call needs so many steps: it goes round in circles
LOOP_SHOWN = 600  # where the dialplan as read is a circle, so many steps show it
DEAD_END_S = 3.0  # without a new step, a call that is to lead nowhere has led nowhere
LIKE_ENOUGH = 0.45  # mu-law gives 0.9 and more, GSM 0.6; other speech stays below 0.25
TRAIL = 8
STREAM_PACKETS = 15  # of the 35 that 0.7 s bring
ALIKE_SHOWN = 8
SILENT = {"macroexit", "return", "noop", "set", "macro", "gosub", "gosubif", "gotoif", "execif"}


class Places:
    """Finds the file and line of an executed step."""

    def __init__(self, system: PhoneSystem) -> None:
        self._dialplan = system.dialplan
        self._known: dict[tuple[str, str, int, str], Place | None] = {}

    def of(self, step: Step, caller: str = "") -> Place | None:
        """The place of a step, None for dialplan that is in no file. `caller`: the number the caller shows."""
        key = (step.context, step.extension, step.priority, caller)
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, context: str, extension: str, priority: int, caller: str) -> Place | None:
        found = self._dialplan.find(context, extension, priority=priority, callerid=caller)
        for step in found[1].steps if found else ():
            if step.priority == priority:
                return step.place
        return None


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns plans into orders, and observations into calls and defects."""

    places: Places
    prompt_file: Callable[[str, str], Path | None]  # (sound name, language) -> WAV of it, for comparison

    def order(self, planned: PlannedCall) -> Order:
        """The call to place, with when to press which key and when it has arrived."""
        presses = tuple((self._moment(press), press.digits) for press in planned.presses if press.digits)
        goal = planned.expected
        listen_s = 0.0
        if planned.listen and goal is not None:
            listen_s = self._listening_s(planned, goal)
        return Order(
            caller=planned.caller, number=planned.number, caller_number=planned.caller_number, presses=presses,
            reached=lambda seen: self.reached(planned, seen), listen_s=listen_s,
            heard=self._played_back if planned.kind == "voicemail" else None, lost=lambda seen: self.lost(planned, seen), timeout_s=self._patience(planned), phones=planned.phones,
            carriers=planned.carriers, carrier_number=(goal.number or "") if goal else "",
        )  # fmt: skip

    def _listening_s(self, planned: PlannedCall, goal: Stop) -> float:
        """How long the caller stays on the line once it has arrived, for the sound to be judged."""
        if planned.kind == "voicemail":
            return MESSAGE_S if goal.kind == "voicemail" else PLAYBACK_S
        if goal.kind in (*RINGS, "outbound"):
            return 0.0 if planned.enough_to_join else SPEECH_S
        names = [pair for s in planned.prompts for pair in zip(s.prompts, s.languages, strict=True)]
        return PROMPT_S if any(self.prompt_file(*pair) for pair in names) else 0.2

    @staticmethod
    def _played_back(seen: Observation) -> bool:
        return sound.has_tone(sound.read_wav(seen.recordings.get("caller", Path())), CALLER_HZ)

    def unheard(self, planned: PlannedCall, seen: Observation) -> bool:
        """Whether the call arrived, but not what should be heard."""
        return self.reached(planned, seen) and bool(self._heard(planned, seen)[1])

    def reached(self, planned: PlannedCall, seen: Observation) -> bool:
        """Whether the call has arrived where it was to go."""
        goal = planned.expected
        if goal is None:
            return False
        if goal.kind in RINGS and planned.phones and not planned.enough_to_join:
            who = seen.rang if planned.forwarded else seen.picked_up
            return seen.answered and seen.bridged and bool(set(who) & set(planned.phones))
        if goal.kind == "outbound":
            answering = {address for address, how in planned.carriers.items() if how == "answer"}
            came = any(where in answering and goal.number in (None, number) for where, number in seen.carrier)
            return seen.answered and seen.bridged and came
        if goal.kind == "queue" and planned.enough_to_join:
            return f"queue {goal.name}" in seen.joined
        arrived = self._passed(seen, goal, planned.visits)
        return arrived and (seen.answered or not goal.answered)

    def lost(self, planned: PlannedCall, seen: Observation) -> bool:
        """Whether the call can no longer arrive: the caller has come to where a call stays or ends."""
        if len(seen.steps) > (LOOP_SHOWN if planned.loops else LOOP_STEPS):
            return True
        if planned.expected is None:
            return bool(seen.steps) and time.monotonic() - seen.stepped_at > patient(DEAD_END_S)
        if planned.kind == "feature" and seen.answered and time.monotonic() - seen.stepped_at > patient(DEAD_END_S):
            return True  # it answered and waits for something
        own = [step for step in seen.steps if step.channel == seen.steps[0].channel]
        return (
            bool(own)
            and own[-1].application.lower() in FINAL
            and self.places.of(own[-1], seen.order.caller_number) != planned.expected.place
        )

    def _patience(self, planned: PlannedCall) -> float:
        """Seconds to wait for the goal: as long as the prompts on the way, and ringing, may take."""
        waits = sum(self._timeout(press) for press in planned.presses if not press.digits)
        talk = 0.0
        for stop in planned.prompts:
            for name, language in zip(stop.prompts, stop.languages, strict=True):
                if stop.kind == "announcement" and (path := self.prompt_file(name, language)):
                    talk += len(sound.read_wav(path)) / sound.RATE
        answers = 14.0 + QUEUE_S * (planned.kind == "queue") + 4.0 * len(planned.presses)
        return patient(answers) + waits + min(talk, 120.0)

    def _timeout(self, press: Press) -> float:
        """Seconds until a menu goes on without a key: its prompts, then its own timeout."""
        prompts = sum(
            len(sound.read_wav(path)) / sound.RATE
            for pair in zip(press.stop.prompts, press.stop.languages, strict=True)
            if (path := self.prompt_file(*pair))
        )
        return min(60.0, prompts + (press.stop.timeout_s or 10.0) + 5.0)

    def _passed(self, seen: Observation, stop: Stop, visits: int = 1) -> bool:
        passed = sum(self.places.of(step, seen.order.caller_number) == stop.place for step in seen.steps)
        return passed >= visits

    def _moment(self, press: Press) -> Callable[[Observation], bool]:
        """When to press: at the stop, and so long after its last step began."""

        def come(seen: Observation) -> bool:
            return self._passed(seen, press.stop, press.visit) and time.monotonic() >= seen.stepped_at + press.wait_s

        return come

    # -- verdict of one call ------------------------------------------------------------------------------

    def verdict(self, planned: PlannedCall, seen: Observation) -> tuple[Call, list[Defect]]:
        """What the report says of the call, and the defects it shows."""
        ok = self.reached(planned, seen)
        if planned.kind == "feature" and seen.answered:
            ok = True  # what a code does depends on what was done before, in this drill too; that it answers counts
        heard, complaints = self._heard(planned, seen) if ok else (None, [])
        parting = self._parting(planned, seen)
        trail = tuple(self._line(step, seen) for step in before_hangup(seen.steps)[-TRAIL:])
        call = Call(
            kind=planned.kind, caller=planned.caller_words, to=planned.number, keys=" ".join(planned.keys),
            expected=planned.expected_words, got=planned.expected_words if ok else self._got(planned, seen), ok=ok,
            answer_ms=seen.answer_ms, at=planned.at.strftime("%Y-%m-%dT%H:%M"), heard=heard, trail=trail,
            road=None if not seen.steps else OTHER if parting else AS_WALKED,
        )  # fmt: skip
        if not ok:
            complaints = [self._failure(planned, seen, call)]
        elif parting is not None:
            complaints.append(
                parting.defect(f"{planned.caller_words} calls {planned.number}{_keys(planned)}: the call")
            )
        return call, complaints

    def _parting(self, planned: PlannedCall, seen: Observation) -> Parting | None:
        shown = seen.order.caller_number
        return compare_roads(planned.road, before_hangup(seen.steps), lambda step: self.places.of(step, shown))

    def _line(self, step: Step, seen: Observation) -> str:
        place = self.places.of(step, seen.order.caller_number)
        return f"{place or step.context} {step.application}({step.arguments})"

    def _got(self, planned: PlannedCall, seen: Observation) -> str:
        if not seen.entered and not seen.answered:
            return f"refused: {seen.cause_text or 'no answer from the phone system'}"
        words = []
        if seen.picked_up:
            words.append(f"answered by {', '.join(dict.fromkeys(seen.picked_up))}")
        elif seen.rang:
            words.append(f"rang {', '.join(dict.fromkeys(seen.rang))}")
        if seen.carrier and planned.expected and planned.expected.kind == "outbound":
            words.append("the carrier saw " + ", ".join(number for _, number in seen.carrier))
        if last := next((s for s in reversed(before_hangup(seen.steps)) if s.application.lower() not in SILENT), None):
            words.append(f"last step {self._line(last, seen)}"[:160])
        if seen.ended and seen.cause_text:
            words.append(f"ended: {seen.cause_text}")
        return "; ".join(words) or "nothing"

    def _failure(self, planned: PlannedCall, seen: Observation, call: Call) -> Defect:
        severity = "bad" if planned.kind in ("inbound", "outbound", "extension") else "degraded"
        if not seen.entered and not seen.steps:
            trunk = f"{planned.caller_words} -> {planned.number}"
            return Defect("call-refused", severity, trunk, f"the phone system did not take the call ({call.got})")
        place = next(
            (
                p
                for step in reversed(before_hangup(seen.steps))
                if (p := self.places.of(step, seen.order.caller_number))
            ),
            None,
        )
        if planned.expected is None:
            return Defect(
                "dead-end",
                severity,
                str(place or f"{planned.caller_words} -> {planned.number}"),
                f"{planned.caller_words} calls {planned.number}{_keys(planned)}: {planned.dead_end}",
            )
        what = (
            f"{planned.caller_words} calls {planned.number}{_keys(planned)}: expected {call.expected}, got {call.got}"
        )
        return Defect("call-failed", severity, str(place or planned.number), what)

    # -- sound --------------------------------------------------------------------------------------------

    def _heard(self, planned: PlannedCall, seen: Observation) -> tuple[str | None, list[Defect]]:
        goal = planned.expected
        if goal is None or planned.enough_to_join or not planned.listen:
            return None, []
        caller = sound.read_wav(seen.recordings.get("caller", Path()))
        if planned.forwarded and not seen.picked_up:
            return None, []  # somebody outside was quicker
        if goal.kind in RINGS or goal.kind == "outbound":
            hertz, other = (CARRIER_HZ, "carrier") if goal.kind == "outbound" else (PHONE_HZ, "phone")
            there = sound.has_tone(sound.read_wav(seen.recordings.get(other, Path())), CALLER_HZ)
            back = sound.has_tone(caller, hertz)
            if there and back:
                return "speech both ways", []
            if there and seen.packets >= STREAM_PACKETS:
                # Asterisk forwards packets natively and may jump in their numbers; the far end then records silence.
                return "speech one way, a stream the other", []
            way = (
                "nobody hears the other"
                if not there and not back
                else f"the {'caller' if there else other} hears nothing"
            )
            return way, [
                Defect(
                    "no-audio",
                    "degraded",
                    f"{planned.caller_words} -> {planned.number}",
                    f"the call is answered, but {way}",
                )
            ]
        if planned.kind == "voicemail":
            return self._message(planned, goal, caller)
        return self._prompt(planned, caller)

    @staticmethod
    def _message(planned: PlannedCall, goal: Stop, caller: sound.Samples) -> tuple[str | None, list[Defect]]:
        """Whether the colleague heard the tone that the caller had left."""
        if goal.kind == "voicemail":
            return "a message left", []
        if sound.has_tone(caller, CALLER_HZ):
            return "the message played back", []
        what = f"extension {planned.caller_words} did not hear the message that was left a moment before"
        return "no message", [Defect("voicemail-not-played", "degraded", str(goal.place), what)]

    def _prompt(self, planned: PlannedCall, caller: sound.Samples) -> tuple[str | None, list[Defect]]:
        """Whether one of the prompts on the way was heard; silence about prompts we cannot read."""
        best, tried = (0.0, ""), []
        for stop in planned.prompts:
            for name, language in zip(stop.prompts, stop.languages, strict=True):
                path = None if name.startswith("silence/") else self.prompt_file(name, language)
                if path is None:
                    continue
                prompt = sound.read_wav(path)
                if not len(prompt):
                    continue
                if sound.is_silent(prompt):
                    return f"prompt {name} is silent", [
                        Defect(
                            "prompt-silent", "degraded", str(stop.place), f"the prompt {name} holds nothing but silence"
                        )
                    ]
                tried.append((name, stop))
                best = max(best, (sound.likeness(caller, prompt, 1.2), name))
        if not tried:
            return None, []
        if best[0] >= LIKE_ENOUGH:
            return f"prompt {best[1]} ({best[0]:.2f})", []
        name, stop = tried[0]
        return f"not the prompt {name} ({best[0]:.2f})", [
            Defect(
                "prompt-not-heard",
                "degraded",
                str(stop.place),
                f"the prompt {name} is on disk, but the caller did not hear it",
            )
        ]


def before_hangup(steps: list[Step]) -> list[Step]:
    """The steps up to where the call ended: what the hang-up extension `h` runs afterwards tells nothing."""
    ended = next((index for index, step in enumerate(steps) if step.extension == "h" and index), len(steps))
    return steps[:ended]


def _keys(planned: PlannedCall) -> str:
    return f" and presses {' '.join(planned.keys)}" if planned.keys else ""


def merge(defects: Iterable[Defect]) -> list[Defect]:
    """Each defect once; the same thing at the same place from many calls becomes one with a count."""
    groups: dict[tuple[str, str, str], list[Defect]] = {}
    for defect in defects:
        groups.setdefault((defect.code, defect.severity, defect.where), []).append(defect)
    merged = []
    for same in groups.values():
        texts = list(dict.fromkeys(d.what for d in same))
        more = f" (and {len(texts) - 1} more like it)" if len(texts) > 1 else ""
        merged.append(replace(same[0], what=texts[0] + more))
    return list(_by_shape(merged))


def _by_shape(defects: list[Defect]) -> Iterator[Defect]:
    """Many that differ only in their numbers become one that names the lines: a hundred phones have one cause."""
    shapes: dict[tuple[str, ...], list[Defect]] = {}
    for defect in defects:
        file = defect.where.rpartition(":")[0]
        shapes.setdefault((defect.code, defect.severity, file, re.sub(r"\d+", "#", defect.what)), []).append(defect)
    for (*_, file, _shape), same in shapes.items():
        if len(same) <= ALIKE_SHOWN or not file:
            yield from same
            continue
        lines = ", ".join(defect.where.rpartition(":")[2] for defect in same[1:])
        yield replace(same[0], what=f"{same[0].what}; the same {len(same) - 1} times more, at lines {lines}")
