"""queue_log: what real queues wrote is read whole; whatever is broken is counted and hides nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.queue_log import DETAILS, NUMBERS, QueueEvent, read_queue_log, read_queue_log_rows
from ringkeep.asterisk.records import NAMED
from tests.asterisk.recordings import VERSIONS, recorded

GOOD = b"1795552143|1795552142.47|sales|Agent One|CONNECT|3|1795552143.62|2"
COMPLETE = b"1795552144|1795552142.47|sales|Agent One|COMPLETEAGENT|3|41|1"
WORD = st.text(st.characters(exclude_characters="|\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: text not in DETAILS
)
EVENTS = st.sampled_from(sorted(set(DETAILS) - {"ATTENDEDTRANSFER"}))


def only(content: bytes) -> QueueEvent:
    reading = read_queue_log(content)
    assert not reading.broken, reading.first_broken
    (event,) = reading.records
    return event


@pytest.mark.parametrize("version", VERSIONS)
def test_every_line_of_a_real_asterisk_is_read(version: int) -> None:
    content = recorded(version, "queue_log")
    reading = read_queue_log(content)
    assert (len(reading.records), reading.broken) == (content.count(b"\n"), 0)
    assert {"QUEUESTART", "ADDMEMBER", "PAUSE", "UNPAUSEALL", "PENALTY", "REMOVEMEMBER", "ENTERQUEUE", "CONNECT",
            "ABANDON", "EXITEMPTY", "EXITWITHTIMEOUT", "COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER",
            "SURVEY"} <= {event.event for event in reading.records}  # fmt: skip
    assert {"Agent|Pipe", "Café Agent", 'Bob "the" Agent'} <= {event.agent for event in reading.records}
    transfer = next(event for event in reading.records if event.event == "BLINDTRANSFER")
    assert (transfer.values["exten"], transfer.values["original_position"]) == ("700", 1)
    assert isinstance(transfer.values["talk_s"], int)


def test_numbers_are_numbers_and_instants_are_in_utc() -> None:
    event = only(GOOD)
    assert event.logged_at == datetime(2026, 11, 24, 20, 29, 3, tzinfo=UTC)
    assert event.values == {"hold_s": 3, "bridged_call": "1795552143.62", "ring_s": 2}


def test_a_fraction_of_a_second_is_kept() -> None:
    assert only(GOOD.replace(b"1795552143|", b"1795552143.25|", 1)).logged_at.microsecond == 250_000


def test_details_that_an_older_asterisk_does_not_write_are_unknown() -> None:
    assert only(b"1795552143|1.2|sales|NONE|EXITWITHKEY|9|2").values == {
        "key": "9", "position": 2, "original_position": None, "wait_s": None,
    }  # fmt: skip


@pytest.mark.parametrize(("details", "values"), [
    (b"BRIDGE|b04c|10|20|1", ("BRIDGE", "b04c", None, 10, 20, 1)),
    (b"LINK|SIP/a-1|SIP/b-2|10|20|1", ("LINK", "SIP/a-1", "SIP/b-2", 10, 20, 1)),
])  # fmt: skip
def test_attended_transfers_name_one_channel_or_two(details: bytes, values: tuple[object, ...]) -> None:
    assert tuple(only(b"1795552143|1.2|sales|Ana|ATTENDEDTRANSFER|" + details).values.values()) == values


def test_a_reason_keeps_its_separators() -> None:
    assert only(b"1795552143|NONE|sales|Ana|PAUSE|lunch | tea").values == {"reason": "lunch | tea"}


def test_an_unknown_event_is_kept() -> None:
    event = only(b"1795552143|1.2|sales|NONE|SURVEY|5|good")
    assert (event.event, event.details, event.values) == ("SURVEY", ("5", "good"), {})


def test_freepbx_did_is_read() -> None:
    assert only(b"1795552143|1.2|sales|NONE|DID|5551000").values == {"did": "5551000"}


def test_two_lines_run_together_give_both_and_count_one() -> None:
    reading = read_queue_log(GOOD + COMPLETE + b"\n" + GOOD)
    assert [event.event for event in reading.records] == ["CONNECT", "COMPLETEAGENT", "CONNECT"]
    assert (reading.broken, reading.first_broken[0].place.line) == (1, 1)
    assert reading.records[0].values["ring_s"] == 2


def test_half_a_line_before_another_is_lost_alone() -> None:
    reading = read_queue_log(GOOD[:30] + COMPLETE)
    assert [event.event for event in reading.records] == ["COMPLETEAGENT"]
    assert reading.broken == 1


def test_nul_bytes_of_a_power_cut_hide_no_line() -> None:
    reading = read_queue_log(GOOD + b"\n" + b"\0" * 4096 + COMPLETE + b"\n" + GOOD)
    assert ([event.event for event in reading.records], reading.broken) == (["CONNECT", "COMPLETEAGENT", "CONNECT"], 1)


def test_a_line_that_is_being_written_is_left_for_the_next_reading() -> None:
    content = GOOD + b"\n" + COMPLETE[:40]
    reading = read_queue_log(content, growing=True)
    assert (len(reading.records), reading.broken, reading.unfinished_at) == (1, 0, len(GOOD) + 1)
    assert read_queue_log(content).broken == 1


def test_only_the_first_broken_lines_are_named() -> None:
    reading = read_queue_log(b"nonsense\n" * 100)
    assert (reading.broken, len(reading.first_broken)) == (100, NAMED)


def test_a_number_that_is_none_makes_a_line_broken() -> None:
    assert read_queue_log(GOOD.replace(b"|3|", b"|\xc2\xb3|")).broken == 1


def test_rows_of_the_realtime_table_are_read_alike() -> None:
    row = {"time": "2026-11-24 20:29:03.000000", "callid": "1795552142.47", "queuename": "sales", "agent": "Agent One",
           "event": "CONNECT", "data1": "3", "data2": "1795552143.62", "data3": "2", "data4": "", "data5": None}  # fmt: skip
    reading = read_queue_log_rows([row, {"time": None}])
    assert (reading.records[0].values, reading.records[0].logged_at) == (only(GOOD).values, only(GOOD).logged_at)
    assert reading.broken == 1


@st.composite
def lines(draw: st.DrawFn) -> str:
    event = draw(EVENTS)
    details = [str(draw(st.integers(-9, 99_999))) if name in NUMBERS else draw(WORD) for name in DETAILS[event]]
    time_, call, queue, agent = draw(st.integers(10**9, 2 * 10**9)), draw(WORD), draw(WORD), draw(WORD)
    return "|".join([str(time_), call, queue, agent, event, *details])


@settings(deadline=None)
@given(st.lists(lines(), max_size=6))
def test_what_is_written_is_read(written: list[str]) -> None:
    reading = read_queue_log("".join(line + "\n" for line in written).encode())
    assert not reading.broken
    again = [
        "|".join([str(int(e.logged_at.timestamp())), e.call, e.queue, e.agent, e.event, *e.details])
        for e in reading.records
    ]
    assert again == written


@settings(deadline=None)
@given(st.lists(lines(), max_size=4), st.lists(lines(), max_size=4), st.binary(max_size=60))
def test_good_lines_around_a_broken_one_are_kept(before: list[str], after: list[str], broken: bytes) -> None:
    middle = b"?" + broken.replace(b"\n", b"").replace(b"\r", b"").replace(b"|", b"")
    content = b"\n".join([*(line.encode() for line in before), middle, *(line.encode() for line in after)])
    reading = read_queue_log(content)
    assert (len(reading.records), reading.broken) == (len(before) + len(after), 1)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text("|0123456789.CONET\0\n", max_size=300).map(str.encode))
def test_no_bytes_raise(content: bytes) -> None:
    reading = read_queue_log(content)
    assert reading.broken >= len(reading.first_broken)


@pytest.mark.parametrize("unit", [b"|", b"1795552143|", b"1795552143|a|b|c|CONNECT|", b"\0", GOOD + b"\n", b"|\n"])
def test_megabytes_take_time_in_proportion(unit: bytes) -> None:
    size = 1_000_000 if b"\n" in unit else 4_000_000
    began = time.process_time()
    read_queue_log(unit * (size // len(unit)))
    assert time.process_time() - began < 15
