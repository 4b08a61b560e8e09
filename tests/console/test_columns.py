"""Minima and maxima per column, against plain loops over all samples."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.console.explore.columns import (
    Extremes,
    choose_level,
    find_extremes,
    join_extremes,
    whole_columns,
)

counts = st.lists(st.integers(-500, 500), min_size=1, max_size=90)


@given(counts, st.integers(0, 4))
def test_extremes_are_those_of_each_group(values: list[int], level: int) -> None:
    found = find_extremes(np.array(values, np.int16), level)
    size = 1 << level
    groups = [values[at : at + size] for at in range(0, len(values), size)]
    assert found.least.tolist() == [min(group) for group in groups]
    assert found.greatest.tolist() == [max(group) for group in groups]


@given(counts, st.integers(0, 3), st.integers(0, 3))
def test_columns_of_columns_are_those_of_the_samples(
    values: list[int], level: int, levels: int
) -> None:
    samples = np.array(values, np.int16)
    joined = join_extremes(find_extremes(samples, level), levels)
    direct = find_extremes(samples, level + levels)
    assert [each.tolist() for each in joined] == [each.tolist() for each in direct]


def test_flags_keep_every_bit_that_is_set_once() -> None:
    found = find_extremes(np.array([1, 0, 4, 0, 2], np.uint16), 2, flags=True)
    assert found.greatest.tolist() == [5, 2]


def test_nothing_has_no_columns() -> None:
    found = find_extremes(np.empty(0, np.int16), 3)
    assert found == Extremes(found.least, found.greatest)
    assert not len(found.least)


@given(st.integers(0, 10**7), st.integers(1, 4000))
def test_columns_suffice_and_no_finer_level_does(samples: int, columns: int) -> None:
    level = choose_level(samples, columns)
    if not level:
        assert samples <= 2 * columns
        return
    assert samples <= columns << level
    assert samples > columns << (level - 1)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 4), st.integers(1, 200))
def test_whole_columns_cover_what_is_seen_and_one_more(
    start: int, length: int, level: int, count: int
) -> None:
    seen = range(min(start, count), min(start + length, count))
    chosen = whole_columns(seen, level, count)
    size = 1 << level
    assert chosen.start % size == 0
    assert chosen.stop % size == 0 or chosen.stop == count
    if seen:
        assert chosen.start <= max(0, seen.start - 1)
        assert chosen.stop >= min(count, seen.stop + 1)
