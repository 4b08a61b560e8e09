"""What a device takes for beats: nearly all of them, and now and then something else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from apps.metrics.heartbeats import UNRELIABLE
from apps.simulation import found_beats, heart, profiles
from apps.simulation.breath import breath_train
from apps.simulation.heart import Beats
from apps.simulation.profiles import Bout
from apps.simulation.simulator import Simulation
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import START, during, spoilt

WALK = Bout("Walk", 60, 0.35, speed=1.4)
DESK = Bout("Desk", 60, 0.05, posture="sitting")


def heard(made: Timeline) -> tuple[Beats, Beats]:
    """The beats of the heart, and those that the device finds."""
    beats = heart.beat_train(made, breath_train(made))
    return beats, found_beats.detect_beats(made, beats)


def errors(made: Timeline) -> tuple[int, int]:
    """How many beats are missed, and how many are false."""
    beats, found = heard(made)
    return len(found_beats.missed_ticks(beats, found)), len(found_beats.false_ticks(found))


def test_an_error_is_rare_at_rest_and_comes_more_often_with_movement() -> None:
    """Of some 13,000 and 25,000 beats."""
    missed, false = errors(during(4 * 3600))
    assert 0 < missed < 15
    assert 0 < false < 15
    missed, false = errors(during(4 * 3600, WALK))
    assert 0.006 < missed / 25_000 < 0.02
    assert false < 15  # beats are too close to each other for one
    missed, false = errors(during(4 * 3600, replace(DESK, restless=0.4)))
    assert 0.006 < missed / 15_000 < 0.02
    assert 0.006 < false / 15_000 < 0.02


@pytest.mark.parametrize("kind", ["noise", "movement"])
def test_noise_and_movement_deceive_a_device(kind: str) -> None:
    many = [sum(errors(spoilt(during(120, seed=seed), kind, "ecg", 30, 90))) for seed in range(8)]
    assert np.mean(many) > 8
    assert errors(during(120))[0] <= 1


@pytest.mark.parametrize("kind", ["mains", "baseline"])
def test_hum_and_a_shifted_level_do_not(kind: str) -> None:
    calm = during(120)
    assert errors(spoilt(calm, kind, "ecg", 30, 90)) == errors(calm)


def test_nothing_is_a_beat_soon_after_another() -> None:
    _, found = heard(spoilt(during(600, DESK), "noise", "ecg", 10, 590))
    false = np.flatnonzero(found.kinds == heart.FALSE)
    assert len(false) > 5
    apart = np.diff(found.times)
    assert apart[false - 1].min() > 0.23
    assert apart[false[false < len(apart)]].min() > 0.23


def test_intervals_beside_an_error_are_unreliable_and_no_nn_intervals() -> None:
    made = during(8 * 3600, DESK)
    beats, found = heard(made)
    false = np.flatnonzero(found.kinds == heart.FALSE)
    missed = found_beats.missed_ticks(beats, found)
    after = np.concatenate((false, false + 1, np.searchsorted(found.ticks, missed)))
    after = after[after < len(found.ticks)]
    ticks, bits = heart.rr_quality(made, found)
    assert len(after) > 20
    assert (bits[after] & UNRELIABLE).all()
    assert not np.isin(ticks[after], heart.nn_intervals(made, found)[0]).any()


def test_the_truth_has_every_error() -> None:
    made = Simulation(profiles.read_profile("noisy_electrode"), 3, START, 1800)
    truth = made.describe_truth(1200)["beats"]
    assert len(truth["missed"]) > 20
    assert len(truth["false"]) > 5
    expected = sorted((set(truth["ticks"]) - set(truth["missed"])) | set(truth["false"]))
    ticks = made.events(17)[0]
    assert ticks[ticks < 1200 * 256].tolist() == expected


def test_the_same_seed_deceives_a_device_in_the_same_way() -> None:
    first, again, other = (
        heard(spoilt(during(300, seed=seed), "noise", "ecg", 10, 290))[1].ticks
        for seed in (4, 4, 5)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_a_beat_none_is_found() -> None:
    none = Beats(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int8))
    assert not len(found_beats.detect_beats(during(20), none).ticks)
