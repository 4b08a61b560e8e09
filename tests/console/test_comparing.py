"""Detected against true events."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.console.explore.comparing import Compared, match_events

ticks = st.lists(st.integers(0, 400), max_size=12, unique=True).map(sorted)


def test_each_event_is_in_one_pair() -> None:
    matched, right = match_events(np.array([103, 110, 320]), np.array([100, 200]), 20)
    assert matched.tolist() == [True, False]
    assert right.tolist() == [True, False, False]


def most_pairs(detected: list[int], true: list[int], within: int) -> int:
    """The most pairs that there could be in the order of both, row by row."""
    row = [0] * (len(detected) + 1)
    for tick in true:
        above = row
        row = [0]
        for at, other in enumerate(detected):
            paired = above[at] + (abs(other - tick) <= within)
            row.append(max(above[at + 1], row[at], paired))
    return row[-1]


@given(ticks, ticks, st.integers(0, 60))
def test_no_other_way_finds_more_pairs(detected: list[int], true: list[int], within: int) -> None:
    matched, right = match_events(np.array(detected, int), np.array(true, int), within)
    assert matched.sum() == right.sum() == most_pairs(detected, true, within)


def test_shares_are_of_the_true_and_of_the_detected() -> None:
    compared = Compared("Beats", 0.15, 200, 100, np.arange(110), np.arange(10))
    assert (compared.matched, compared.found, compared.right) == (90, 45.0, 90.0)
    assert Compared("Steps", 0.25, 0, 0, np.arange(0), np.arange(0)).found == 0
