"""Phases, positions, and sleep found by movement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics import sleep
from apps.metrics.sleep import NREM, REM, WAKE, Stays
from apps.simulation import profiles
from apps.simulation.simulator import Simulation

START = 1000


def stays(*parts: tuple[int, int]) -> Stays:
    """Codes and how many seconds each lasts, one after the other from START on."""
    codes, lasting = (np.array(each) for each in zip(*parts, strict=True))
    ends = START + 256 * np.cumsum(lasting)
    return sleep.find_stays(np.append(START, ends[:-1]), codes, START, int(ends[-1]))


NIGHT = stays((WAKE, 600), (NREM, 3000), (WAKE, 60), (REM, 900), (NREM, 2100), (WAKE, 540))


def test_seconds_of_each_phase() -> None:
    assert sleep.seconds_in(NIGHT, WAKE) == 1200
    assert sleep.seconds_in(NIGHT, REM) == 900
    assert sleep.seconds_in(NIGHT, *sleep.ASLEEP) == 6000
    assert sleep.seconds_in(NIGHT, 0) == 0


def test_shares_of_the_night() -> None:
    assert sleep.sleep_efficiency(NIGHT, 7200) == pytest.approx(100 * 6000 / 7200)
    assert sleep.sleep_percent(NIGHT) == pytest.approx(100 * 6000 / 6060)
    assert sleep.time_to_fall_asleep(NIGHT, START) == 600


def test_without_sleep_there_is_no_share() -> None:
    awake = stays((WAKE, 600))
    assert sleep.sleep_percent(awake) is None
    assert sleep.time_to_fall_asleep(awake, START) is None
    assert sleep.sleep_efficiency(awake, 600) == 0
    assert sleep.sleep_efficiency(awake, 0) is None


def test_what_held_before_the_start_still_holds() -> None:
    ticks, codes = np.array([0, 2560, 5120]), np.array([1, 2, 3])
    assert sleep.find_stays(ticks, codes, 1280, 3840).codes.tolist() == [1, 2]
    found = sleep.find_stays(ticks, codes, 1280, 3840)
    assert (sleep.seconds_in(found, 1), sleep.seconds_in(found, 2)) == (5, 5)


def test_nothing_is_known_before_the_first_change() -> None:
    found = sleep.find_stays(np.array([2560]), np.array([2]), 0, 5120)
    assert sleep.seconds_in(found, 2) == 10
    assert not len(sleep.find_stays(np.empty(0), np.empty(0), 0, 5120).codes)


def test_the_same_position_again_is_no_change() -> None:
    assert sleep.count_changes(stays((2, 10), (2, 10), (3, 10), (2, 5))) == 2
    assert sleep.count_changes(stays((2, 10))) == 0


def test_stretches_are_joined() -> None:
    first = sleep.find_stays(np.array([0]), np.array([2]), 0, 256)
    second = sleep.find_stays(np.array([256, 512]), np.array([2, 3]), 256, 1024)
    whole = sleep.join_stays([first, second])
    assert [each.tolist() for each in whole] == [[0, 512], [512, 1024], [2, 3]]


codes = st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=20)


@given(codes, st.integers(1, 19))
def test_a_stretch_in_two_pieces_is_the_stretch(each: list[int], cut: int) -> None:
    ticks, values = np.arange(len(each)) * 256, np.array(each)
    end, middle = len(each) * 256, min(cut, len(each)) * 256
    pieces = [sleep.find_stays(ticks, values, *span) for span in ((0, middle), (middle, end))]
    whole = sleep.find_stays(ticks, values, 0, end)
    for joined, given_whole in zip(sleep.join_stays(pieces), whole, strict=True):
        assert joined.tolist() == given_whole.tolist()


def test_waking_weighs_the_minutes_about() -> None:
    for place, weight in zip(range(14, 7, -1), sleep.COLE_KRIPKE, strict=True):
        moving = np.zeros(20)
        moving[10] = 1.0001 / weight / sleep.SCALE
        assert sleep.find_waking(moving)[place]
        assert not sleep.find_waking(0.999 * moving)[place]


def test_moving_seconds_of_full_minutes() -> None:
    activity = np.zeros(190, np.int64)
    activity[[0, 59, 60, 185]] = 5, 90, 4, 4
    assert sleep.count_moving(activity).tolist() == [2, 1, 0]


def test_phases_by_movement() -> None:
    activity = np.zeros(30 * 60, np.int64)
    activity[600:621] = 10
    ticks, phases = sleep.phases_by_movement(activity)
    assert phases.tolist() == [NREM, WAKE, NREM]
    assert (ticks / 256 / 60).tolist() == [0, 10, 11]


@pytest.mark.parametrize(("profile", "mistaken"), [("night", 0.05), ("sleep_apnea", 0.25)])
def test_movement_tells_most_of_a_simulated_night(profile: str, mistaken: float) -> None:
    """Eight hours, minute by minute against the phases of the simulator. Arousals from apnoeas look
    like waking."""
    simulation = Simulation(profiles.read_profile(profile), 1, 359_840_226_870, 8 * 3600)
    minutes = simulation.timeline.stage.reshape(-1, 60)
    awake = (minutes == WAKE).sum(axis=1) > 30
    planned = np.array([bout.sleep for bout in simulation.profile.plan])
    in_bed = planned[simulation.timeline.bout].reshape(-1, 60).all(axis=1)
    found = sleep.find_waking(sleep.count_moving(simulation.samples(49)))
    assert np.mean(found[awake & in_bed]) > 0.7
    assert np.mean(found[~awake & in_bed]) < mistaken


def minutes(*parts: tuple[bool, int]) -> sleep.Flags:
    return np.repeat([flag for flag, _ in parts], [count for _, count in parts])


def test_a_sleep_lasts_four_hours() -> None:
    lying = minutes((False, 30), (True, 239), (False, 30))
    assert sleep.find_sleeps(lying, lying) == []
    lying = minutes((False, 30), (True, 240), (False, 30))
    assert sleep.find_sleeps(lying, lying) == [(30, 270)]


def test_a_short_break_does_not_end_a_sleep() -> None:
    lying = minutes((True, 150), (False, 15), (True, 100))
    assert sleep.find_sleeps(lying, np.ones_like(lying)) == [(0, 265)]
    lying = minutes((True, 150), (False, 16), (True, 100))
    assert sleep.find_sleeps(lying, np.ones_like(lying)) == []


def test_who_lies_but_moves_does_not_sleep() -> None:
    lying = minutes((True, 300))
    assert sleep.find_sleeps(lying, ~lying) == []
