"""Standard output of a command from where it begins: what an account's shell says of itself before that is no part of it.

Bash reads ~/.bashrc when sshd starts it, and many a server greets from there: rsync, a gzip or a number behind a greeting
is none any more. So each command is preceded by a line that the account cannot know.
"""

from __future__ import annotations

import asyncssh

from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence

NOISE_BYTES = 8 << 20
PIECE_BYTES = 1 << 16


class Listening:
    """What `process` writes after the line `mark`. Raises `LinkError("failed")` when the line does not come."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes], mark: str, address: str) -> None:
        self._source, self._mark, self._address = process.stdout, mark.encode(), address
        self._rest, self._began = b"", False

    async def read(self, size: int) -> bytes:
        """The next piece, up to `size` bytes; b"" at the end."""
        if not self._began:
            await self._begin(size)
        if self._rest:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return piece
        return await self._source.read(size)

    async def _begin(self, size: int) -> None:
        noise, count = b"", 0
        while (at := noise.find(self._mark + b"\n")) < 0:
            piece = await self._source.read(size)
            count += len(piece)
            if not piece:
                raise self._deaf(noise)
            if count > NOISE_BYTES:
                raise LinkError(
                    "failed",
                    Sentence("{address} talks without end before it runs a command: look at ~/.bashrc there.", {"address": self._address}),
                    permanent=True,
                )  # fmt: skip
            noise = (noise + piece)[-PIECE_BYTES - len(self._mark) :]
        self._rest, self._began = noise[at + len(self._mark) + 1 :], True

    def _deaf(self, noise: bytes) -> LinkError:
        return LinkError(
            "failed",
            Sentence(
                "The account {address} runs no commands for us; it says: {said}. It needs an ordinary "
                "shell such as /bin/sh, and no command= before its key in authorized_keys.",
                {"address": self._address, "said": first_line(noise) or "-"},
            ),
            permanent=True,
        )


def first_line(said: bytes) -> str:
    """The first line with something in it, cut, without steering characters."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return "".join(letter if letter.isprintable() else "?" for letter in (lines[0] if lines else "")[:200])
