"""Steps, those that the device finds, and its cadence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks

from apps.simulation import motion, profiles, steps, timeline
from apps.simulation.series import Ints
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


def struck(start: int, seconds: int) -> Ints:
    """Two steps a second for so many seconds, from a tick on."""
    return start + np.arange(2 * seconds) * 128


class TestCadence:
    def test_it_climbs_overshoots_and_falls_as_in_genuine_shifts(self) -> None:
        """Medians of 69 onsets and of 20 ends, as shares of the cadence that follows or went
        before."""
        onset = [0.579, 0.946, 1.06, 1.049, 1.014, 0.997, 0.998, 0.999]
        end = [1.0, 0.994, 0.834, 0.407, 0.0]
        courses = [steps.step_cadence(struck(start, 60), 80) / 120 for start in range(0, 256, 8)]
        rises = [course[np.flatnonzero(course)[0] :][:8] for course in courses]
        assert min(np.abs(rise - onset).max() for rise in rises) < 0.05
        falls = [course[np.flatnonzero(course)[-1] - 3 :][:5] for course in courses]
        assert min(np.abs(fall - end).max() for fall in falls) < 0.05

    def test_it_holds_while_steps_are_even(self) -> None:
        found = steps.step_cadence(struck(0, 60), 80)
        assert found[14:59].tolist() == [120] * 45
        assert not found[:3].any()
        assert not found[66:].any()

    def test_it_is_at_least_30(self) -> None:
        line = doing({**WALK, "share": 0.3}, seconds=3600)
        found = steps.step_cadence(steps.step_ticks(line), 3600)
        assert not ((found > 0) & (found < 30)).any()
        assert ((found >= 30) & (found < 40)).any()
        fast = steps.step_cadence(np.arange(200) * 32, 30)
        assert fast.max() == 255

    def test_the_first_four_steps_do_not_count(self) -> None:
        """A genuine record of 2021 has 17 steps in runs of up to six, and no cadence."""
        assert not steps.step_cadence(np.arange(4) * 128, 20).any()
        assert steps.step_cadence(np.arange(6) * 128, 20).max() > 30
        strolls = np.concatenate([np.arange(4) * 128 + pause for pause in range(0, 9000, 1024)])
        assert not steps.step_cadence(strolls, 40).any()

    def test_one_missed_step_lowers_it_by_27(self) -> None:
        taken = np.delete(struck(0, 60), 60)
        assert 120 - steps.step_cadence(taken, 80)[20:55].min() == pytest.approx(27, abs=2)

    def test_walks_are_as_long_as_genuine_ones(self) -> None:
        """Of 99 shifts, medians of the quartiles are 4, 8 and 21 s; the first value is 42, a fifth
        of the values is below 60, and changes follow each other (0.47)."""
        made = profiles.read_profile("shift_worker")
        courses = []
        for seed in range(1, 4):
            line = timeline.make_timeline(made, seed, MIDNIGHT, 86_400)
            found = steps.detect_steps(line, steps.step_ticks(line))
            on_ward = np.array([bout.title == "On the ward" for bout in made.plan])[line.bout]
            courses.append(steps.step_cadence(found, 86_400)[on_ward])
        course = np.concatenate(courses)
        edges = np.flatnonzero(np.diff((course > 0).astype(int), prepend=0, append=0))
        lengths = np.diff(edges)[::2]
        assert 5 < np.median(lengths) < 13
        assert np.percentile(lengths, 75) < 25
        assert 37 < np.median(course[edges[::2]]) < 55
        assert 0.089 < (course[course > 0] < 60).mean() < 0.35
        changes = np.diff(course)
        assert 0.38 < np.corrcoef(changes[1:], changes[:-1])[0, 1] < 0.53

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
        assert ((found >= 0) & (found < 3600 * SECOND)).all()
        assert not steps.step_cadence(found, 3600).any()
        still = doing({"restless": 0, "posture": "supine"})
        assert not len(steps.detect_steps(still, steps.step_ticks(still)))

    def test_in_orbit_hardly_any_gesture_is_a_step(self) -> None:
        made = profiles.read_profile("astronaut")
        for seed in range(1, 6):
            line = timeline.make_timeline(made, seed, MIDNIGHT, 86_400)
            assert len(steps.detect_steps(line, steps.step_ticks(line))) < 20

    def test_they_keep_away_from_real_ones(self) -> None:
        made = profiles.read_profile("gym")
        for seed in range(1, 7):
            line = timeline.make_timeline(made, seed, MIDNIGHT, 2600)
            found = steps.detect_steps(line, steps.step_ticks(line))
            assert steps.step_cadence(found, 2600).max() < 200
