from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.metrics.sleep import NREM, REM, WAKE
from apps.simulation import profiles, sleep, timeline
from apps.simulation.profiles import POSTURES, Bout, SimulationProfile
from apps.simulation.timeline import DAY, Timeline, steps_per_minute
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from tests.simulation.conftest import MIDNIGHT, doing, profile
from tests.simulation.subjects import during

HOUR = 3600
NIGHT = {"sleep": True, "posture": "supine", "minutes": 480}


def arrays(line: Timeline) -> dict[str, Any]:
    """All that the timeline has for each second."""
    values = {field.name: getattr(line, field.name) for field in fields(line)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


MONDAY = 1_414_972_800
"""3 November 2014, 00:00 UTC."""


class TestEvery:
    @given(
        st.sampled_from(profiles.profile_names()),
        st.integers(0, 2**40),
        st.integers(10, 20_000),
        st.integers(0, 2**41),
    )
    @example("run", 775767, 12003, 0)  # its mean was above 1 by a rounding
    @settings(max_examples=40, deadline=None)
    def test_each_second_is_told_within_bounds(
        self, name: str, seed: int, seconds: int, start: int
    ) -> None:
        who = profiles.read_profile(name)
        line, again = (timeline.make_timeline(who, seed, start, seconds) for _ in range(2))
        told = arrays(line)
        assert len(told) == 8
        for name_, values in told.items():
            assert values.shape == (seconds,), name_
            assert np.isfinite(values).all(), name_
            assert np.array_equal(values, getattr(again, name_)), name_
        assert line.artefacts == again.artefacts
        assert 0 <= line.effort.min() <= line.effort.max() <= 1
        assert 0 <= line.speed.min() <= line.speed.max() < 15
        assert np.abs(line.circadian).max() <= 1
        assert set(line.posture) <= set(POSTURES.values())
        assert set(line.stage) <= {WAKE, NREM, REM}
        going = line.cadence[line.cadence > 0]
        assert not len(going) or 55 <= going.min() <= going.max() < 200

    def test_nobody_walks_asleep(self, each: SimulationProfile) -> None:
        line = timeline.make_timeline(each, 7, MIDNIGHT, DAY)
        asleep = line.stage != WAKE
        inside = asleep & np.roll(asleep, 10) & np.roll(asleep, -10)
        assert not line.speed[inside].any()
        assert not line.cadence[inside].any()
        if each.gravity:
            assert line.posture[asleep].min(initial=2) >= POSTURES["supine"]

    def test_another_seed_gives_another(self, each: SimulationProfile) -> None:
        noon = MIDNIGHT + 12 * HOUR * SECOND
        one, other = (timeline.make_timeline(each, seed, noon, 900) for seed in (1, 2))
        assert (one.effort != other.effort).any()

    def test_a_month_is_no_trouble(self) -> None:
        line = timeline.make_timeline(profiles.read_profile("working_day"), 1, MIDNIGHT, 30 * DAY)
        assert line.speed.shape == (30 * DAY,)
        assert len(line.artefacts) > 1000

    def test_streams_of_chance_are_apart_and_repeatable(self) -> None:
        line = doing({})
        one, again, other = (line.random(stream).random(5).tolist() for stream in (7, 7, 8))
        assert one == again != other

    @pytest.mark.parametrize(
        ("seed", "seconds", "said"),
        [(1, 9, "10 to 2592000 seconds, not 9"), (1, 30 * DAY + 1, "not 2592001"), (-1, 60, "-1")],
    )
    def test_what_cannot_be_is_refused(self, seed: int, seconds: int, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            timeline.make_timeline(profile({}), seed, MIDNIGHT, seconds)


class TestFit:
    TWO = ({"title": "a"}, {"title": "b", "minutes": 20})

    @pytest.mark.parametrize(("seconds", "times"), [(30, 1), (1800, 1), (2000, 1), (5000, 3)])
    def test_a_plan_is_stretched_to_whole_ones(self, seconds: int, times: int) -> None:
        found = timeline.lay_bouts(profile(*self.TWO), MIDNIGHT, seconds)
        assert (found == 0).sum() == pytest.approx(seconds / 3, abs=times)
        assert (np.diff(found) > 0).sum() == times

    def test_or_begun_anew(self) -> None:
        found = timeline.lay_bouts(profile(*self.TWO, fit="repeat"), MIDNIGHT, 2000)
        assert np.flatnonzero(np.diff(found)).tolist() == [599, 1799]

    @pytest.mark.parametrize(
        ("hour", "title"), [(3, "Sleep"), (11.75, "Lunch"), (23.5, "First sleep")]
    )
    def test_or_laid_by_the_clock(self, hour: float, title: str) -> None:
        day = profiles.read_profile("working_day")
        found = timeline.lay_bouts(day, MIDNIGHT + int(hour * HOUR) * SECOND, 60)
        assert {day.plan[number].title for number in found} == {title}

    @pytest.mark.parametrize(
        ("day", "hour", "asleep"),
        [(0, 6.75, 0), (2, 6.75, 1), (4, 3, 0), (4, 9, 1), (5, 10, 1), (6, 3, 1), (7, 6.75, 0)],
    )
    def test_a_week_by_the_clock_begins_on_a_monday(
        self, day: int, hour: float, asleep: int
    ) -> None:
        """With nights of work on Thursday and Friday, and sleep on the days after."""
        week = profiles.read_profile("shift_worker")
        moment = MONDAY + day * timeline.DAY + int(hour * HOUR)
        found = timeline.lay_bouts(week, moment * SECOND, 60)
        assert {week.plan[number].sleep for number in found} == {bool(asleep)}

    def test_a_day_by_the_clock_begins_again_at_midnight(self) -> None:
        day = profiles.read_profile("working_day")
        found = timeline.lay_bouts(day, MIDNIGHT + 22 * HOUR * SECOND, 4 * HOUR)
        assert (found[0], found[-1]) == (len(day.plan) - 3, 0)


class TestMoving:
    @pytest.mark.parametrize("speed", [1.2, 1.5, 2.6, 5.0])
    def test_speed_varies_little_about_the_plan(self, speed: float) -> None:
        line = doing({"effort": 0.5, "speed": speed}, seconds=3600)
        assert line.speed.mean() == pytest.approx(speed, rel=0.02)
        assert 0.01 < line.speed.std() / speed < 0.06

    def test_starts_and_stops_take_seconds(self) -> None:
        line = doing({}, {"speed": 3, "effort": 0.6}, {}, seconds=1800)
        rising = line.speed[590:610]
        assert np.abs(np.diff(rising)).max() < 1
        assert rising[0] == 0
        assert rising[-1] > 2.5

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
    def test_a_share_of_the_time_is_spent_on_the_move(self, share: float) -> None:
        line = doing({"effort": 0.2, "speed": 1, "share": share}, seconds=8 * HOUR)
        assert (line.cadence > 0).mean() == pytest.approx(share, abs=0.1)

    def test_wheels_take_no_steps_however_fast(self) -> None:
        line = doing({}, {"effort": 0.7, "speed": 9, "cadence": 0}, {}, seconds=1800)
        assert line.speed.max() > 8
        assert not line.cadence.any()

    def test_a_treadmill_takes_steps_and_no_ground(self) -> None:
        line = doing({"effort": 0.6, "cadence": 160})
        assert not line.speed.any()
        assert line.cadence.mean() == pytest.approx(160, rel=0.01)

    def test_effort_is_the_plan_s(self) -> None:
        line = doing({"effort": 0.1}, {"effort": 0.8}, seconds=1200)
        assert line.effort[:590].mean() == pytest.approx(0.1, rel=0.05)
        assert line.effort[610:].mean() == pytest.approx(0.8, rel=0.05)
        assert np.abs(np.diff(line.effort)).max() < 0.15

    def test_hills_are_where_the_plan_has_them(self) -> None:
        line = doing({}, {"speed": 3, "effort": 0.8, "grade": 0.05}, seconds=1200)
        assert abs(line.grade[:580]).max() < 1e-9
        assert line.grade[620:] == pytest.approx(0.05)


def test_cadence_goes_with_speed_and_height() -> None:
    """Typical adults: 110 to 120 steps per minute at 1.4 m/s, 155 to 185 running."""
    walking = steps_per_minute(np.array([0.0, 0.2, 1.0, 1.4, 1.8]), 1.75)
    assert walking.tolist() == pytest.approx([0, 0, 96.8, 114.6, 129.9], abs=0.1)
    running = steps_per_minute(np.linspace(2.2, 6, 20), 1.75)
    assert (np.diff(running) >= 0).all()
    assert 155 <= running.min() <= running.max() <= 185
    assert steps_per_minute(np.array([1.4]), 1.95) < 110


def test_the_body_is_at_its_lowest_before_dawn_and_highest_in_the_afternoon() -> None:
    found = timeline.circadian_wave(MIDNIGHT + 5 * HOUR * SECOND, DAY)
    hours = (5 + np.arange(DAY) / HOUR) % 24
    assert hours[found.argmin()] == pytest.approx(4.5, abs=0.01)
    assert hours[found.argmax()] == pytest.approx(16.5, abs=0.01)


class TestSleep:
    def nights(self) -> list[Timeline]:
        return [doing(NIGHT, seconds=8 * HOUR, seed=seed) for seed in range(30)]

    def test_a_night_has_the_usual_share_of_each_stage(self) -> None:
        """Adults: about a fifth to a quarter of REM, and at most a tenth awake."""
        stages = np.concatenate([line.stage for line in self.nights()])
        assert 0.18 < (stages == REM).mean() < 0.28
        assert 0.02 < (stages == WAKE).mean() < 0.12

    def test_dreams_grow_towards_the_morning(self) -> None:
        dreams = np.array([line.stage == REM for line in self.nights()]).mean(axis=0)
        first, last = dreams[: 4 * HOUR].mean(), dreams[4 * HOUR :].mean()
        assert last > 1.5 * first

    def test_the_first_dream_comes_after_an_hour_or_more(self) -> None:
        for line in self.nights():
            assert 60 * 60 < (line.stage == REM).argmax() < 130 * 60

    def test_cycles_take_an_hour_and_a_half(self) -> None:
        starts = [
            np.flatnonzero(np.diff(line.stage == REM, prepend=False))[::2] for line in self.nights()
        ]
        apart = np.concatenate([np.diff(begins) / 60 for begins in starts])
        # Arousals cut dreams in two; what begins again within 45 minutes is the same one.
        assert 80 < np.median(apart[apart > 45]) < 100

    def test_sleepers_turn_over_and_mostly_lie_on_their_sides(self) -> None:
        nights = self.nights()
        postures = np.concatenate([line.posture for line in nights])
        turns = np.mean([np.count_nonzero(np.diff(line.posture)) for line in nights])
        assert 6 < turns < 25
        assert 0.4 < np.isin(postures, (POSTURES["left"], POSTURES["right"])).mean() < 0.7
        assert {int(line.posture[0]) for line in nights} == {POSTURES["supine"]}

    def test_out_of_bed_nobody_sleeps(self) -> None:
        line = doing({}, NIGHT, {"posture": "sitting"}, fit="repeat", seconds=9 * HOUR)
        awake = ~np.isin(line.bout, (1,))
        assert set(line.stage[awake].tolist()) == {WAKE}
        assert set(line.posture[awake].tolist()) == {POSTURES["upright"], POSTURES["sitting"]}

    @given(st.integers(1, 40_000), st.integers(0, 2**32))
    @settings(max_examples=50, deadline=None)
    def test_any_nap_is_filled(self, seconds: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        found = sleep.draw_stages(seconds, random)
        assert found.shape == (seconds,)
        assert set(found.tolist()) <= {WAKE, NREM, REM}
        assert sleep.draw_positions(seconds, 3, random)[0] == 3


def test_somebody_is_stirred_by_small_things_and_on_foot_but_not_asleep() -> None:
    assert set(during(60, Bout("Desk", 1, 0.05, restless=0.2)).stirred()) == {0.2}
    assert set(during(60, Bout("Walk", 1, 0.3, speed=1.4)).stirred()[5:]) == {0.5}
    night = during(3600, Bout("Night", 60, 0.0, posture="supine", sleep=True, restless=0.3))
    assert set(night.stirred()[night.stage != 6]) == {0.0}
