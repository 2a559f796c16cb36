"""Trunks held on purpose, as the files themselves tell: lines with our mark in front, which makes them comments.

`restores.trunks` writes the marks; whoever only reads the files (a drill) knows by them that no carrier is to be reached.
"""

from __future__ import annotations

from collections.abc import Mapping

MARK = b";ringkeep-held "


def held_lines(files: Mapping[str, bytes]) -> list[str]:
    """The marked lines as "path:number", never what they hold; empty when no trunk is held."""
    return [
        f"{path}:{number}"
        for path, content in sorted(files.items())
        if MARK in content
        for number, line in enumerate(content.splitlines(), 1)
        if line.startswith(MARK)
    ]


def released(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that change when held trunks are let go: path -> its true content."""
    return {
        path: b"".join(line.removeprefix(MARK) for line in content.splitlines(keepends=True))
        for path, content in files.items()
        if any(line.startswith(MARK) for line in content.splitlines())
    }
