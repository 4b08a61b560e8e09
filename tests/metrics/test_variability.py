"""Heart rate variability, against series whose power is known, golden values and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from apps.metrics import variability
from apps.metrics.variability import WINDOW, Ints
from tests.metrics.heartbeats import alternating, blocks, waves

NOTHING = np.empty(0, np.int64)
series = st.lists(st.integers(80, 500), min_size=3, max_size=60).map(np.array)


def good(ticks: Ints) -> Ints:
    """Qualities that let every interval count."""
    return np.zeros(len(ticks), np.int64)


def known() -> tuple[Ints, Ints]:
    """Ends and ticks of the series of known power that end within 300 s."""
    ticks = waves()
    ends = np.cumsum(ticks)
    return ends[ends <= WINDOW], ticks[ends <= WINDOW]


def bands(ends: Ints, ticks: Ints) -> tuple[float, float]:
    """Power of the low and of the high band in ms^2."""
    power = variability.spectrum(ends, ticks)
    return variability.low_power(power), variability.high_power(power)


def test_the_series_of_known_power_is_the_published_one() -> None:
    assert waves()[:10].tolist() == [258, 269, 263, 259, 265, 262, 245, 239, 249, 257]
    assert (len(waves()), waves().sum(), len(known()[1])) == (301, 76_960, 300)


def test_known_power_is_found() -> None:
    low, high = bands(*known())
    assert low == pytest.approx(800, rel=0.03)
    assert high == pytest.approx(450, rel=0.04)
    assert variability.low_share(low, high) == pytest.approx(64.0, abs=0.7)
    assert [low, high] == pytest.approx([801.4, 454.4], abs=0.05)
    assert variability.low_share(low, high) == pytest.approx(63.82, abs=0.005)


def test_known_power_in_time() -> None:
    _, ticks = known()
    assert variability.avnn(ticks) == pytest.approx(0.99880208, abs=5e-9)
    assert variability.sdnn(ticks) == pytest.approx(0.03547905, abs=5e-9)
    assert variability.rmssd(ticks, good(ticks)) == pytest.approx(34.700396, abs=5e-7)
    assert variability.triangular_index(ticks) == pytest.approx(7.6923, abs=5e-5)


@pytest.mark.parametrize(
    ("mean", "breathing", "found"),
    [
        (1.0, 0.35, (794, 445)),
        (0.8, 0.25, (798, 452)),
        (0.6, 0.25, (798, 456)),
        (1.2, 0.30, (802, 449)),
    ],
)
def test_known_power_at_other_rates(
    mean: float, breathing: float, found: tuple[float, float]
) -> None:
    ticks = waves(mean=mean, breathing=breathing, beats=round(300 / mean) + 20)
    ends = np.cumsum(ticks)
    which = ends <= WINDOW
    low, high = bands(ends[which], ticks[which])
    assert low == pytest.approx(800, rel=0.03)
    assert high == pytest.approx(450, rel=0.04)
    assert [low, high] == pytest.approx(found, rel=0.01)


def test_three_blocks_in_windows() -> None:
    ticks = blocks()
    ends = np.cumsum(ticks)
    starts = variability.full_windows(0, 3 * WINDOW)
    sizes = [len(part) for part in variability.telling_windows(ends, ticks, starts)]
    assert sizes == [300, 334, 373]
    assert variability.avnn(ticks) == pytest.approx(0.8924016261, abs=5e-11)
    assert variability.sdnn(ticks) == pytest.approx(0.0851151177, abs=5e-11)
    assert variability.sdann(ends, ticks, starts) == pytest.approx(0.0996081397, abs=5e-11)
    assert variability.asdnn(ends, ticks, starts) == pytest.approx(0.0236957495, abs=5e-11)
    assert variability.rmssd(ticks, good(ticks)) == pytest.approx(51.605953, abs=5e-7)


def test_two_lengths_by_turns() -> None:
    ticks = alternating(300, 243, 13)
    assert variability.avnn(ticks) == 0.94921875
    assert variability.rmssd(ticks, good(ticks)) == pytest.approx(101.5625, rel=1e-14)
    assert variability.triangular_index(ticks) == 2


def test_an_interval_that_does_not_count_makes_no_gap() -> None:
    ticks, quality = np.array([200, 999, 203, 207]), np.array([0, 128, 0, 0])
    steps = np.array([3, 4]) / 256
    assert variability.rmssd(ticks, quality) == pytest.approx(
        float(np.sqrt(np.mean(steps**2))) * 1000
    )


def test_where_nothing_can_be_said() -> None:
    one = np.array([200])
    assert variability.rmssd(one, good(one)) is None
    assert variability.rmssd(np.array([200, 210]), np.array([0, 1])) is None
    assert variability.avnn(NOTHING) is None
    assert variability.sdnn(one) is None
    assert variability.triangular_index(NOTHING) is None
    starts = variability.full_windows(0, WINDOW)
    assert variability.sdann(NOTHING, NOTHING, starts) is None
    assert variability.asdnn(NOTHING, NOTHING, starts) is None
    assert variability.sdann(*known(), starts) is None
    assert not variability.spectrum(one, one).any()


@pytest.mark.parametrize(("count", "told"), [(127, False), (128, True)])
def test_a_window_with_too_few_intervals_tells_nothing(count: int, told: bool) -> None:
    ticks = alternating(count, 300, 5)
    found = variability.asdnn(np.cumsum(ticks), ticks, variability.full_windows(0, WINDOW))
    assert (found is not None) == told


def test_windows_begin_with_the_stretch_and_are_full() -> None:
    assert variability.full_windows(1000, 1000 + WINDOW - 1).tolist() == []
    assert variability.full_windows(1000, 1000 + WINDOW).tolist() == [1000]
    assert variability.full_windows(7, 3 * WINDOW).tolist() == [7, 7 + WINDOW]


def test_an_interval_belongs_to_the_window_it_ends_in() -> None:
    ends = np.array([0, 1, WINDOW, WINDOW + 1, 2 * WINDOW, 2 * WINDOW + 1])
    first, second = variability.window_slices(ends, np.array([0, WINDOW]))
    assert ends[first].tolist() == [1, WINDOW]
    assert ends[second].tolist() == [WINDOW + 1, 2 * WINDOW]


def test_the_spectrum_is_that_of_scipy() -> None:
    ends, ticks = known()
    hertz = np.arange(1, 121) / 300
    values = (ticks - ticks.mean()) * 1000 / 256
    power = signal.lombscargle(ends / 256, values, 2 * np.pi * hertz) * 2 / len(ticks)
    assert variability.spectrum(ends, ticks)[1:] == pytest.approx(power, rel=1e-9, abs=1e-9)


def test_without_any_sine_there_is_the_power_of_cosines() -> None:
    """Every 1.25 s a wave of 0.4 Hz is at a crest or at a trough."""
    ends = np.arange(240) * 320
    power = variability.spectrum(ends, alternating(240, 320, 8))
    assert np.isfinite(power).all()
    assert power[120] == pytest.approx((8000 / 256) ** 2)


@given(series)
def test_twice_the_intervals_are_twice_as_variable(ticks: Ints) -> None:
    for figure in (variability.avnn, variability.sdnn):
        assert figure(2 * ticks) == pytest.approx(2 * (figure(ticks) or 0))
    once, twice = (variability.rmssd(one, good(one)) for one in (ticks, 2 * ticks))
    assert twice == pytest.approx(2 * (once or 0))


@given(series, st.integers(1, 5))
def test_power_grows_with_the_square(ticks: Ints, factor: int) -> None:
    ends = np.cumsum(ticks)
    power = variability.spectrum(ends, ticks)
    assert variability.spectrum(ends, factor * ticks) == pytest.approx(
        factor**2 * power, rel=1e-9, abs=1e-6
    )


@given(series, st.integers(0, 10**12), st.integers(-50, 50))
def test_neither_the_origin_nor_the_mean_matters(ticks: Ints, origin: int, more: int) -> None:
    ends = np.cumsum(ticks)
    power = variability.spectrum(ends, ticks)
    assert variability.spectrum(ends + origin, ticks + more) == pytest.approx(
        power, rel=1e-6, abs=1e-6
    )


@given(series)
def test_the_order_matters_to_differences_only(ticks: Ints) -> None:
    ordered = np.sort(ticks)
    assert variability.sdnn(ordered) == pytest.approx(variability.sdnn(ticks))
    assert variability.triangular_index(ordered) == variability.triangular_index(ticks)


@given(st.floats(0.05, 0.13), st.floats(0.18, 0.35), st.floats(10, 60), st.floats(10, 60))
def test_power_lands_in_the_band_of_its_wave(
    slow: float, quick: float, first: float, second: float
) -> None:
    ends = np.arange(1, 334) * 230
    wave = first * np.sin(2 * np.pi * slow * ends / 256)
    wave += second * np.sin(2 * np.pi * quick * ends / 256)
    low, high = bands(ends, 1e3 + wave * 256 / 1000)  # type: ignore[arg-type]
    assert low == pytest.approx(first**2 / 2, rel=0.1, abs=0.05 * second**2)
    assert high == pytest.approx(second**2 / 2, rel=0.1, abs=0.05 * first**2)
