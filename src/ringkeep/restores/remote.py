"""The swap program on one phone system, seen from here.

SwapError   it did not do what was asked, in one of these words, each with a sentence
  no-room damaged unsafe changed rights      nothing was changed
  late                                it has gone on without us: confirmed, or back to what it was
  busy failed                         look at it, or roll back
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection, Result
from ringkeep.phonesystem.sentences import Sentence, Told, verbatim
from ringkeep.restores import sending
from ringkeep.restores.planning import Plan
from ringkeep.translation import shown

SAID = re.compile(r"^ringkeep: (\S+) (.*)$", re.MULTILINE)
SHORT_S, LONG_S = 60.0, 1800.0


class SwapError(Told):
    """`kind` is one word of the table above."""

    permanent = True

    def __init__(self, kind: str, says: Sentence) -> None:
        super().__init__(says)
        self.kind = kind


class Swap:
    """One restore on a phone system; every verb may be repeated."""

    def __init__(self, connection: Connection, restore_id: str, *, sudo: bool, place: str = sending.PLACE) -> None:
        self._connection, self._sudo, self.id = connection, sudo, restore_id
        self.place = f"{place}/{restore_id}"

    async def send(self, plan: Plan, root: Path, dumps: Path, directories: Mapping[str, str]) -> None:
        """Send the program, the lists and all that is to come, and have it checked. Changes nothing that is in use."""
        there = await self._shell("[ ! -d /etc/cron.d ] || echo cron", SHORT_S)
        cron = "/etc/cron.d" if there.out.strip() == b"cron" else None
        texts = sending.lists(plan, self.place, directories, cron=cron)
        folder = shlex.quote(self.place)
        done = await self._shell(
            f"umask 077; mkdir -p {folder} && tar -x -f - -C {folder}",
            SHORT_S,
            sending.small_tar(texts, sending.programs()),
        )
        if done.code:
            raise SwapError(
                "no-room",
                Sentence(
                    "The folder {place} on the phone system cannot be written: {why}",
                    {"place": self.place, "why": done.err.strip() or None},
                ),
            )
        done = await self._connection.send(
            self._command("stage"), sending.tarred(plan, root, dumps, self.place), sudo=self._sudo
        )
        self._judge(done)

    async def swap(self, *, confirm_within_s: int) -> None:
        """Put everything in its place and reload; without `confirm` in time it goes back by itself."""
        await self._do("swap", str(confirm_within_s))

    async def resume(self) -> None:
        """Go on the way it was going."""
        await self._do("resume")

    async def confirm(self) -> None:
        """It stays; what was is let go."""
        await self._do("confirm")

    async def rollback(self) -> None:
        """Back to exactly what was."""
        if await self.phase() != "absent":
            await self._do("rollback")

    async def clean(self) -> None:
        """Nothing of a restore that has ended stays on the phone system but its journal."""
        if await self.phase() in ("confirmed", "rolled-back"):
            await self._do("clean")

    async def phase(self) -> str:
        """How far it is; "absent" when there is nothing of it."""
        program = shlex.quote(f"{self.place}/swap.sh")
        done = await self._shell(f"if [ -f {program} ]; then sh {program} state; else echo absent; fi", SHORT_S)
        self._judge(done)
        return shown(done.out.decode("utf-8", "replace").strip())

    async def _do(self, *verb: str) -> None:
        done = await self._connection.run(self._command(*verb), sudo=self._sudo, timeout_s=LONG_S)
        self._judge(done)

    def _command(self, *verb: str) -> str:
        return shlex.join(["sh", f"{self.place}/swap.sh", *verb])

    async def _shell(self, script: str, timeout_s: float, stdin: bytes = b"") -> Result:
        command = shlex.join(["sh", "-c", script])
        return await self._connection.run(command, sudo=self._sudo, stdin=stdin, timeout_s=timeout_s)

    def _judge(self, done: Result) -> None:
        if done.code == 0:
            return
        said = SAID.search(done.err)
        if said:
            raise SwapError(said[1], verbatim(said[2]))
        raise LinkError(
            "failed",
            Sentence(
                "The swap program ended with {code}: {why}", {"code": done.code, "why": done.err[-300:].strip() or None}
            ),
        )
