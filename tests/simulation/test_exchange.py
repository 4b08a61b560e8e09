"""Oxygen, carbon dioxide and air by load, and what a ramp puts into the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.simulation import exchange, sinus
from apps.simulation.profiles import Bout, Person
from apps.simulation.series import Floats
from tests.simulation.exercise import breakpoint_of
from tests.simulation.subjects import during, person

LOADS = np.linspace(0, 1, 1001)
SOMEBODY = person(vo2max=50, vt1=0.5, vt2=0.75)
RAMP = Bout(title="Ramp", minutes=10, effort=0.1, effort_end=1.0, posture="sitting", cadence=0)


def slopes(up: Floats, across: Floats) -> list[float]:
    """The slopes below, between and above the thresholds."""
    parts = (LOADS < 0.49), (LOADS > 0.51) & (LOADS < 0.74), (LOADS > 0.76)
    return [float(np.polyfit(across[part], up[part], 1)[0]) for part in parts]


def test_oxygen_goes_from_rest_to_the_most() -> None:
    assert exchange.oxygen(SOMEBODY, LOADS)[[0, -1]].tolist() == [3.5, 50]


@pytest.mark.parametrize(
    ("who", "litres"),
    [
        (person(sex="M", age=22, height=1.77), 5.2),
        (person(sex="F", age=70, height=1.60, weight=62), 2.38),
        (person(sex="M", age=10, height=1.38, weight=32), 2.27),
        (person(sex="F", age=10, height=1.38, weight=32), 2.18),
        (person(sex="F", age=100, height=0.9, weight=50), 1.4),
    ],
)
def test_the_deepest_breath(who: Person, litres: float) -> None:
    assert exchange.vital_capacity(who) == pytest.approx(1000 * litres, rel=0.01)


def test_carbon_dioxide_turns_at_the_first_threshold_only() -> None:
    below, between, above = slopes(
        exchange.carbon_dioxide(SOMEBODY, LOADS), exchange.oxygen(SOMEBODY, LOADS)
    )
    assert below < 1 < between
    assert between == pytest.approx(above)


def test_air_turns_with_carbon_dioxide_and_beyond_it_at_the_second() -> None:
    below, between, above = slopes(
        exchange.ventilation(SOMEBODY, LOADS), exchange.carbon_dioxide(SOMEBODY, LOADS)
    )
    assert below == pytest.approx(between)
    assert above > 1.3 * between


def test_breaths_hardly_deepen_above_the_second_threshold() -> None:
    depth = exchange.ventilation(SOMEBODY, LOADS) / exchange.breathing_rate(SOMEBODY, LOADS)
    rest, second, most = depth[[0, 750, 1000]]
    assert rest == pytest.approx(7)
    assert most - second < 0.1 * (second - rest)


def test_the_point_where_lines_meet_is_found() -> None:
    up = 2 * LOADS + np.maximum(LOADS - 0.4, 0)
    assert breakpoint_of(LOADS, up) == pytest.approx(0.4, abs=0.01)


class TestRamps:
    def test_the_effort_rises_evenly(self) -> None:
        effort = during(600, RAMP).effort
        assert effort[[30, 300, 570]] == pytest.approx(
            [0.1 + 0.9 * s / 600 for s in (30, 300, 570)], abs=0.005
        )

    def test_it_fills_the_time_that_it_gets(self) -> None:
        assert during(1200, RAMP, RAMP).effort[300] == pytest.approx(0.55, abs=0.005)
        assert during(300, RAMP).effort[150] == pytest.approx(0.55, abs=0.005)

    def test_a_ramp_may_fall(self) -> None:
        falling = Bout(title="Down", minutes=10, effort=0.8, effort_end=0.0)
        assert during(600, falling).effort[300] == pytest.approx(0.4, abs=0.005)

    def test_others_stay_as_they_are(self) -> None:
        walk = Bout(title="Walk", minutes=10, effort=0.3, speed=1.2)
        alone, before = during(600, walk), during(1200, walk, RAMP)
        assert np.array_equal(alone.speed[:590], before.speed[:590])
        assert np.std(before.effort[:590]) > 0.001


def exercise_of(*bouts: Bout, seconds: int = 600, told: int | None = None, **traits: Any) -> Any:
    """What the truth says of an exercise test of somebody with those traits."""
    made = during(seconds, *bouts, person=person(**traits))
    return exchange.describe_exercise(made, told or seconds)


class TestTruth:
    def test_only_ramps_are_tests(self) -> None:
        assert exercise_of(Bout(title="Run", minutes=10, effort=0.8, speed=3)) == {}

    def test_thresholds_are_where_oxygen_reaches_them(self) -> None:
        told = exercise_of(RAMP, vt1=0.5, vt2=0.75, vo2max=50, weight=80)["exercise"]
        for name, effort in (("vt1", 0.5), ("vt2", 0.75)):
            second = told[name]["tick"] // 256
            assert told["vo2"][second] == told[name]["vo2"]
            assert told[name]["vo2"] == pytest.approx(80 * (3.5 + effort * 46.5), rel=0.01)
            assert told["vo2"][second - 1] < 80 * (3.5 + effort * 46.5)
        assert told["peak"]["vo2"] == max(told["vo2"]) <= told["vo2max"] == 4000

    def test_it_tells_of_so_many_seconds(self) -> None:
        told = exercise_of(RAMP, told=120)["exercise"]
        assert {len(told[name]) for name in ("vo2", "vco2", "ve")} == {120}
        assert (told["vt1"], told["vt2"]) == (None, None)

    def test_the_fitter_reach_their_thresholds_later(self) -> None:
        early, late = (exercise_of(RAMP, vt1=vt1)["exercise"]["vt1"]["tick"] for vt1 in (0.45, 0.6))
        assert early < late


def test_the_exponent_falls_at_the_thresholds_of_the_person() -> None:
    loads = [sinus._loads(person(vt1=first, vt2=0.9)) for first in (0.5, 0.58, 0.7)]
    assert [round(each[3], 2) for each in loads] == [0.54, 0.61, 0.73]
    assert all(list(each) == sorted(each) for each in loads)
