"""CDRs: what real Asterisks wrote is read whole, awkward names included; broken lines are counted and hide no other."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.cdr import ALL_LAYOUTS, Cdr, csv_layouts, read_cdr_csv, read_cdr_rows, uses_utc
from ringkeep.asterisk.conf import Place, read_configuration
from ringkeep.asterisk.separated import Layout, columns, layouts
from tests.asterisk.recordings import VERSIONS, recorded
from tests.recordings import record

NAMES = {'"O\'Hara\\\\, Bob" <5551001>', '"Café" <5551002>', '"مریم" <5551003>', '"pipe|pipe" <5551004>',
         '"semi;colon" <5551005>', '"two\\\nlines" <5551006>', '"tail\\\\\\\\" <5551007>'}  # fmt: skip
CUSTOM = Layout(
    columns(",".join(f"${{CSV_QUOTE(${{CDR({name})}})}}" for name in record.CUSTOM_COLUMNS) + ",${CDR(sequence)}")
)
GOOD = (
    b'"acc","5551000","401","from-pstn","""Ana"" <5551000>","PJSIP/a-1","PJSIP/1001-2","Queue","401,t,,,300",'
    b'"2026-11-24 20:26:44","2026-11-24 20:26:46","2026-11-24 20:27:46",62,60,"ANSWERED","DOCUMENTATION",'
    b'"1795552004.27","a ""field"", really"\n'
)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_line_of_cdr_csv_is_read(version: int) -> None:
    reading = read_cdr_csv(recorded(version, "cdr-csv.csv"))
    assert (len(reading.records), reading.broken, reading.mended) == (62, 0, 0)
    assert {one.clid for one in reading.records} >= NAMES
    assert {one.disposition for one in reading.records} >= {"ANSWERED", "NO ANSWER", "BUSY"}
    assert 'after "silent", TIMEOUT' in {one.userfield for one in reading.records}


@pytest.mark.parametrize("version", VERSIONS)
def test_cdr_custom_says_the_same_as_cdr_csv(version: int) -> None:
    plain = read_cdr_csv(recorded(version, "cdr-csv.csv")).records
    custom = read_cdr_csv(recorded(version, "cdr-custom.csv"), layouts=(CUSTOM,))
    assert custom.broken == custom.mended == 0
    nowhere = Place("", 0)
    same = [replace(one, place=nowhere) for one in plain]
    assert [replace(one, place=nowhere, sequence=None) for one in custom.records] == same
    assert all(one.sequence is not None for one in custom.records)


def test_quotes_that_a_mapping_leaves_open_are_mended() -> None:
    layout = Layout(columns(record.PLAIN))
    reading = read_cdr_csv(recorded(16, "cdr-plain.csv"), layouts=(layout,))
    assert (len(reading.records), reading.broken, reading.mended) == (62, 0, 62)
    assert {one.clid for one in reading.records} >= NAMES


def one(content: bytes) -> Cdr:
    reading = read_cdr_csv(content)
    assert not reading.broken, reading.first_broken
    (record_,) = reading.records
    return record_


def test_a_record_has_its_times_numbers_and_words() -> None:
    cdr = one(GOOD)
    assert cdr.started_at == datetime(2026, 11, 24, 20, 26, 44, tzinfo=UTC)
    assert (cdr.duration_s, cdr.billed_s, cdr.uniqueid) == (62, 60, "1795552004.27")
    assert (cdr.clid, cdr.userfield) == ('"Ana" <5551000>', 'a "field", really')


def test_clock_time_is_of_the_phone_systems_zone() -> None:
    (cdr,) = read_cdr_csv(GOOD, zone=ZoneInfo("Asia/Tehran")).records
    assert cdr.started_at == datetime(2026, 11, 24, 16, 56, 44, tzinfo=UTC)


@pytest.mark.parametrize("layout", ALL_LAYOUTS, ids=lambda layout: str(len(layout.columns)) + layout.columns[-1])
def test_every_layout_that_cdr_conf_can_ask_for_is_told_by_itself(layout: Layout) -> None:
    values = dict.fromkeys(layout.columns, "x") | {
        "start": "2026-11-24 20:26:44", "answer": "", "end": "2026-11-24 20:26:45", "duration": "1", "billsec": "0",
        "disposition": "BUSY", "uniqueid": "1795552004.27", "userfield": "mine", "linkedid": "1795552004.27",
        "sequence": "9",
    }  # fmt: skip
    cdr = one(",".join(f'"{values[name]}"' for name in layout.columns).encode())
    assert (cdr.uniqueid != "") is ("uniqueid" in layout.columns)
    assert cdr.userfield == ("mine" if "userfield" in layout.columns else "")
    assert cdr.sequence == (9 if "sequence" in layout.columns else None)


def test_cdr_conf_says_which_layout_is_likeliest_and_which_zone() -> None:
    text = b"[csv]\nusegmtime=yes\nloguniqueid=yes\nloguserfield=no\n"
    configuration = read_configuration({"/etc/asterisk/cdr.conf": text}, "cdr.conf")
    assert csv_layouts(configuration)[0].columns[-2:] == ("amaflags", "uniqueid")
    assert uses_utc(configuration)
    assert not uses_utc(None)


def test_mappings_and_advanced_sections_say_what_stands_where() -> None:
    text = (
        b'[mappings]\nMaster.csv => "${CDR(clid)}",${CSV_QUOTE(${CDR(start,u)})},${CALLERID(num)},fixed\n'
        b'[wide.tsv]\nseparator_character = \\t\nfields = clid,"Some Literal",src(noquote)\n[j.json]\nformat = json\nfields=a\n'
    )
    found = layouts(read_configuration({"/etc/asterisk/cdr_custom.conf": text}, "cdr_custom.conf"))
    assert found == {
        "Master.csv": Layout(("clid", "start", "cid_num", "")), "wide.tsv": Layout(("clid", "", "src"), "\t"),
    }  # fmt: skip


def test_half_a_record_before_another_is_lost_alone() -> None:
    reading = read_cdr_csv(GOOD[:90] + GOOD + GOOD)
    assert (len(reading.records), reading.broken) == (2, 1)
    assert reading.records[0].accountcode == "acc"


def test_nul_bytes_of_a_power_cut_hide_no_record() -> None:
    reading = read_cdr_csv(GOOD + b"\0" * 5000 + GOOD + b"\0" * 100)
    assert (len(reading.records), reading.broken) == (2, 2)


def test_an_open_quote_does_not_swallow_the_records_below() -> None:
    reading = read_cdr_csv(GOOD[:-2] + b"\n" + GOOD * 3)
    assert (len(reading.records), reading.broken, reading.mended) == (4, 0, 1)


@pytest.mark.parametrize("cut", [30, 150, len(GOOD) - 1])
def test_a_record_that_is_being_written_is_left_for_the_next_reading(cut: int) -> None:
    reading = read_cdr_csv(GOOD + GOOD[:cut], growing=True)
    assert (len(reading.records), reading.broken, reading.unfinished_at) == (1, 0, len(GOOD))


def test_a_record_cut_within_a_name_of_two_lines_is_left_too() -> None:
    half = GOOD.replace(b"Ana", b"A\nna")[:52]
    reading = read_cdr_csv(GOOD + half + b"\n", growing=True)
    assert (len(reading.records), reading.broken, reading.unfinished_at) == (1, 0, len(GOOD))


def test_rows_of_freepbx_are_read_with_their_own_columns() -> None:
    row = {"calldate": "2026-11-24 20:26:44", "clid": '"Ana" <1001>', "src": "1001", "dst": "401", "dcontext": "ext-queues",
           "channel": "PJSIP/1001-1", "dstchannel": "", "lastapp": "Queue", "lastdata": "401", "duration": "62",
           "billsec": "60", "disposition": "ANSWERED", "amaflags": "3", "accountcode": "", "uniqueid": "1795552004.27",
           "userfield": "", "did": "5551000", "recordingfile": "q-401.wav", "cnum": "1001", "cnam": "Ana",
           "outbound_cnum": None, "linkedid": "1795552004.27", "peeraccount": "", "sequence": "12"}  # fmt: skip
    reading = read_cdr_rows([row, row | {"calldate": None}, row | {"duration": "-x"}])
    assert (len(reading.records), reading.broken) == (1, 2)
    (cdr,) = reading.records
    assert (cdr.further["did"], cdr.further["recordingfile"], cdr.linkedid) == ("5551000", "q-401.wav", "1795552004.27")
    assert cdr.started_at is not None
    assert cdr.answered_at == cdr.started_at + timedelta(seconds=2)


TEXT = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=12)


@st.composite
def rows(draw: st.DrawFn) -> list[str]:
    words = [draw(TEXT) for _ in range(9)]
    times = [
        str(draw(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))).replace(microsecond=0)) for _ in range(3)
    ]
    numbers = [str(draw(st.integers(0, 10**6))) for _ in range(2)]
    end = [draw(st.sampled_from(["ANSWERED", "BUSY"])), "DOCUMENTATION", "1795552004.27", draw(TEXT)]
    return [*words, *times, *numbers, *end]


def written(row: list[str]) -> bytes:
    return (",".join('"' + field.replace('"', '""') + '"' for field in row) + "\n").encode()


@settings(deadline=None)
@given(st.lists(rows(), max_size=4))
def test_what_is_written_is_read(some: list[list[str]]) -> None:
    few = [
        [field.replace("\n", " ", field.count("\n") - 1) if field.count("\n") > 1 else field for field in row]
        for row in some
    ]
    few = [[*row[:8], row[8].replace("\n", ""), *row[9:-1], row[-1].replace("\n", "")] for row in few]
    few = [
        [field.replace("\n", "") if index not in (0, 4, 5) else field for index, field in enumerate(row)] for row in few
    ]
    reading = read_cdr_csv(b"".join(map(written, few)))
    assert (reading.broken, reading.mended) == (0, 0)
    assert [[r.accountcode, r.src, r.dst, r.dcontext, r.clid, r.channel, r.dstchannel, r.lastapp, r.lastdata, r.userfield]
            for r in reading.records] == [[*row[:9], row[-1]] for row in few]  # fmt: skip


@settings(deadline=None)
@given(st.lists(rows(), max_size=3), st.binary(max_size=80), st.lists(rows(), max_size=3))
def test_good_records_around_a_broken_line_are_kept(
    before: list[list[str]], broken: bytes, after: list[list[str]]
) -> None:
    around = [[field.replace("\n", "") for field in row] for row in [*before, *after]]
    lines = list(map(written, around))
    middle = b"?" + broken.replace(b"\n", b"").replace(b"\r", b"") + b"\n"
    reading = read_cdr_csv(b"".join([*lines[: len(before)], middle, *lines[len(before) :]]))
    assert (len(reading.records), reading.broken) == (len(lines), 1)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text('",\n\0ab12:-', max_size=400).map(str.encode))
def test_no_bytes_raise(content: bytes) -> None:
    read_cdr_csv(content)
    read_cdr_csv(content, growing=True)
    assert read_cdr_csv(content, layouts=(Layout(("clid", "src")),)).mended >= 0


@pytest.mark.parametrize("unit", [b'"', b'""', b'",', b'","', b'"\n', b'","\n', b'",",",",",",",",",",",",",",",",",","\n',
                                  GOOD, GOOD[:-2] + b"\n", b"\0"])  # fmt: skip
def test_megabytes_take_time_in_proportion(unit: bytes) -> None:
    size = 500_000 if b"\n" in unit else 10_000_000
    began = time.process_time()
    read_cdr_csv(unit * (size // len(unit)))
    assert time.process_time() - began < 15
