"""A FreePBX 15+ backup's `modulejson/<Module>.json` -> the tables of the database that each module wrote there.

Every module's Backup.php chooses its own shape for `configs`; those that keep rows of its tables are read here.
Source: Backup.php of each module of FreePBX 15 to 17.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from ringkeep.phonesystem.model import Row

Cell: TypeAlias = str | None
FOLDER = ".freepbx/modulejson"
MODULE_BYTES = 256 << 20
# module -> (where its rows are in `configs`, the table). "" is `configs` itself.
PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "core": (
        ("Did", "incoming"), ("Trunks/trunks", "trunks"), ("Trunks/dialpatterns", "trunk_dialpatterns"), ("Devices/devices", "devices"),
        ("Users/users", "users"), ("Dahdichannels", "dahdichandids"), ("Ampusers", "ampusers"), ("Routing", "outbound_routes"),
        *((f"{owner}/techTables/{tech}", tech) for owner in ("Trunks", "Devices") for tech in ("sip", "pjsip", "iax", "dahdi")),
    ),
    "announcement": (("", "announcement"),),
    "miscdests": (("", "miscdests"),),
    "miscapps": (("data", "miscapps"),),
    "disa": (("", "disa"),),
    "parking": (("", "parkplus"),),
    "recordings": (("data", "recordings"),),
    "ringgroups": (("groups", "ringgroups"),),
    "conferences": (("data", "meetme"),),
    "music": (("data", "music"),),
    "paging": (("data", "paging_config"),),
    "ivr": (("ivrs", "ivr_details"), ("entries", "ivr_entries")),
    "languages": (("languages", "languages"), ("incoming", "language_incoming")),
    "callrecording": (("rules", "callrecording"), ("modules", "callrecording_module")),
    "fax": (("incoming", "fax_incoming"), ("users", "fax_users"), ("fax_details", "fax_details")),
    "sipsettings": (("database", "sipsettings"),),
    "setcid": (("", "setcid"), ("data", "setcid")),
    "contactmanager": (("contactmanager_groups", "contactmanager_groups"), ("contactmanager_group_entries", "contactmanager_group_entries")),
}  # fmt: skip
MAILBOXES = "voicemail_mailboxes"  # no table of FreePBX: what its voicemail.conf holds, which the backup repeats


def tables(root: Path, notes: list[tuple[str, str]]) -> dict[str, tuple[str, list[Row]]]:
    """Table -> (the file it comes from, its rows) of every module file under an opened backup's `root`.

    Files that are no JSON are added to `notes` as (file, what).
    """
    found: dict[str, tuple[str, list[Row]]] = {}
    folder = root / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        file = f"modulejson/{path.name}"
        document, fault = _document(path)
        if fault:
            notes.append((file, fault))
        if isinstance(document, dict):
            for table, row in _rows(path.stem.lower(), document.get("configs")):
                found.setdefault(table, (file, []))[1].append(row)
            for table in _named(path.stem.lower(), document.get("configs")):
                found.setdefault(table, (file, []))
    return found


def _document(path: Path) -> tuple[Any, str | None]:
    try:
        if path.stat().st_size > MODULE_BYTES:
            return None, "it is too large"
        return json.loads(path.read_bytes()), None
    except (OSError, ValueError, RecursionError) as error:
        return None, f"it is no JSON ({type(error).__name__})"


def _named(module: str, configs: Any) -> Iterator[str]:
    """The tables that a module keeps, also those that are empty."""
    for where, table in PLACES.get(module, ()):
        if _at(configs, where) is not None:
            yield table
    for group in ("tables", "usermantables"):
        yield from (str(table) for table in _pairs(_at(configs, group)))


def _rows(module: str, configs: Any) -> Iterator[tuple[str, Row]]:
    for where, table in PLACES.get(module, ()):
        for row in _objects(_at(configs, where)):
            yield table, _cells(row)
    for group in ("tables", "usermantables"):
        for table, rows in _pairs(_at(configs, group)).items():
            yield from ((str(table), _cells(row)) for row in _objects(rows))
    for name, code in _pairs(_at(configs, "features")).items():
        if isinstance(code, dict):
            yield "featurecodes", {"modulename": module, "featurename": str(name), **_cells(code)}
    for name, setting in _pairs(_at(configs, "settings")).items():
        if module != "soundlang" and not isinstance(setting, dict | list):
            yield "freepbx_settings", {"keyword": str(name), "value": _cell(setting)}
    if module == "core":
        yield from _routing(_at(configs, "Routing"))
    elif module == "paging":
        for page in _objects(_at(configs, "data")):
            for member in _list(page.get("plist")):
                yield "paging_groups", {"page_number": _cell(page.get("page_group")), "ext": _cell(member)}
    elif module == "voicemail":
        yield from _mailboxes(_at(configs, "voicemailConf"))


def _routing(routes: Any) -> Iterator[tuple[str, Row]]:
    """An outbound route's order, patterns and trunks, which have tables of their own."""
    for route in _objects(routes):
        number = _cell(route.get("route_id"))
        yield "outbound_route_sequence", {"route_id": number, "seq": _cell(route.get("seq"))}
        for pattern in _objects(route.get("patterns")):
            yield "outbound_route_patterns", {"route_id": number, **_cells(pattern)}
        for order, trunk in enumerate(_list(route.get("trunks"))):
            yield "outbound_route_trunks", {"route_id": number, "trunk_id": _cell(trunk), "seq": str(order)}


def _mailboxes(contexts: Any) -> Iterator[tuple[str, Row]]:
    for context, boxes in _pairs(contexts).items():
        if context in ("general", "zonemessages", "pbxaliases"):
            continue
        for number, box in _pairs(boxes).items():
            if isinstance(box, dict):
                options = _pairs(box.get("options"))
                text = "|".join(f"{name}={_cell(value) or ''}" for name, value in options.items())
                yield MAILBOXES, {**_cells(box), "mailbox": str(number), "context": str(context), "options": text}


def _at(configs: Any, where: str) -> Any:
    for step in filter(None, where.split("/")):
        configs = configs.get(step) if isinstance(configs, dict) else None
    return configs


def _pairs(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Rows, however a module wrapped them: a list, {id: row}, {id: [row, ...]} or one row alone."""
    if isinstance(value, dict):
        if value and not any(isinstance(part, dict | list) for part in value.values()):
            yield value
            return
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        if isinstance(part, dict):
            yield part
        elif isinstance(part, list):
            yield from (row for row in part if isinstance(row, dict))


def _cells(row: dict[str, Any]) -> dict[str, Cell]:
    """The columns of a row; what a module added that is no column (lists, numbers for names) is left out."""
    return {
        str(name): _cell(value)
        for name, value in row.items()
        if not isinstance(value, dict | list) and not str(name).isdigit()
    }


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value) if isinstance(value, int | float) else None
