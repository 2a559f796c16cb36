"""Comments behind headings: `[ivr-1] ; IVR 1`, the only place where a generated dialplan keeps some names."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringkeep.asterisk.conf import Files, Place


@dataclass(slots=True)
class Titles:
    """Looks at the lines of the files as handed over."""

    files: Files
    _lines: dict[str, list[bytes]] = field(default_factory=dict)

    def of(self, place: Place) -> str | None:
        """The comment at the end of a line; None when there is none."""
        if place.file not in self._lines:
            self._lines[place.file] = self.files.get(place.file, b"").split(b"\n")
        lines = self._lines[place.file]
        if not 0 < place.line <= len(lines):
            return None
        comment = lines[place.line - 1].partition(b";")[2].decode("utf-8", "replace").strip(" -;\t\r\n\0")
        return comment[:200] or None
