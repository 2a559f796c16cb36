"""Feature codes, music on hold, named outside numbers and dial-in access, each from its module's table."""

from __future__ import annotations

from collections.abc import Iterator

from ringkeep.phonesystem.model import DirectAccess, FeatureCode, MusicClass, OutsideNumber, Tables
from ringkeep.phonesystem.readers.database.rows import rows_of, text


def read_feature_codes(tables: Tables) -> Iterator[FeatureCode]:
    """Table featurecodes; miscapps' own numbers too, where no code has them. The context is the module's name."""
    seen: set[str] = set()
    for row, place in rows_of(tables, "featurecodes"):
        code = text(row, "customcode", "defaultcode")
        if code:
            seen.add(code)
            enabled = (text(row, "enabled") or "0") == "1"
            yield FeatureCode(code, text(row, "description"), text(row, "modulename") or "", place, enabled)
    for row, place in rows_of(tables, "miscapps"):
        if (code := text(row, "ext")) and code not in seen:
            yield FeatureCode(code, text(row, "description"), "miscapps", place)


def read_music_classes(tables: Tables) -> Iterator[MusicClass]:
    """Table music, of FreePBX 13 and later; before, the products only had folders."""
    for row, place in rows_of(tables, "music"):
        if name := text(row, "category"):
            yield MusicClass(name, text(row, "type"), None, place)


def read_outside_numbers(tables: Tables) -> Iterator[OutsideNumber]:
    """Table miscdests."""
    for row, place in rows_of(tables, "miscdests"):
        if identity := text(row, "id"):
            yield OutsideNumber(identity, text(row, "description"), text(row, "destdial") or "", place)


def read_direct_accesses(tables: Tables) -> Iterator[DirectAccess]:
    """Table disa; `no-password` is how the products write that anybody may dial in."""
    for row, place in rows_of(tables, "disa"):
        if identity := text(row, "disa_id"):
            has_pin = (text(row, "pin") or "no-password") != "no-password"
            yield DirectAccess(identity, text(row, "displayname"), has_pin, text(row, "context") or "", place)
