"""RR intervals, and heart rates that a strap has kept under water."""

from __future__ import annotations

import numpy as np
import pytest

from apps.exchange.activity import Column, Intervals
from tests.exchange.fit import building, rides
from tests.exchange.fit.building import START
from tests.exchange.fit.test_times import ticks

HRVS = building.Rows(4, building.HRV, {0: "5H"})


def read_intervals(*messages: bytes) -> Intervals:
    """Return the RR intervals of an activity that starts with the second 0."""
    found = rides.read_session(building.activity(building.records(0, 10), *messages)).intervals
    assert found is not None
    return found


@pytest.mark.rule("exchange recipe 22", "exchange D12")
def test_intervals_follow_each_other() -> None:
    """Places that are not filled count nothing; the sum is how long the hearts have beaten."""
    unknown = 0xFFFF
    found = read_intervals(
        HRVS.table((800, 810, unknown, unknown, unknown), (820, 790, 805, 0, unknown))
    )
    assert found.seconds.tolist() == [0.8, 0.81, 0.82, 0.79, 0.805]
    expected = [ticks(end) for end in np.cumsum([0.8, 0.81, 0.82, 0.79, 0.805])]
    assert found.times.tolist() == expected


def test_intervals_of_several_definitions() -> None:
    """They stay in the order of the file."""
    one = building.Rows(5, building.HRV, {0: "H"}, big=True)
    five = HRVS.table((800, 810, 820, 830, 840))
    found = read_intervals(one.table((700,)), five, one.row(900))
    assert found.seconds.tolist() == [0.7, 0.8, 0.81, 0.82, 0.83, 0.84, 0.9]


@pytest.mark.parametrize("content", [b"", HRVS.table((0xFFFF,) * 5), HRVS.definition()])
def test_no_intervals(content: bytes) -> None:
    found = rides.read_session(building.activity(building.records(0, 10), content))
    assert found.intervals is None


def test_intervals_belong_to_the_first_session() -> None:
    content = building.activity(
        HRVS.table((800,) * 5),
        building.SESSIONS.table(building.session(0, 60), building.session(60, 90)),
    )
    first, second = rides.read(content).sessions
    assert first.intervals is not None
    assert first.intervals.times[0] == ticks(0.8)
    assert second.intervals is None


def packed(counts: list[int]) -> bytes:
    """Return the last 12 bits of pairs of counts, two in three bytes."""
    out = bytearray()
    for first, second in zip(counts[::2], counts[1::2], strict=True):
        low, high = first & 0xFFF, second & 0xFFF
        out += bytes([low & 0xFF, low >> 8 | (high & 0xF) << 4, high >> 4])
    return bytes(out)


ANCHORS = building.Rows(4, building.HR, {253: "I", 0: "H", 9: "I", 6: "B"})
BUFFERS = building.Rows(5, building.HR, {6: "8B", 10: "12s"})
BEGIN = 7_654_321
"""The count of 1/1024 s that the strap has at the second 0."""


def buffers(seconds: list[float]) -> bytes:
    """Return messages with a heart rate of 60, 61 and so on at each of the seconds."""
    counts = [BEGIN + round(second * 1024) for second in seconds]
    out = ANCHORS.table((START, 0, BEGIN, 59)) + BUFFERS.definition()
    for begin in range(0, len(counts), 8):
        rates = [60 + number for number in range(begin, begin + 8)]
        out += BUFFERS.row(*rates, packed(counts[begin : begin + 8]))
    return out


def rates_of(content: bytes) -> dict[int, float]:
    """Return the heart rate of each second from START on."""
    points = rides.points_of(rides.read_session(content))
    rates = points.column(Column.HEART_RATE)
    seconds = (points.times - ticks(0)) // 256
    return dict(zip(seconds.tolist(), rates.tolist(), strict=True))


@pytest.mark.rule("exchange recipe 21", "exchange D13")
def test_buffers_fill_what_records_do_not_know() -> None:
    """The counts have 12 bits and begin anew after four seconds; nothing is shifted by it."""
    seconds = [1.5, 2.25, 3.75, 5.5, 7.0, 9.0, 12.25, 15.5]
    swim = building.RECORDS.table(*(building.record(second, 0xFF) for second in range(20)))
    found = rates_of(building.activity(swim, buffers(seconds)))
    known = {second: rate for second, rate in found.items() if not np.isnan(rate)}
    expected = {0: 59, **{int(second): 60 + place for place, second in enumerate(seconds)}}
    assert known == expected
    assert len(found) == 20


@pytest.mark.rule("exchange recipe 21")
def test_records_count_before_buffers() -> None:
    known = building.RECORDS.table(building.record(1, 100), building.record(2, 0xFF))
    found = rates_of(building.activity(known, buffers([1, 2, 3, 3.25, 3.5, 4, 5, 6])))
    assert found == {0: 59, 1: 100, 2: 61, 3: 64, 4: 65, 5: 66, 6: 67}


def test_second_anchor_corrects_the_first() -> None:
    """The watch tells the time again; from there on it counts."""
    again = ANCHORS.row(START + 100, 0x4000, BEGIN + 50 * 1024, 90)
    later = BUFFERS.row(*range(91, 99), packed([BEGIN + (51 + k) * 1024 for k in range(8)]))
    content = building.activity(buffers([1, 2, 3, 4, 5, 6, 7, 8]), again, later)
    found = rates_of(content + b"")
    assert found[8] == 67
    assert {100: 90, 101: 91, 108: 98}.items() <= found.items()


def test_several_whole_counts_in_a_message() -> None:
    wide = building.Rows(4, building.HR, {253: "I", 9: "4I", 6: "4B"})
    counts = [BEGIN, BEGIN + 1024, BEGIN + 3 * 1024, 0xFFFFFFFF]
    found = rates_of(building.activity(wide.table((START, *counts, 60, 61, 62, 63))))
    assert found == {0: 60, 1: 61, 3: 62}


def test_buffers_that_cannot_be_placed() -> None:
    """Without a count that belongs to a time, without heart rates, in too few bytes."""
    orphan = BUFFERS.table((*range(60, 68), packed(list(range(8)))))
    timeless = building.Rows(4, building.HR, {9: "I", 6: "B"}).table((BEGIN, 60))
    rateless = building.Rows(4, building.HR, {253: "I", 9: "I"}).table((START, BEGIN))
    short = building.Rows(4, building.HR, {253: "I", 10: "2s", 6: "B"}).table((START, b"12", 60))
    for content in (orphan, timeless, rateless, short, timeless + orphan):
        found = building.activity(building.records(0, 3), content)
        assert rates_of(found) == {0: 60, 1: 61, 2: 62}
