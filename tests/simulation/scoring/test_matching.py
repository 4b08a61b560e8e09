"""Which events are pairs: by hand, by WFDB's own comparison, and whatever the times are."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from wfdb.processing import compare_annotations  # type: ignore[import-untyped]

from apps.simulation.scoring.matching import Pairs, match_events, match_spans

WINDOW = 0.15
TICK = 1 / 256

times = st.lists(st.integers(0, 2000), max_size=30).map(
    lambda ticks: np.array(sorted(ticks), np.float64) * TICK
)
sparse = st.lists(st.integers(80, 400), max_size=25).map(
    lambda apart: np.cumsum(np.array([0, *apart], np.float64))[1:] * TICK
)


def listed(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))


def matched(true: list[float], found: list[float], window: float) -> list[tuple[int, int]]:
    return listed(match_events(np.array(true), np.array(found), window))


@pytest.mark.parametrize(
    ("true", "found", "pairs"),
    [
        ([], [], []),
        ([1], [], []),
        ([], [1], []),
        ([1, 2, 3], [1, 2, 3], [(0, 0), (1, 1), (2, 2)]),
        ([1, 2], [1.15, 1.85], [(0, 0), (1, 1)]),
        ([1, 2], [1.16, 1.84], []),
        ([1], [0.9, 1.05, 1.1], [(0, 1)]),
        ([0.9, 1.05, 1.1], [1], [(1, 0)]),
        ([1, 1.1], [1.09], [(1, 0)]),
        ([1, 1.1], [1.06, 1.11], [(0, 0), (1, 1)]),
        ([1, 1.05], [1.04, 1.19], [(1, 0)]),
        ([5], [5, 5], [(0, 0)]),
        ([5, 5], [5, 6], [(0, 0)]),
    ],
)
def test_pairs_by_hand(true: list[float], found: list[float], pairs: list[tuple[int, int]]) -> None:
    """The last but two loses a pair that an optimal matching would have, as `bxb` does."""
    assert matched(true, found, WINDOW) == pairs


def test_the_window_includes_its_ends_in_decimals() -> None:
    """0.1 + 0.2 is more than 0.3 in binary."""
    assert matched([0.1], [0.1 + 0.2], 0.2) == [(0, 0)]
    assert matched([0.1], [0.301], 0.2) == []


@given(times, times)
def test_each_event_is_in_one_pair_in_order_of_time(true: np.ndarray, found: np.ndarray) -> None:
    pairs = listed(match_events(true, found, WINDOW))
    for each in (0, 1):
        numbers = [pair[each] for pair in pairs]
        assert numbers == sorted(set(numbers))
    assert all(abs(true[one] - found[other]) <= WINDOW + TICK / 4 for one, other in pairs)


@given(times, times)
def test_the_lists_can_change_places(true: np.ndarray, found: np.ndarray) -> None:
    swapped = listed(match_events(found, true, WINDOW))
    assert listed(match_events(true, found, WINDOW)) == [(b, a) for a, b in swapped]


@given(times, times, st.integers(-(10**9), 10**9))
def test_the_start_of_time_does_not_matter(true: np.ndarray, found: np.ndarray, ticks: int) -> None:
    later = ticks * TICK
    moved = match_events(true + later, found + later, WINDOW)
    assert listed(moved) == listed(match_events(true, found, WINDOW))


@given(times)
def test_everything_finds_itself(true: np.ndarray) -> None:
    assert listed(match_events(true, true, WINDOW)) == [(n, n) for n in range(len(true))]


def most_pairs(true: list[float], found: list[float]) -> int:
    """How many pairs an optimal matching has: taking the earliest partner is best on a line."""
    pairs = at = 0
    for time in true:
        while at < len(found) and found[at] < time - WINDOW - TICK / 4:
            at += 1
        if at < len(found) and found[at] <= time + WINDOW + TICK / 4:
            pairs, at = pairs + 1, at + 1
    return pairs


@given(times, times)
def test_no_more_pairs_than_the_best_matching_has(true: np.ndarray, found: np.ndarray) -> None:
    assert len(match_events(true, found, WINDOW)[0]) <= most_pairs(true.tolist(), found.tolist())


@given(sparse, sparse)
def test_as_many_where_events_are_further_apart_than_the_window_reaches(
    true: np.ndarray, found: np.ndarray
) -> None:
    """At more than twice the window apart, no event has two partners to choose from."""
    best = most_pairs(true.tolist(), found.tolist())
    assert len(match_events(true, found, WINDOW)[0]) == best


shifted = st.lists(st.integers(-60, 60), min_size=25, max_size=25)


@given(sparse, shifted, st.sets(st.integers(0, 24)))
def test_wfdb_says_the_same_of_beats(true: np.ndarray, shifts: list[int], lost: set[int]) -> None:
    """Its window is a little wider here, for it does not say whether the ends belong to it."""
    kept = [n for n in range(len(true)) if n not in lost]
    found = np.array(sorted(true[n] / TICK + shifts[n] for n in kept))
    if not len(found) or not len(true):
        return
    told = compare_annotations(true / TICK, found, WINDOW / TICK + 0.1)
    assert len(match_events(true, found * TICK, WINDOW)[0]) == told.tp


@pytest.mark.parametrize(
    ("true", "found", "pairs"),
    [
        ([], [], []),
        ([(0, 10)], [(0, 10)], [(0, 0)]),
        ([(0, 10)], [(10, 20)], []),
        ([(0, 10)], [(9, 30)], [(0, 0)]),
        ([(0, 10)], [(0, 3), (4, 9)], [(0, 1)]),
        ([(0, 3), (4, 9)], [(0, 10)], [(1, 0)]),
        ([(0, 10), (12, 20)], [(2, 13), (14, 22)], [(0, 0), (1, 1)]),
        ([(0, 10), (12, 20)], [(9, 18), (19, 30)], [(1, 0)]),
        ([(0, 10)], [(5, 5)], []),
    ],
)
def test_stretches_by_hand(
    true: list[tuple[float, float]],
    found: list[tuple[float, float]],
    pairs: list[tuple[int, int]],
) -> None:
    assert listed(match_spans(ends(true), ends(found))) == pairs


def ends(spans: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(spans, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=12).map(
    lambda rows: ends([(start, start + length) for start, length in sorted(rows)])
)


@given(spans, spans)
def test_stretches_are_in_one_pair_each_and_overlap(
    true: tuple[np.ndarray, np.ndarray], found: tuple[np.ndarray, np.ndarray]
) -> None:
    pairs = listed(match_spans(true, found))
    for each in (0, 1):
        numbers = [pair[each] for pair in pairs]
        assert len(numbers) == len(set(numbers))
    for one, other in pairs:
        assert min(true[1][one], found[1][other]) > max(true[0][one], found[0][other])
    # Nothing that overlaps is left on both sides.
    free = {*range(len(true[0]))} - {one for one, _ in pairs}
    others = {*range(len(found[0]))} - {other for _, other in pairs}
    shared = [
        min(true[1][one], found[1][other]) - max(true[0][one], found[0][other])
        for one in free
        for other in others
    ]
    assert max(shared, default=-inf) <= 0


@given(spans, spans)
def test_the_lists_of_stretches_can_change_places(
    true: tuple[np.ndarray, np.ndarray], found: tuple[np.ndarray, np.ndarray]
) -> None:
    """Unless two overlaps are equally long, of which the first one counts."""
    shared = [
        min(a, b) - max(c, d)
        for c, a in zip(*true, strict=True)
        for d, b in zip(*found, strict=True)
    ]
    overlaps = [each for each in shared if each > 0]
    assume(len(set(overlaps)) == len(overlaps))
    swapped = sorted((b, a) for a, b in listed(match_spans(found, true)))
    assert listed(match_spans(true, found)) == swapped
