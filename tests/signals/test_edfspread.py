"""How annotations flow through the data records of an EDF+ file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.signals.formats.edf import spread
from apps.signals.formats.edf.spread import AHEAD, SPREAD, AnnotationCount, Flow, Room
from hexostore.hexotime import TICKS_PER_SECOND as SECOND


def placed(ticks: np.ndarray, sizes: np.ndarray, records: int) -> tuple[Room, np.ndarray]:
    """The room for annotations, and the data record of each, found in two steps."""
    count = AnnotationCount()
    count.add(ticks, sizes)
    room = count.find_room(records)
    flow, half = Flow(room), len(ticks) // 2
    seconds = np.minimum(ticks // SECOND, records - 1)
    parts = [slice(half), slice(half, None)]
    return room, np.concatenate([flow.find_places(seconds[part], sizes[part]) for part in parts])


def test_a_worked_example() -> None:
    """Three of six bytes in second 0, ten bytes a second: the third begins in second 1."""
    flow = Flow(Room(records=5, total=24, each=10, longest=6))
    assert flow.find_places(np.array([0, 0, 0, 4]), np.array([6, 6, 6, 6])).tolist() == [0, 0, 1, 4]


def test_a_full_second_does_not_decide() -> None:
    """A hundred annotations in the last of 100 seconds: each data record takes about one."""
    ticks, sizes = np.full(100, 99 * SECOND), np.full(100, 30)
    room, places = placed(ticks, sizes, 100)
    assert room.each == 30
    assert room.size == 59
    assert places.tolist() == list(range(100))


def test_nothing_takes_no_room() -> None:
    assert AnnotationCount().find_room(10).size == 0
    assert AnnotationCount().seconds == range(0)


def test_an_event_at_the_end_of_a_second_needs_no_other() -> None:
    for last, stop in ((899 * SECOND + 1, 900), (900 * SECOND, 900), (900 * SECOND + 1, 901)):
        count = AnnotationCount()
        count.add(np.array([5 * SECOND, last]), np.array([20, 20]))
        assert count.seconds == range(5, stop)
    count = AnnotationCount()
    count.add(np.array([0]), np.array([20]))
    assert count.seconds == range(1)


@given(
    st.lists(st.tuples(st.integers(0, 6000), st.integers(5, 60)), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 400)), max_size=4),
    st.integers(0, 2000),
)
def test_all_have_room_near_their_second(
    single: list[tuple[int, int]], crowds: list[tuple[int, int]], more: int
) -> None:
    several = [(second, 30) for second, count in crowds for _ in range(count)]
    ordered = sorted([*single, *several])
    ticks = np.array([second for second, _ in ordered]) * SECOND
    sizes = np.array([size for _, size in ordered])
    records = ordered[-1][0] + 1 + more
    room, places = placed(ticks, sizes, records)
    assert places.min() >= 0
    assert places.max() < records
    assert np.all(np.diff(places) >= 0)
    assert np.bincount(places, sizes).max() <= room.size
    late = places - ticks // SECOND
    assert late.min() >= -AHEAD
    # The first span may begin with idle seconds, and the last is counted to its end.
    assert late.max() <= SPREAD + 2 * spread.SPAN


@pytest.mark.parametrize("records", [1, 40, 5000])
def test_the_room_is_the_least(records: int) -> None:
    """One byte less a second, and something would be held up too long or find no place."""
    random = np.random.default_rng(records)
    ticks = np.sort(random.integers(0, records * SECOND, 3000) ** 2 // (records * SECOND))
    count = AnnotationCount()
    count.add(ticks, np.full(3000, 25))
    each = count.find_room(records).each
    assert each * records >= 3000 * 25
    fits = (each - 1) * records >= 3000 * 25
    assert not (fits and count._is_enough(each - 1))
