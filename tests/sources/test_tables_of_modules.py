"""The module files of a FreePBX 15+ backup hold the same tables as the database; odd ones are read as far as they go."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers.database import read_database
from ringkeep.sources import astdb, modulejson
from ringkeep.sources.modulejson import tables
from ringkeep.sources.source import open_source
from ringkeep.sources.tables import read_tables
from tests.sources.test_real_systems import SYSTEMS


def written(folder: Path, **modules: object) -> Path:
    (folder / modulejson.FOLDER).mkdir(parents=True, exist_ok=True)
    for name, configs in modules.items():
        (folder / modulejson.FOLDER / f"{name}.json").write_text(json.dumps({"module": name, "configs": configs}))
    return folder


def test_rows_are_found_however_a_module_wraps_them(tmp_path: Path) -> None:
    written(
        tmp_path, Ivr={"ivrs": {"1": [{"id": "1", "name": "Main"}]}, "entries": {"1": [{"ivr_id": "1", "selection": "0"}]}},
        Parking={"id": "1", "parkext": "70"}, Miscdests=[{"id": "1", "destdial": "9"}], Daynight={"tables": {"daynight": []}},
        Paging={"data": [{"page_group": "700", "0": "700", "plist": ["1001", 1002]}]},
    )  # fmt: skip
    found = {table: rows for table, (_, rows) in tables(tmp_path, []).items()}
    assert found == {
        "ivr_details": [{"id": "1", "name": "Main"}], "ivr_entries": [{"ivr_id": "1", "selection": "0"}],
        "parkplus": [{"id": "1", "parkext": "70"}], "miscdests": [{"id": "1", "destdial": "9"}], "daynight": [],
        "paging_config": [{"page_group": "700"}],
        "paging_groups": [{"page_number": "700", "ext": "1001"}, {"page_number": "700", "ext": "1002"}],
    }  # fmt: skip


def test_an_outbound_route_becomes_rows_of_its_four_tables(tmp_path: Path) -> None:
    route = {
        "route_id": "5",
        "name": "Local",
        "seq": "0",
        "patterns": [{"route_id": "5", "match_pattern_pass": "NXX"}],
        "trunks": ["2", "3"],
    }
    found = tables(written(tmp_path, Core={"Routing": [route]}), [])
    assert found["outbound_routes"][1] == [{"route_id": "5", "name": "Local", "seq": "0"}]
    assert found["outbound_route_sequence"][1] == [{"route_id": "5", "seq": "0"}]
    assert found["outbound_route_patterns"][1] == [{"route_id": "5", "match_pattern_pass": "NXX"}]
    assert [row["trunk_id"] for row in found["outbound_route_trunks"][1]] == ["2", "3"]


def test_a_file_that_is_no_json_is_noted_and_the_others_are_read(tmp_path: Path) -> None:
    written(tmp_path, Miscdests=[{"id": "1"}])
    (tmp_path / modulejson.FOLDER / "Core.json").write_bytes(b"[" * 100_000)
    notes: list[tuple[str, str]] = []
    assert list(tables(tmp_path, notes)) == ["miscdests"]
    assert [file for file, _ in notes] == ["modulejson/Core.json"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(("Routing", "patterns", "trunks", "Users", "users", "tables", "features", "settings", "1", "extension", "astdb", "data", "fmstatus", "numbers")), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_no_shape_of_a_module_makes_reading_fail(configs: object) -> None:
    for module in ("core", "ivr", "paging", "voicemail", "unheard-of"):
        rows = [row for _, row in modulejson._rows(module, configs)]
        assert all(value is None or isinstance(value, str) for row in rows for value in row.values())
    if isinstance(configs, dict):
        assert all(isinstance(value, str) for value in astdb.from_modules([configs]).values())


def plain(value: object) -> object:
    """A value without its places: those differ between a dump and a module file."""
    if is_dataclass(value) and not isinstance(value, Place):
        return tuple((f.name, plain(getattr(value, f.name))) for f in fields(value) if f.name != "place")
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return tuple(sorted(value.items())) if isinstance(value, dict) else value


def read(path: Path, into: Path) -> PhoneSystem:
    source = open_source(path, into)
    return read_database(read_tables(source), product=source.product, database=source.astdb)


@pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")
def test_a_real_systems_dump_and_backup_are_the_same_phone_system(tmp_path: Path) -> None:
    (backup,) = SYSTEMS.glob("freepbx16/*.tar.gz")
    dumped, backed_up = read(SYSTEMS / "freepbx16", tmp_path / "a"), read(backup, tmp_path / "b")
    # A dump has no mailboxes (voicemail.conf does), and the backup leaves out the two feature codes of module parking.
    assert len(backed_up.mailboxes) == 150 and dumped.mailboxes == ()
    lists = [
        f.name for f in fields(PhoneSystem) if isinstance(getattr(dumped, f.name), tuple) and f.name != "mailboxes"
    ]
    for name in lists:
        a, b = (sorted(map(plain, getattr(system, name)), key=str) for system in (dumped, backed_up))
        if name == "feature_codes":
            a = [code for code in a if dict(code)["code"] not in ("*85", "*88")]  # type: ignore[call-overload]
        assert a == b, name
    assert (len(dumped.extensions), len(dumped.inbound_numbers), len(dumped.call_states)) == (200, 40, 200)
