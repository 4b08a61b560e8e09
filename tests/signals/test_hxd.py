"""Lines of events as CSV, against Python's own texts of numbers."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.signals.texts import event_lines

WHOLE = st.one_of(st.integers(-20, 20), st.integers(-(2**63), 2**63 - 1))
OFFSETS = st.one_of(st.integers(0, 70_000), st.integers(0, 10**10), st.integers(0, 2**50))


@given(st.lists(st.tuples(OFFSETS, WHOLE), max_size=30))
def test_whole_values(events: list[tuple[int, int]]) -> None:
    rows = np.array(events, np.int64).reshape(-1, 2)
    expected = "".join(f"{offset / 256},{value}\n" for offset, value in events)
    assert event_lines.lines(rows[:, 0], rows[:, 1]).decode() == expected


@given(st.lists(st.integers(0, 2**16 - 1), min_size=1))
def test_values_without_a_sign(values: list[int]) -> None:
    text = event_lines.lines(np.arange(len(values)), np.array(values, np.uint16)).decode()
    assert [int(line.split(",")[1]) for line in text.splitlines()] == values


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_fractions_keep_all_digits(values: list[float]) -> None:
    text = event_lines.lines(np.arange(len(values)), np.array(values)).decode()
    found = [float(line.split(",")[1]) for line in text.splitlines()]
    assert found == values
    assert [math.copysign(1, one) for one in found] == [math.copysign(1, one) for one in values]
