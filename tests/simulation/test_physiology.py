"""The figures of simulated hearts against the targets of docs/simulation.md."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.simulation import exercise, physiology
from tests.simulation.targets import mean_over_seeds, read_targets

TARGETS = read_targets("What a physiologist measures")


@cache
def mean_figures() -> dict[str, float]:
    """Each figure as a mean over the seeds."""
    return mean_over_seeds(lambda seed: physiology.figures(seed) | exercise.figures(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_hearts_are_as_usual(name: str) -> None:
    low, high, _ = TARGETS[name]
    assert low <= mean_figures()[name] <= high


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_the_page_shows_what_is_simulated(name: str) -> None:
    _, _, shown = TARGETS[name]
    assert shown == pytest.approx(mean_figures()[name], rel=0.1)


@pytest.mark.slow
def test_every_figure_has_a_target() -> None:
    assert set(TARGETS) == set(mean_figures())


@pytest.mark.parametrize(("power", "alpha"), [(0, 0.5), (1, 1.0), (2, 1.5)])
def test_the_exponent_of_known_noise(power: float, alpha: float) -> None:
    """1/f^p noise has (p + 1) / 2; short windows find 0.1 too much in white noise."""
    random = np.random.default_rng(1)
    hertz = np.fft.rfftfreq(1 << 15)
    shape: NDArray[np.float64] = np.maximum(hertz, hertz[1]) ** (-power / 2)
    phases = np.exp(2j * np.pi * random.random(len(hertz)))
    noise = np.fft.irfft(shape * phases)
    assert physiology.fractal_exponent(noise) == pytest.approx(alpha, abs=0.15)
