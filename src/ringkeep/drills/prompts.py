"""The sound files behind prompts, as WAV for comparison with what callers heard."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ringkeep.asterisk.conf import Place
from ringkeep.lab import sound
from ringkeep.lab.server import Server
from ringkeep.phonesystem import references
from ringkeep.phonesystem.model import PhoneSystem

PROMPTS_LOOKED_AT = 2000
READABLE = (".wav", ".WAV", ".sln", ".ulaw", ".alaw", ".gsm", ".g722", ".mp3")


def say_nothing(system: PhoneSystem, sounds: Path) -> Iterator[tuple[Path, Place]]:
    """The system's own WAV prompts that hold nothing audible, with a place that plays each.

    `sounds` is the folder of sounds in the unpacked tree; nothing of that tree may run meanwhile.
    """
    looked: set[Path] = set()
    languages = [folder for folder in sounds.glob("*") if folder.is_dir() and not folder.is_symlink()]
    for ref in references.find(system, references.reachable(system)):
        if ref.kind != "prompt" or ref.name.startswith(("/", "silence/")) or ".." in ref.name:
            continue
        for folder in [sounds, *languages]:
            path = folder / f"{ref.name}.wav"
            if path in looked or len(looked) > PROMPTS_LOOKED_AT or path.is_symlink() or not path.is_file():
                continue
            looked.add(path)
            if sound.is_silent(sound.read_wav(path)):
                yield path, ref.place


class Prompts:
    """Finds a prompt in the restored tree, else in the image; converts what is no WAV with the lab's own sox."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sounds = server.tree.outside(server.tree.directories["astdatadir"]) / "sounds"
        self._known: dict[tuple[str, str], Path | None] = {}
        self._stems: dict[Path, frozenset[str] | None] = {}

    def wav(self, name: str, language: str) -> Path | None:
        """A WAV of the prompt as that language's callers hear it; None when there is none we can read."""
        key = (name, language)
        if key not in self._known:
            self._known[key] = self._find(name, language)
        return self._known[key]

    def plays(self, name: str, language: str) -> bool:
        """Whether there is a sound of that name, in whatever format; True where a link hides it from us."""
        if ":" in name or ".." in name.split("/"):
            return True
        for base in self._bases(name, language):
            if base.parent not in self._stems:
                self._stems[base.parent] = self._stems_in(base.parent)
            stems = self._stems[base.parent]
            if stems is None or base.name in stems:
                return True
        return False

    def _stems_in(self, folder: Path) -> frozenset[str] | None:
        """What sounds in a folder are called by; None when only a link leads there."""
        root = self._server.tree.root
        if any(above.is_symlink() for above in (folder, *folder.parents) if above.is_relative_to(root)):
            return None
        try:
            return frozenset(name.rpartition(".")[0] for name in os.listdir(folder))
        except OSError:
            return frozenset()

    def _bases(self, name: str, language: str) -> list[Path]:
        """The paths, without suffix, at which Asterisk looks for a prompt."""
        if name.startswith("/"):
            return [self._server.tree.outside(name)]
        bases = [self._sounds / language / name] if language else []
        return [*bases, self._sounds / "en" / name, self._sounds / name]

    def _find(self, name: str, language: str) -> Path | None:
        for base in self._bases(name, language):
            for suffix in READABLE:
                path = base.with_name(base.name + suffix)
                # The system's dialplan runs meanwhile: only what is reached without its links counts as its own.
                if not self._server.tree.is_there(str(path.relative_to(self._server.tree.root))):
                    continue
                if path.is_symlink():  # laid under from the image
                    stock = str(path.readlink()).removeprefix("/stock/")
                    if stock.startswith("/") or ".." in stock.split("/"):
                        continue
                    path = self._server.image.root / "usr/share/asterisk" / stock
                if path.is_file():
                    return path if suffix.lower() == ".wav" else self._convert(path)
        return None

    def _convert(self, path: Path) -> Path | None:
        raw = {".ulaw": ["-t", "ul", "-r", "8000", "-c", "1"], ".alaw": ["-t", "al", "-r", "8000", "-c", "1"],
               ".sln": ["-t", "raw", "-e", "signed", "-b", "16", "-r", "8000", "-c", "1"]}  # fmt: skip
        target = self._server.tree.root.parent / f"prompt-{hashlib.sha1(str(path).encode()).hexdigest()}.wav"
        command = ["sox", *raw.get(path.suffix, []), "-", "-r", "8000", "-c", "1", "-b", "16", "-t", "wav", "-"]
        if path.suffix in (".gsm", ".mp3"):
            command[1:1] = ["-t", path.suffix[1:]]
        try:
            with path.open("rb") as file:
                done = subprocess.run(
                    self._server.tool(command), stdin=file, capture_output=True, check=False, timeout=20,
                    pass_fds=(self._server.network,),
                )  # fmt: skip
            if done.returncode != 0 or len(done.stdout) < 100:
                return None
            target.write_bytes(done.stdout)
        except (OSError, subprocess.TimeoutExpired):  # such as: its dialplan has filled the disk
            return None
        return target
