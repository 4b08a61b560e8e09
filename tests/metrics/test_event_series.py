"""Running sums, and values that hold."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics import event_series


def test_a_value_holds_from_its_event_on() -> None:
    ticks, values = np.array([256, 700, 1024]), np.array([5, 6, 7])
    assert event_series.hold(ticks, values, 5, 0.0).tolist() == [5, 5, 6, 7, 7]
    assert event_series.hold(ticks[1:], values[1:], 3, 9.0).tolist() == [9, 9, 6]
    assert event_series.hold(ticks[:0], values[:0], 2, 9.0).tolist() == [9, 9]


@given(st.lists(st.integers(-1000, 1000), max_size=40), st.integers(1, 10))
def test_running_sums_are_those_of_the_last(values: list[int], most: int) -> None:
    sums, numbers = event_series.running(np.array(values, np.int64), most)
    expected = [values[max(0, end - most) : end] for end in range(1, len(values) + 1)]
    assert sums.tolist() == [sum(part) for part in expected]
    assert numbers.tolist() == [len(part) for part in expected]
