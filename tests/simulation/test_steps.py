"""Steps, those that the device finds, and its cadence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks

from apps.simulation import motion, profiles, steps, timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from tests.simulation.conftest import MIDNIGHT, doing

WALK = {"effort": 0.3, "speed": 1.4}
RUN = {"effort": 0.7, "speed": 3.5}


class TestSteps:
    @pytest.mark.parametrize("bout", [WALK, RUN, {"effort": 0.6, "cadence": 98, "speed": 0.5}])
    def test_a_detector_finds_them_in_the_acceleration(self, bout: dict[str, Any]) -> None:
        line = doing(bout)
        upward = -motion.trunk_counts(line)[0].astype(float) - motion.GRAVITY
        peaks, _ = find_peaks(upward, height=40, distance=16)
        struck = steps.step_ticks(line)
        assert len(peaks) == pytest.approx(len(struck), rel=0.03)
        nearest = np.abs(peaks[:, None] * 4 - struck[None, :]).min(axis=1)
        assert np.percentile(nearest, 90) < 0.15 * SECOND  # runners weigh most in mid-stance

    def test_they_come_at_the_planned_cadence(self) -> None:
        line = doing({"effort": 0.5, "cadence": 120})
        assert len(steps.step_ticks(line)) == pytest.approx(1200, rel=0.02)

    def test_nobody_steps_who_does_not_go(self) -> None:
        for bout in ({}, {"speed": 8, "cadence": 0, "effort": 0.6}, {"sleep": True}):
            assert not len(steps.step_ticks(doing(bout)))

    @given(st.integers(0, 2**32), st.integers(10, 2000), st.floats(0, 1))
    @settings(max_examples=40, deadline=None)
    def test_they_are_in_order_and_within(self, seed: int, seconds: int, share: float) -> None:
        line = doing({**WALK, "share": share}, seed=seed, seconds=seconds)
        struck = steps.step_ticks(line)
        assert (np.diff(struck) > 0).all()
        assert ((struck >= 0) & (struck < seconds * SECOND)).all()
        assert (line.cadence[struck // SECOND] > 0).all()


class TestCadence:
    def test_it_is_that_of_the_last_steps(self) -> None:
        found = steps.step_cadence(np.arange(100) * 128, 60)
        assert (found[1:50] == 120).all()
        assert not found[52:].any()

    def test_a_new_walk_does_not_look_back(self) -> None:
        struck = np.concatenate((np.arange(10) * 128, 30 * SECOND + np.arange(10) * 128))
        found = steps.step_cadence(struck, 40)
        assert set(found.tolist()) == {0, 120}
        assert not found[6:30].any()

    def test_without_steps_it_is_nothing(self) -> None:
        for none in (np.array([], np.int64), np.array([300])):
            assert steps.step_cadence(none, 10).tolist() == [0] * 10

    @pytest.mark.parametrize(("bout", "low", "high"), [(WALK, 100, 125), (RUN, 155, 185)])
    def test_people_keep_to_their_gait(self, bout: dict[str, Any], low: int, high: int) -> None:
        """Typical adults walk at 100 to 125 steps per minute and run at 155 to 185."""
        line = doing(bout)
        found = steps.step_cadence(steps.step_ticks(line), line.seconds)
        assert low < np.median(found) < high
        assert found[10:] == pytest.approx(line.cadence[10:], abs=8)


class TestDetected:
    def test_the_device_misses_a_step_now_and_then(self) -> None:
        line = doing(WALK, seconds=3600)
        true = steps.step_ticks(line)
        found = steps.detect_steps(line, true)
        missed = np.setdiff1d(true, found)
        assert 0.003 < len(missed) / len(true) < 0.03
        assert (np.diff(found) > 0).all()

    def test_it_takes_some_gestures_for_steps(self) -> None:
        line = doing({"restless": 0.6, "posture": "sitting"}, seconds=3600)
        found = steps.detect_steps(line, steps.step_ticks(line))
        assert 3 < len(found) < 200
        assert np.diff(found).min() > SECOND / 4
        assert steps.step_cadence(found, 3600).max() < 200
        assert ((found >= 0) & (found < 3600 * SECOND)).all()
        still = doing({"restless": 0, "posture": "supine"})
        assert not len(steps.detect_steps(still, steps.step_ticks(still)))

    def test_they_keep_away_from_real_ones(self) -> None:
        made = profiles.read_profile("gym")
        for seed in range(1, 7):
            line = timeline.make_timeline(made, seed, MIDNIGHT, 2600)
            found = steps.detect_steps(line, steps.step_ticks(line))
            assert steps.step_cadence(found, 2600).max() < 200
