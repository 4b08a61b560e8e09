"""What fitness tests tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics import fitness_tests


def test_the_calmest_minute_is_rest() -> None:
    rates = np.repeat([70, 52, 60], [100, 60, 100])
    assert fitness_tests.resting_heart_rate(rates) == 52
    assert fitness_tests.resting_heart_rate(rates[:159]) == pytest.approx((59 * 52 + 70) / 60)
    assert fitness_tests.resting_heart_rate(rates[:59]) is None


def test_a_minute_without_a_rate_is_no_rest() -> None:
    rates = np.repeat([70, 0, 60], [60, 1, 60])
    assert fitness_tests.resting_heart_rate(rates) == 60
    assert fitness_tests.resting_heart_rate(rates[30:90]) is None


@pytest.mark.parametrize(("rates", "highest"), [([], None), ([0, 0], None), ([90, 183, 0], 183)])
def test_the_highest_rate(rates: list[int], highest: int | None) -> None:
    assert fitness_tests.highest_heart_rate(np.array(rates, np.int64)) == highest


def test_recovery_is_read_two_minutes_later() -> None:
    rates = np.concatenate((np.full(30, 180), np.arange(180, 60, -1)))
    assert fitness_tests.heart_rate_recovery(rates, 29) == 119
    assert fitness_tests.heart_rate_recovery(rates, 30) is None
    assert fitness_tests.heart_rate_recovery(rates, -1) is None
    assert fitness_tests.heart_rate_recovery(rates * (rates < 180), 29) is None


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (fitness_tests.cooper_vo2max(2.4), 42.35),
        (fitness_tests.mile_and_half_vo2max(12), 43.75),
        (fitness_tests.rockport_vo2max(77.111, 30, "M", 13, 145), 49.33),
        (fitness_tests.rockport_vo2max(63.503, 25, "F", 15, 150), 39.95),
        (fitness_tests.leger_vo2max(12, 15), 48.81),
        (fitness_tests.leger_vo2max(12, 30), 44.60),
    ],
)
def test_vo2max(found: float, published: float) -> None:
    """Worked by hand with the published lines; 77.111 kg are 170 lb, 63.503 kg are 140."""
    assert found == pytest.approx(published, abs=0.01)


@given(st.floats(8, 20), st.integers(18, 90))
def test_adults_of_any_age_run_alike(speed: float, age: int) -> None:
    assert fitness_tests.leger_vo2max(speed, age) == fitness_tests.leger_vo2max(speed, 18)
