"""What only the sound files of a phone system tell: which prompts are missing, which are silent."""

from __future__ import annotations

from pathlib import Path

from ringkeep.lab.sound import is_silent, read_wav
from ringkeep.lab.tree import read_directories
from ringkeep.phonesystem.checks.recordings import CUSTOM, Sounds
from ringkeep.phonesystem.completeness import missing
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.sources.source import Source

WAV_HEADER = 44  # bytes
LONGEST = 64 << 20  # bytes of a recording looked at; a larger one is no prompt


def listen(source: Source, system: PhoneSystem) -> Sounds:
    """Look for the owner's own recordings. Without any sound file handed over nothing is said of them.

    The sounds that Asterisk's packages bring are in no backup, so only `custom/` recordings and those by path count.
    """
    directories = read_directories(system.files)
    folder = directories["astdatadir"].rstrip("/") + "/sounds"
    if not any(path.startswith(folder + "/") for path in system.paths or ()):
        return Sounds()
    items = missing(system, system.files, system.paths or frozenset(), stock=frozenset(), directories=directories)
    lacking = [
        (i.name, i.place) for i in items if i.kind == "prompt" and ("custom/" in i.name or i.name.startswith("/"))
    ]
    paths = sorted(path for path in system.paths or () if CUSTOM.search(path) and path.lower().endswith(".wav"))
    return Sounds(lacking, [path for path in paths if _says_nothing(source.root / path.lstrip("/"))])


def _says_nothing(file: Path) -> bool:
    """Whether a WAV is there and silent; one of a coding that is not understood counts as speech."""
    if not file.is_file() or file.stat().st_size > LONGEST:
        return False
    samples = read_wav(file)
    return is_silent(samples) if len(samples) else file.stat().st_size <= WAV_HEADER
