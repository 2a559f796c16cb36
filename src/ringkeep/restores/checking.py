"""Whether the real phone system works after a restore: what its Asterisk reports, and a call that it answers.

Only its console is asked, and nobody's phone rings: the call goes to something that answers by itself.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.links.ssh import Connection
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence, verbatim
from ringkeep.restores.versions import NO_CHAN_SIP

CONTEXT = re.compile(r"^\[ (?:Included context|Context) '([^']+)' created by", re.MULTILINE)
ENDPOINT = re.compile(r"^ Endpoint:\s+([^\s/]+)", re.MULTILINE)
PEER = re.compile(r"^([^\s/]+)(?:/\S*)?\s", re.MULTILINE)
VERSION = re.compile(r"^Asterisk [^\s~+]{1,40}", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DIALLABLE = re.compile(r"[A-Za-z0-9*#+-]{1,40}\Z")
NAMED = 10  # of what is missing
OWN = "ringkeep-check"  # our own context, where the dialplan has nothing that answers by itself
ANSWER_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the real phone system and its answer. `found` in words, without secrets; None: nothing to add."""

    what: str  # console, extensions, dialplan, call, files, same, back
    ok: bool
    found: Sentence | None = None

    def as_document(self) -> dict[str, Any]:
        """For `Restore.checks`."""
        says = {"says": self.found.document()} if self.found else {}
        return {"what": self.what, "ok": self.ok, "found": str(self.found or ""), **says}


class Console:
    """Asterisk's console on the phone system."""

    def __init__(self, connection: Connection, *, sudo: bool) -> None:
        self._connection, self._sudo = connection, sudo

    async def ask(self, line: str, *, timeout_s: float = 20.0) -> str:
        """What it says to one line; "" when it does not answer."""
        done = await self._connection.run(
            shlex.join(["asterisk", "-rx", line]), sudo=self._sudo, timeout_s=timeout_s, limit_bytes=64 << 20
        )
        return COLOUR.sub("", done.out.decode("utf-8", "replace")) if done.code == 0 else ""


async def wait_for_call(console: Console, system: PhoneSystem, *, since: float) -> tuple[Check, float | None]:
    """Call until it answers; the seconds from `since` (monotonic) until it did."""
    target = answering(system.dialplan)
    if target is None:
        await console.ask(f"dialplan add extension 1,1,Answer into {OWN}")
        await console.ask(f"dialplan add extension 1,2,Wait,2 into {OWN}")
        target = f"1@{OWN}"
    until = time.monotonic() + ANSWER_WITHIN_S
    answered_s = None
    while answered_s is None and time.monotonic() < until:
        await console.ask(f"channel originate Local/{target}/n application Wait 2")
        for _ in range(5):
            if any(_is_up(line, target) for line in (await console.ask("core show channels concise")).splitlines()):
                answered_s = time.monotonic() - since
                break
            await asyncio.sleep(0.1)
    if target.endswith(f"@{OWN}"):
        await console.ask(f"dialplan remove context {OWN}")
    return Check("call", answered_s is not None, _called(target, answered_s)), answered_s


def _called(target: str, answered_s: float | None) -> Sentence:
    """What was called, and whether it answered."""
    number, _, context = target.partition("@")
    called = Sentence("{number} in [{context}]", {"number": number, "context": context})
    if context == OWN:
        called = Sentence("a line of our own that was there for this call only")
    if answered_s is None:
        return Sentence("no answer within {seconds} s: {called}", {"seconds": round(ANSWER_WITHIN_S), "called": called})
    return called


def _is_up(line: str, target: str) -> bool:
    parts = line.split("!")
    return len(parts) > 5 and parts[0].startswith(f"Local/{target}-") and parts[4] == "Up" and parts[0].endswith(";1")


def answering(dialplan: Dialplan) -> str | None:
    """A number of the dialplan that answers by itself at once, "s@ivr-1"; None: none is known."""
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            steps = [step.application.lower() for step in extension.steps[:4]]
            plain = DIALLABLE.match(extension.pattern) and re.match(r"[\w-]{1,79}\Z", context.name)
            if plain and steps[:1] == ["answer"] and set(steps) & {"playback", "background", "echo", "milliwatt"}:
                return f"{extension.pattern}@{context.name}"
    return None


async def reported(console: Console, system: PhoneSystem, major: int | None) -> list[Check]:
    """Its phones and its dialplan, as Asterisk itself reports them, against the configuration.

    Phones by chan_sip are not looked for where Asterisk no longer has it: that was said before.
    """
    version = VERSION.search(await console.ask("core show version"))  # a warning may stand above it
    checks = [Check("console", version is not None, verbatim(version[0]) if version else Sentence("it says nothing"))]
    for technology, line, pattern in (
        ("pjsip", "pjsip show endpoints", ENDPOINT),
        ("sip", "sip show peers", PEER),
        ("iax2", "iax2 show peers", PEER),
    ):
        wanted = sorted({one.endpoint for one in system.extensions if one.technology == technology})
        if wanted and not (technology == "sip" and (major or 0) >= NO_CHAN_SIP):
            checks.append(_all("extensions", wanted, set(pattern.findall(await console.ask(line)))))
    contexts = sorted(name for name, one in system.dialplan.contexts.items() if one.extensions)
    if contexts:
        checks.append(_all("dialplan", contexts, set(CONTEXT.findall(await console.ask("dialplan show")))))
    return checks


def _all(what: str, wanted: Sequence[str], there: set[str]) -> Check:
    missing = [name for name in wanted if name not in there]
    if not missing:
        return Check(what, True, Sentence("all {count}", {"count": len(wanted)}))
    said: list[object] = [*missing[:NAMED]]
    if len(missing) > NAMED:
        said.append(Sentence("and {count} more", {"count": len(missing) - NAMED}))
    return Check(what, False, Sentence("missing: {names}", {"names": said}))
