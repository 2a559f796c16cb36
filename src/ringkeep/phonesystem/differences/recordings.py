"""Recordings that came, went or say something else: only their files tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ringkeep.phonesystem.differences.layers import Difference
from ringkeep.phonesystem.differences.things import Thing
from ringkeep.phonesystem.model import PhoneSystem

PLACE = re.compile(r".*/(?:sounds|moh|mohmp3)/")
CODING = re.compile(r"\.\w{1,6}$")


def recordings(a: PhoneSystem, b: PhoneSystem) -> Iterator[Difference]:
    """A difference for each recording, whatever the codings that it lies in; none when one side holds no sounds at all."""
    old, new = _recordings(a.sounds), _recordings(b.sounds)
    if not old or not new:
        return
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        thing = Thing("prompt", name, None)
        if before is None or after is None:
            yield Difference("added" if before is None else "removed", *thing.key, None, None, None, thing)
        elif any(before[coding] != after[coding] for coding in before.keys() & after.keys()):
            yield Difference("changed", *thing.key, "content", None, None, thing)


def _recordings(sounds: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Name below the folder of sounds, without its coding -> coding -> digest."""
    found: dict[str, dict[str, str]] = {}
    for path, digest in sounds.items():
        name = PLACE.sub("", path)
        found.setdefault(CODING.sub("", name), {})[name.rpartition(".")[2].lower()] = digest
    return found
