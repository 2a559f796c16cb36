"""The recordings of real Asterisks, for the tests of readers."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "recordings"
VERSIONS = (16, 22)


def recorded(version: int, name: str) -> bytes:
    """One recorded file."""
    return (FOLDER / f"asterisk-{version}" / name).read_bytes()


def recorded_spool(version: int) -> dict[str, bytes]:
    """Path as the phone system saw it -> content, of its voicemail."""
    spool = FOLDER / f"asterisk-{version}" / "voicemail"
    return {f"/var/spool/asterisk/voicemail/{path.relative_to(spool)}": path.read_bytes()
            for path in spool.rglob("*") if path.is_file()}  # fmt: skip
