"""When things happened: clocks that jump, times in five bits, laps that say how long they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.exchange.activity import Column, FileError
from tests.exchange.fit import building, rides
from tests.exchange.fit.building import START

EPOCH = int(datetime(1989, 12, 31, tzinfo=UTC).timestamp())


def ticks(seconds: float) -> int:
    """Return the tick that is some seconds after START."""
    return round((START + EPOCH + seconds) * 256)


def seconds_of(content: bytes) -> list[int]:
    """Return the seconds from START on of the points of a file."""
    times = rides.points_of(rides.read_session(content)).times
    return [int(time) // 256 - EPOCH - START for time in times]


def test_fit_time_begins_in_1989() -> None:
    found = rides.read_session(building.ten_minutes())
    assert datetime.fromtimestamp(found.start / 256, UTC) == datetime(
        2021, 9, 8, 1, 46, 40, tzinfo=UTC
    )


@pytest.mark.rule("exchange recipe 8")
def test_compressed_times_count_on_past_their_five_bits() -> None:
    """Seconds in the header of a message, over the end of 32 s and after a whole time again."""
    compressed = building.Rows(1, building.RECORD, {building.HEART_RATE: "B"})
    full = building.Rows(0, building.RECORD, {building.TIMESTAMP: "I", building.HEART_RATE: "B"})
    begin = START % 32
    steps = [1, 2, 31, 33, 64, 64, 90]
    content = building.activity(
        full.table((START, 70)),
        compressed.definition(),
        *(compressed.row(70, offset=begin + step) for step in steps),
        full.table((START + 200, 70)),
        compressed.row(70, offset=START + 231),
    )
    assert seconds_of(content) == [0, 1, 2, 31, 33, 64, 90, 200, 231]


def test_compressed_time_follows_the_last_message_of_any_kind() -> None:
    """A lap or an unknown message also tells what time it is."""
    compressed = building.Rows(1, building.RECORD, {building.HEART_RATE: "B"})
    unknown = building.Rows(2, 0xFF00, {building.TIMESTAMP: "I"})
    content = building.activity(
        unknown.table((START + 1000,)),
        compressed.definition(),
        compressed.row(70, offset=START + 1005),
        unknown.row(0xFFFFFFFF),
        compressed.row(70, offset=START + 1006),
    )
    assert seconds_of(content) == [1005, 1006]


def test_compressed_time_after_no_time() -> None:
    compressed = building.Rows(1, building.RECORD, {building.HEART_RATE: "B"})
    content = building.activity(compressed.definition(), compressed.row(70, offset=3))
    with pytest.raises(FileError, match="no record with a time"):
        rides.read(content)


@pytest.mark.rule("exchange recipe 9", "exchange D20")
def test_times_since_the_watch_was_switched_on() -> None:
    """Times below 0x10000000 have no date: such files are refused, whatever the rest says."""
    relative = building.RECORDS.table((1000, 1, 1, 70), (1001, 1, 1, 70))
    sessions = building.SESSIONS.table(building.session(0, 2))
    for content in (building.activity(relative), building.activity(relative, sessions)):
        with pytest.raises(FileError, match="no absolute time"):
            rides.read(content)


def test_clock_that_was_set_on_the_way() -> None:
    """The first records have no date yet; those with one count."""
    early = building.RECORDS.table((1000, 1, 1, 70), (1001, 1, 1, 70))
    assert seconds_of(building.activity(early, building.records(0, 5))) == [0, 1, 2, 3, 4]


def summaries(written: int | None) -> tuple[bytes, bytes]:
    """Return laps and a session, all written at the same second, or each at its end."""
    laps = [building.lap(0, 200, written), building.lap(200, 600, written)]
    return (
        building.LAPS.table(*laps),
        building.SESSIONS.table(building.session(0, 600, written=written)),
    )


@pytest.mark.rule("exchange recipe 10", "exchange recipe 11")
@pytest.mark.parametrize("written", [None, 0, 600], ids=["at their ends", "first", "last"])
@pytest.mark.parametrize("first", [True, False])
def test_summaries_first_or_last(written: int | None, first: bool) -> None:
    """A lap lasts as long as it says, wherever and whenever its message was written."""
    messages = [*summaries(written), building.records(0, 600)]
    content = building.activity(*(messages if first else reversed(messages)))
    found = rides.read_session(content)
    assert (found.start, found.end) == (ticks(0), ticks(600))
    expected = [(ticks(0), ticks(200)), (ticks(200), ticks(600))]
    assert [(lap.start, lap.end) for lap in found.laps] == expected
    assert len(rides.points_of(found)) == 600


@pytest.mark.rule("exchange recipe 12")
def test_pauses() -> None:
    """A minute without records stays one: the session is as long as the clock on the wall."""
    stop = building.Rows(4, building.EVENT, {building.TIMESTAMP: "I", 0: "B", 1: "B"})
    sessions = building.Rows(3, building.SESSION, {253: "I", 2: "I", 7: "I", 8: "I", 5: "B"})
    content = building.activity(
        building.records(0, 300),
        stop.table((START + 300, 0, 4), (START + 360, 0, 0)),
        building.records(360, 660),
        sessions.table((START + 660, START, 660_000, 600_000, 1)),
    )
    found = rides.read_session(content)
    assert (found.end - found.start) / 256 == 660
    assert seconds_of(content) == [*range(300), *range(360, 660)]


@pytest.mark.rule("exchange recipe 20", "exchange D21")
def test_records_out_of_order_and_of_other_times() -> None:
    """They are sorted; those of another day or year are jumps of the clock, and left out."""
    late = int(datetime(2085, 1, 1, tzinfo=UTC).timestamp()) - EPOCH - START
    hours = [-3601, -3600, 600 + 24 * 3600, 600 + 24 * 3600 + 1]
    seconds = [0, 2, 1, late, 1, 3, *hours, 0xFFFFFFFF - START]
    content = building.activity(
        building.RECORDS.table(*map(building.record, seconds)),
        building.SESSIONS.table(building.session(0, 600)),
    )
    assert seconds_of(content) == [-3600, 0, 1, 2, 3, 600 + 24 * 3600]


@pytest.mark.rule("exchange recipe 20", "exchange D11")
def test_last_of_two_records_in_a_second_counts() -> None:
    """The last value that is known; a record without one takes nothing back."""
    rows = [building.record(0, 61), building.record(1, 62), building.record(1, 63)]
    content = building.activity(building.RECORDS.table(*rows, building.record(1, 0xFF)))
    assert rides.points_of(rides.read_session(content)).column(Column.HEART_RATE).tolist() == [
        61,
        63,
    ]


def test_values_of_a_second_in_two_messages() -> None:
    """Some watches write position and heart rate in messages of their own."""
    places = building.Rows(1, building.RECORD, {253: "I", 0: "i", 1: "i"})
    rates = building.Rows(2, building.RECORD, {253: "I", 3: "B"})
    content = building.activity(
        places.definition(),
        rates.definition(),
        *(places.row(START + k, 1000, 1000) + rates.row(START + k, 60 + k) for k in range(10)),
    )
    found = rides.points_of(rides.read_session(content))
    assert found.column(Column.HEART_RATE).tolist() == list(range(60, 70))
    assert not any(found.column(Column.LATITUDE) != 1000 * 180 / 2**31)


@pytest.mark.rule("exchange recipe 24")
def test_local_time_says_nothing() -> None:
    """Whatever zone a watch believes to be in, 1989 included."""
    activities = building.Rows(4, building.ACTIVITY, {253: "I", 0: "I", 1: "H", 5: "I"})
    content = building.ten_minutes(activities.table((START + 600, 600_000, 1, 0)))
    assert rides.read_session(content).start == ticks(0)


def test_session_without_a_length() -> None:
    """It ends with its message, else with its last record."""
    sessions = building.Rows(3, building.SESSION, {253: "I", 2: "I", 5: "B"})
    for written, end in ((START + 700, 700), (0xFFFFFFFF, 599)):
        content = building.activity(
            building.records(0, 600), sessions.table((written, START, building.RUNNING))
        )
        found = rides.read_session(content)
        assert (found.start, found.end) == (ticks(0), ticks(end))


def test_session_without_a_start() -> None:
    """It began its length before its message, else with its first record."""
    sessions = building.Rows(3, building.SESSION, {253: "I", 7: "I", 5: "B"})
    unknown = 0xFFFFFFFF
    for length, start in ((660_000, -60), (unknown, 0)):
        row = (START + 600, length, building.CYCLING)
        found = rides.read_session(building.activity(building.records(0, 600), sessions.table(row)))
        assert (found.start, found.activitytype) == (ticks(start), 1)


def test_length_has_parts_of_a_second() -> None:
    sessions = building.SESSIONS.table((START, START, 600_391, 1, 0))
    found = rides.read_session(building.activity(building.records(0, 600), sessions))
    assert found.end == ticks(600) + 100
