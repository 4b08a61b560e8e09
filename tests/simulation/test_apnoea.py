"""Pauses of breath: how many, where, of which kinds, and what follows them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apps.simulation import apnoea, heart, profiles, pulse, timeline
from apps.simulation.apnoea import Apnoea
from apps.simulation.breath import breath_train
from apps.simulation.simulator import Simulation
from apps.simulation.timeline import Timeline
from tests.simulation.conftest import MIDNIGHT
from tests.simulation.subjects import asleep, during


def nights(count: int = 3, **changes: Any) -> list[Timeline]:
    who = replace(profiles.read_profile("sleep_apnea"), **changes)
    return [timeline.make_timeline(who, seed, MIDNIGHT, 425 * 60) for seed in range(count)]


def test_there_are_some_thirty_an_hour_of_sleep() -> None:
    for line in nights():
        hours = np.count_nonzero(line.stage != 6) / 3600
        assert 26 < len(line.apnoeas) / hours < 35


def test_they_are_more_frequent_on_the_back_and_in_rem() -> None:
    def per_hour(line: Timeline, where: NDArray[np.bool_]) -> float:
        begun = np.array([pause.start // 256 for pause in line.apnoeas])
        return float(where[begun].sum() / where[line.stage != 6].sum())

    lines = nights(4)
    for special in ("posture", "stage"):
        value = {"posture": 2, "stage": 5}[special]
        inside = [per_hour(line, getattr(line, special) == value) for line in lines]
        others = [per_hour(line, getattr(line, special) != value) for line in lines]
        assert np.mean(inside) > 1.3 * np.mean(others)


def test_they_last_ten_seconds_or_more_and_leave_room_to_breathe() -> None:
    for line in nights():
        lengths = np.array([(each.stop - each.start) / 256 for each in line.apnoeas])
        assert 10 <= lengths.min() < lengths.max() <= 46
        assert 15 < lengths.mean() < 28
        gaps = [b.start - a.stop for a, b in pairwise(line.apnoeas)]
        assert min(gaps) >= 10 * 256


@pytest.mark.parametrize("kind", ["central", "obstructive", "mixed"])
def test_a_profile_can_have_one_kind(kind: str) -> None:
    (line,) = nights(1, apnea_kind=kind)
    assert {each.kind for each in line.apnoeas} == {kind}
    for each in line.apnoeas:
        assert (each.closed == each.stop) is (kind == "central")
        assert (each.closed == each.start) is (kind == "obstructive")


def test_a_profile_can_have_all_kinds_and_mostly_obstructive_ones() -> None:
    (line,) = nights(1)
    kinds = [each.kind for each in line.apnoeas]
    assert set(kinds) == {"central", "obstructive", "mixed"}
    assert kinds.count("obstructive") > len(kinds) / 2


def test_most_end_with_a_short_awakening() -> None:
    (line,) = nights(1)
    aroused = [each for each in line.apnoeas if each.arousal]
    assert 0.75 < len(aroused) / len(line.apnoeas) < 0.95
    for each in aroused:
        assert line.stage[int(each.end)] == 6
        assert line.stage[each.start // 256] != 6


def test_nobody_stops_breathing_awake_or_without_the_profile() -> None:
    assert not during(3600, apneas=40).apnoeas
    assert not asleep(during(3600), 2).apnoeas


def test_arousals_quicken_the_heart_by_10_to_20_and_raise_the_pressure() -> None:
    made = asleep(during(7200, apneas=30), 2)
    beats = heart.beat_train(made, breath_train(made))
    rate = np.interp(np.arange(7200), beats.times[1:], 60 / np.diff(beats.times))
    pressure = pulse.true_pressure(made)
    aroused = [each for each in made.apnoeas if each.arousal and each.end < 7150]
    rises: dict[str, list[float]] = {"rate": [], "pressure": []}
    for each in aroused:
        first, end = each.start // 256, int(each.end)
        rises["rate"].append(rate[end + 2 : end + 15].max() - rate[first - 10 : first].mean())
        rises["pressure"].append(
            pressure[end : end + 20].max() - pressure[first - 10 : first].mean()
        )
    assert len(aroused) > 30
    assert 8 < np.median(rises["rate"]) < 25
    assert 8 < np.median(rises["pressure"]) < 45


def test_sleepers_move_when_they_are_roused() -> None:
    who = profiles.read_profile("sleep_apnea")
    simulation = Simulation(who, 3, MIDNIGHT, 7200)
    activity = simulation.samples(49).astype(float)
    ends = [int(each.end) for each in simulation.timeline.apnoeas if each.arousal]
    after = np.mean([activity[end : end + 10].mean() for end in ends])
    during_ = np.mean([activity[end - 10 : end - 1].mean() for end in ends])
    assert after > 4 * during_ + 1


def test_the_truth_tells_of_each() -> None:
    simulation = Simulation(profiles.read_profile("sleep_apnea"), 3, MIDNIGHT, 7200)
    told = simulation.describe_truth()["apnoeas"]
    assert len(told) == len(simulation.timeline.apnoeas) > 20
    for row, each in zip(told, simulation.timeline.apnoeas, strict=True):
        assert (row["kind"], row["start"], row["stop"]) == (each.kind, each.start, each.stop)
        assert (row["closed"] is None) is (each.kind == "central")
        assert row["arousal"] is bool(each.arousal)
    part = simulation.describe_truth(3600)["apnoeas"]
    assert part == [row for row in told if row["start"] < 3600 * 256]


def test_efforts_against_a_closed_airway_grow() -> None:
    pause = Apnoea("obstructive", 10 * 256, 34 * 256, 10 * 256, 1.0, 8)
    made = replace(during(60), apnoeas=(pause,))
    moments = np.arange(0, 60, 0.125)
    ((where, wave),) = apnoea.closed_efforts(made, moments, np.random.default_rng(1))
    assert (moments[where.start], moments[where.stop]) == (10, 34)
    peaks = np.flatnonzero((wave[1:-1] > wave[:-2]) & (wave[1:-1] >= wave[2:]))
    assert 5 <= len(peaks) <= 10
    assert (np.diff(wave[1:-1][peaks]) > 0).all()


@given(
    st.integers(0, 2**31),
    st.integers(10, 5000),
    st.floats(0, 90),
    st.sampled_from(["central", "obstructive", "mixed", "all"]),
)
@settings(max_examples=30, deadline=None)
def test_any_night_has_pauses_in_order_within(
    seed: int, seconds: int, per_hour: float, kind: str
) -> None:
    made = during(seconds, seed=seed, apneas=per_hour, apnea_kind=kind)
    pauses = asleep(made, 5).apnoeas
    for one, other in pairwise(pauses):
        assert one.start <= one.closed <= one.stop < other.start
    assert all(0 < each.start < each.stop < seconds * 256 for each in pauses)
