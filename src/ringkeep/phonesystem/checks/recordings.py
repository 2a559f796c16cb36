"""Recordings: missing, silent, never played."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.sentences import Sentence

CUSTOM = re.compile(
    r"/sounds/(?:[a-z]{2}(?:_[A-Za-z]+)?/)?custom/(.+)\.(?:wav|WAV|gsm|ulaw|alaw|g722|sln\d*|mp3|g729|wav49)$"
)
NAMED = re.compile(rb"custom/([^\s&,|)\]}\"';^]+)")


@dataclass(frozen=True, slots=True)
class Sounds:
    """What only the sound files tell."""

    missing: Sequence[tuple[str, Place]] = ()  # (prompt, where it is named)
    silent: Sequence[str] = ()  # paths of files that hold nothing but silence


def advise_recordings(known: Known, sounds: Sounds) -> Iterator[Finding]:
    """Prompts that are missing or silent, and recordings that nothing plays."""
    for name, place in sounds.missing:
        says = Sentence("the prompt {name} is missing", {"name": name})
        yield Finding("prompt-missing", "degraded", place, says, name)
    for path in sounds.silent:
        yield Finding(
            "prompt-silent",
            "degraded",
            Place(path, 0),
            Sentence("the recording {name} is silent", {"name": path}),
            path,
        )
    unused = _unused(known)
    if unused:
        says = Sentence("nothing plays the recordings {names}", {"names": listed(unused)})
        places = tuple(Place(path, 0) for paths in unused.values() for path in paths)
        yield Finding("recording-unused", "note", places[0], says, next(iter(unused)), places[1:])


def _unused(known: Known) -> dict[str, list[str]]:
    """Own recordings that no configuration file names: name -> paths."""
    if not known.system.dialplan.contexts:
        return {}
    there: dict[str, list[str]] = {}
    for path in sorted(known.system.paths or ()):
        if match := CUSTOM.search(path):
            there.setdefault(match[1], []).append(path)
    if not there:
        return {}
    named = {word.decode("utf-8", "replace") for text in known.system.files.values() for word in NAMED.findall(text)}
    if any("${" in word for word in named):
        return {}  # a name put together while running: anything may be played
    return {name: paths for name, paths in there.items() if name not in named}
