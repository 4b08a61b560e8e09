"""Breath and heart in the acceleration."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, coherence, sosfiltfilt

from apps.simulation import breath, heart, motion
from apps.simulation.bands import Trunk
from apps.simulation.chest import GRID, Chest
from apps.simulation.series import Floats
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from tests.simulation.conftest import doing

HZ = motion.HZ


def chest_of(line: Timeline) -> Chest:
    breaths = breath.breath_train(line)
    return Chest(Trunk(line, breaths), heart.beat_train(line, breaths))


@cache
def lying(posture: str, gravity: float = 1) -> tuple[Chest, NDArray[np.int16]]:
    """Somebody who keeps still for ten minutes, and the acceleration."""
    felt = chest_of(doing({"posture": posture}, gravity=gravity))
    return felt, motion.trunk_counts(felt.trunk.timeline, felt)


def against_breath(axis: NDArray[np.int16], felt: Chest) -> tuple[float, float, float]:
    """Coherence with the breath, the slope on it in counts for each radian, and the counts (rms)
    that are coherent with it, at the frequency of breath."""
    slow = axis.reshape(-1, HZ // GRID).mean(axis=1)
    tilt = felt.tilt(0, felt.trunk.timeline.seconds)[:-1]
    hertz, told = coherence(slow, tilt, GRID, nperseg=256)
    near = (hertz > 0.15) & (hertz < 0.4)
    band = butter(2, (0.1, 0.6), "band", fs=GRID, output="sos")
    moved, breathed = sosfiltfilt(band, slow), sosfiltfilt(band, tilt)
    slope = float((moved * breathed).sum() / (breathed**2).sum())
    return float(told[near].max()), slope, float(abs(slope) * breathed.std())


@pytest.mark.parametrize(("posture", "way"), [("sitting", 1), ("supine", 1), ("prone", -1)])
def test_breath_turns_the_axis_across_the_chest(posture: str, way: int) -> None:
    """Two genuine records of people who sit: coherence 0.98 and 0.51, 3.1 and 5.5 counts rms, up
    with each inspiration. Other axes: 0.3 to 0.7 counts in the quiet one."""
    felt, counts = lying(posture)
    told, slope, rms = against_breath(counts[2], felt)
    assert told > 0.9
    assert np.sign(slope) == way
    assert 1.8 < rms < 5
    for axis in counts[:2]:
        assert against_breath(axis, felt)[2] < 0.8


def test_on_the_side_it_turns_the_others() -> None:
    felt, counts = lying("left")
    assert against_breath(counts[0], felt)[2] > 3 * against_breath(counts[2], felt)[2]


def test_in_orbit_nothing_is_there_to_turn() -> None:
    felt, counts = lying("sitting", gravity=0)
    assert against_breath(counts[2], felt)[2] < 0.1


def beat_locked(counts: NDArray[np.int16], felt: Chest) -> Floats:
    """The lowest to the highest point around a beat on each axis, above 5 Hz, in counts."""
    fast = sosfiltfilt(butter(2, 5, "high", fs=HZ, output="sos"), counts.astype(float), axis=1)
    begins = felt.beats.ticks * HZ // SECOND
    begins = begins[begins < fast.shape[1] - 40]
    around = fast[:, begins[:, None] + np.arange(40)]
    return np.asarray(np.ptp(np.median(around, axis=1), axis=1))


def test_each_beat_knocks() -> None:
    """Of two genuine records: 1.1 to 2.1 counts on x, 0.9 to 1.0 on y, 0.8 to 1.3 on z."""
    felt, counts = lying("supine")
    low, high = (0.9, 0.6, 0.6), (2.1, 1.3, 1.4)
    shaken = beat_locked(counts, felt)
    assert (shaken > low).all()
    assert (shaken < high).all()
    assert (beat_locked(motion.trunk_counts(felt.trunk.timeline), felt) < 0.6).all()
    assert not motion.activity_counts(counts).any()


@given(st.integers(0, 2**31), st.integers(1, 59))
@settings(max_examples=15, deadline=None)
def test_blocks_have_no_seams(seed: int, cut: int) -> None:
    felt = chest_of(doing({"effort": 0.9}, seconds=60, seed=seed))
    halves = np.concatenate((felt.knocks(0, cut), felt.knocks(cut, 60)), axis=1)
    assert np.allclose(halves, felt.knocks(0, 60), atol=1e-5)
    tilts = np.concatenate((felt.tilt(0, cut)[:-1], felt.tilt(cut, 60)))
    assert np.allclose(tilts, felt.tilt(0, 60))
    assert felt.knocks(0, 60).shape == (3, 60 * HZ)


def test_deep_breaths_turn_more_but_not_in_proportion() -> None:
    rest, hard = (chest_of(doing({"effort": effort})) for effort in (0.0, 0.8))
    deeper = np.median(hard.trunk.breaths.volumes) / np.median(rest.trunk.breaths.volumes)
    more = np.ptp(hard.tilt(300, 500)) / np.ptp(rest.tilt(300, 500))
    assert 1.2 < more < 0.8 * deeper
