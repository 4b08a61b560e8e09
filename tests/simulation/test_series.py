"""Noise, lags, running sums and steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from apps.simulation import series


@pytest.mark.parametrize("seconds", [1, 600, 601, 4000])
def test_blocks_cover_every_second_once(seconds: int) -> None:
    covered = [
        second for first, last in series.split_blocks(seconds) for second in range(first, last)
    ]
    assert covered == list(range(seconds))
    assert max(last - first for first, last in series.split_blocks(seconds)) <= series.BLOCK


@pytest.mark.parametrize("power", [series.bell_spectrum(0.1, 0.02), series.fractal_spectrum(0.05)])
def test_noise_has_variance_one(power: object) -> None:
    assert callable(power)
    drawn = [series.shaped_noise(np.random.default_rng(n), 4096, 4.0, power) for n in range(40)]
    assert np.var(drawn) == pytest.approx(1, abs=0.15)


def test_noise_lies_in_its_band() -> None:
    values = series.shaped_noise(
        np.random.default_rng(0), 40_000, 4.0, series.bell_spectrum(0.1, 0.02)
    )
    hertz, power = signal.welch(values, 4.0, nperseg=2048)
    assert hertz[power.argmax()] == pytest.approx(0.1, abs=0.02)
    assert power[(hertz > 0.05) & (hertz < 0.15)].sum() > 0.99 * power.sum()


def test_fractal_noise_falls_as_one_over_f() -> None:
    values = series.shaped_noise(
        np.random.default_rng(0), 400_000, 1.0, series.fractal_spectrum(0.2)
    )
    hertz, power = signal.welch(values, 1.0, nperseg=16_384)
    within = (hertz > 0.002) & (hertz < 0.05)
    slope = np.polyfit(np.log(hertz[within]), np.log(power[within]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


@given(st.integers(1, 50))
def test_noise_is_as_long_as_asked_and_finite(count: int) -> None:
    values = series.shaped_noise(
        np.random.default_rng(0), count, 1.0, series.bell_spectrum(0.1, 0.01)
    )
    assert len(values) == count
    assert np.isfinite(values).all()


def test_following_takes_one_time_constant_for_63_percent_each_way() -> None:
    up = series.follow_target(np.array([0.0] + [1.0] * 100), 30.0, 60.0)
    down = series.follow_target(np.array([1.0] + [0.0] * 100), 30.0, 60.0)
    assert up[30] == pytest.approx(1 - np.exp(-1))
    assert down[60] == pytest.approx(np.exp(-1))
    assert series.follow_target(np.empty(0), 1.0, 1.0).size == 0


def test_at_draws_straight_lines_and_of_takes_steps() -> None:
    values, moments = np.array([0.0, 2.0, 4.0]), np.array([-1.0, 0.5, 1.75, 9.0])
    assert series.interpolate_at(values, moments).tolist() == [0, 1, 3.5, 4]
    assert series.values_at(values, moments).tolist() == [0, 0, 2, 4]


def test_upsampling_draws_straight_lines() -> None:
    assert series.draw_lines(np.array([0.0, 4.0, 2.0]), 4).tolist() == [0, 1, 2, 3, 4, 3.5, 3, 2.5]


def test_crossings_are_where_the_integral_passes() -> None:
    found = series.find_crossings(np.array([1.0, 1.0, 0.5, 0.5]), 1.0, np.array([0.5, 2.25, 3.0]))
    assert found.tolist() == [0.5, 2.5, 4.0]


def test_counts_are_rounded_and_held_in_range() -> None:
    found = series.to_counts(np.array([-3.0, 1.6, 70_000.0]))
    assert found.tolist() == [0, 2, 65_535]
    assert found.dtype == np.uint16


def test_rows_are_added_from_their_starts_on() -> None:
    """Neighbours may overlap; every third of these does not."""
    total = np.zeros(12, np.float32)
    rows = np.arange(1, 5, dtype=np.float32)[:, None] * np.ones(4, np.float32)
    series.add_by_turns(total, np.array([0, 2, 4, 7]), rows, 3)
    assert total.tolist() == [1, 1, 3, 3, 5, 5, 3, 7, 4, 4, 4, 0]


def test_the_last_value_holds_to_the_end() -> None:
    assert series.hold_last(np.array([1.0, 4.0])).tolist() == [1, 4, 4]
