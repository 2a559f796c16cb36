"""Channel events: what real Asterisks wrote is read whole, rows of a table alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.cel import EXAMPLE, read_cel_csv, read_cel_rows
from ringkeep.asterisk.separated import Layout, columns
from tests.asterisk.recordings import VERSIONS, recorded
from tests.recordings import record

LINE = recorded(22, "cel-custom.csv").split(b"\n")[0] + b"\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_line_of_a_real_asterisk_is_read(version: int) -> None:
    reading = read_cel_csv(recorded(version, "cel-custom.csv"))
    assert (len(reading.records), reading.broken, reading.mended) == (229, 0, 0)
    events = {one.event for one in reading.records}
    assert events >= {"CHAN_START", "APP_START", "ANSWER", "HANGUP", "BLINDTRANSFER", "SURVEY"}
    assert {one.cid_name for one in reading.records} >= {"Café", "مریم", "pipe|pipe", "two\nlines"}
    survey = next(one for one in reading.records if one.event == "SURVEY")
    assert (survey.userdeftype, survey.exten) == ("SURVEY", "own")
    assert any('"hangupcause":16' in one.eventextra for one in reading.records)


def test_a_mapping_of_functions_is_the_layout_of_the_example() -> None:
    mapping = ",".join(f"${{CSV_QUOTE(${{{name}}})}}" for name in record.EVENT_COLUMNS)
    assert columns(mapping) == EXAMPLE.columns


def test_an_advanced_mapping_names_the_same_columns_shorter() -> None:
    reading = read_cel_csv(
        b'"ANSWER","1795552004.5","Ana","1001"\n', layout=Layout(("eventtype", "eventtime", "name", "num"))
    )
    (event,) = reading.records
    assert (event.cid_name, event.cid_num) == ("Ana", "1001")
    assert event.happened_at == datetime(2026, 11, 24, 20, 26, 44, 500_000, tzinfo=UTC)


def test_rows_of_a_table_are_read_by_name_or_number_of_the_event() -> None:
    row = {"id": "7", "eventtype": "ANSWER", "eventtime": "2026-11-24 20:26:44.5", "cid_name": "Ana", "cid_num": "1001",
           "peer": None, "extra": "{}", "channame": "PJSIP/1001-1"}  # fmt: skip
    reading = read_cel_rows([row, row | {"eventtype": "4"}, row | {"eventtime": ""}])
    assert [one.event for one in reading.records] == ["ANSWER", "ANSWER"]
    assert (reading.broken, reading.records[0].further, reading.records[0].eventextra) == (1, {"id": "7"}, "{}")


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_good_lines_around_a_broken_one_are_kept(broken: bytes) -> None:
    middle = b"?" + broken.replace(b"\n", b"").replace(b"\r", b"") + b"\n"
    reading = read_cel_csv(LINE + middle + LINE)
    assert (len(reading.records), reading.broken) == (2, 1)


@settings(deadline=None)
@given(st.binary(max_size=400) | st.text('",\n\0ab12.', max_size=400).map(str.encode))
def test_no_bytes_raise(content: bytes) -> None:
    assert read_cel_csv(content).broken <= content.count(b"\n") + 1
