"""What detectors that are not ours make of the signals, and how they are scored."""

from __future__ import annotations

import numpy as np
import pytest

from apps.simulation import profiles
from apps.simulation.simulator import Simulation
from bench import detectors

SECONDS = 600
START = 359_840_226_870


@pytest.mark.parametrize(
    ("found", "true", "scores"),
    [
        ([100, 356, 612], [100, 356, 612], (100, 100)),
        ([138, 318], [100, 356], (100, 100)),
        ([139, 317], [100, 356], (0, 0)),
        ([100, 110, 120], [100], (100, 100 / 3)),
        ([100], [90, 110], (50, 100)),
        ([612, 100], [100, 356, 612], (200 / 3, 100)),
        ([], [100], (0, 0)),
    ],
)
def test_scores(found: list[int], true: list[int], scores: tuple[float, float]) -> None:
    """150 ms are 38 ticks; each event counts once."""
    given = detectors.score(np.array(found, np.int64), np.array(true), 0.15)
    assert given == pytest.approx(scores)


@pytest.mark.parametrize("name", ["rest_test", "run", "atrial_fibrillation"])
def test_a_published_detector_finds_the_beats(name: str) -> None:
    simulation = Simulation(profiles.read_profile(name), 5, START, SECONDS)
    beats = np.array(simulation.describe_truth()["beats"]["ticks"])
    sensitivity, predictivity = detectors.score(detectors.gqrs(simulation), beats, 0.15)
    assert sensitivity > 99
    assert predictivity > 99


def test_noise_makes_it_hard() -> None:
    simulation = Simulation(profiles.read_profile("noisy_electrode"), 5, START, 1800)
    beats = np.array(simulation.describe_truth()["beats"]["ticks"])
    sensitivity, _ = detectors.score(detectors.gqrs(simulation), beats, 0.15)
    assert 60 < sensitivity < 99.5


def test_peaks_tell_breaths_and_steps() -> None:
    simulation = Simulation(profiles.read_profile("walk"), 5, START, SECONDS)
    truth = simulation.describe_truth()
    turns, struck = np.array(truth["breaths"]["expirations"]), np.array(truth["steps"])
    assert min(detectors.score(detectors.breaths(simulation), turns, 0.75)) > 95
    assert min(detectors.score(detectors.steps(simulation), struck, 0.25)) > 97
