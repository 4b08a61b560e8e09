"""Workouts as TCX."""

from __future__ import annotations

import io

import pytest

from apps.exchange.activity import Step, Workout
from apps.exchange.formats.tcx import reader, workouts
from apps.exchange.formats.tcx.steps import REPEAT
from tests.exchange.tcx.schema import assert_valid


def read_back(workout: Workout) -> Workout:
    body = workouts.write(workout)
    assert_valid(body)
    (found,) = reader.read(io.BytesIO(body)).workouts
    return found


INTERVALS = (
    Step(name="warm up", duration_type="time", duration_value=600),
    Step(name="fast", duration_type="distance", duration_value=400),
    Step(name="slow", intensity="rest", duration_type="hr_less_than", duration_value=120),
    Step(duration_type=REPEAT, duration_value=1, target_value=6),
    Step(duration_type=REPEAT, duration_value=1, target_value=2),
    Step(name="home"),
)


@pytest.mark.rule("exchange recipe 36", "exchange 4")
def test_steps_and_nested_repetitions_come_back() -> None:
    plan = Workout("Intervals", 10, INTERVALS, "Twice on grass")
    assert read_back(plan) == plan


@pytest.mark.parametrize(
    "step",
    [
        Step(target_type="heart_rate", target_value=3),
        Step(target_type="heart_rate", custom_target_low=120, custom_target_high=140),
        Step(target_type="speed", target_value=2),
        Step(target_type="speed", custom_target_low=2.5, custom_target_high=3.25),
        Step(target_type="cadence", custom_target_low=80, custom_target_high=90),
        Step(duration_type="hr_greater_than", duration_value=150),
        Step(duration_type="calories", duration_value=250),
    ],
)
def test_targets_and_durations_come_back(step: Step) -> None:
    assert read_back(Workout("One", 1, (step,))).steps == (step,)


@pytest.mark.rule("exchange 4")
def test_long_names_are_cut_and_stand_in_the_notes() -> None:
    found = read_back(Workout("1 Mile Rockport Walk Test", 15, (Step(name="as fast as you can"),)))
    assert found.name == "1 Mile Rockport Walk Test"
    assert found.steps == (Step(name="as fast as you"),)
    assert "Step 1: as fast as you can" in found.description


def test_what_a_step_cannot_say_is_a_note() -> None:
    steps = (
        Step(duration_type="distance", duration_value=70_000),
        Step(target_type="power", custom_target_low=200, custom_target_high=220),
        Step(duration_type=REPEAT, duration_value=0, target_value=150),
    )
    found = read_back(Workout("Long", 1, steps))
    assert found.steps[0] == found.steps[1] == Step()
    assert found.steps[2].target_value == 99
    for note in ("Step 1: 150 times", "Step 2: distance 70000", "Step 3: target power 200-220"):
        assert note in found.description


def test_more_than_20_steps_are_several_workouts() -> None:
    steps = tuple(Step(name=f"s{number}") for number in range(45))
    body = workouts.write(Workout("Everything everywhere", 10, steps))
    assert_valid(body)
    found = reader.read(io.BytesIO(body)).workouts
    assert [len(part.steps) for part in found] == [20, 20, 5]
    assert [step for part in found for step in part.steps] == list(steps)


def test_a_repetition_of_more_than_20_steps_is_done_once() -> None:
    steps = tuple(Step(name=f"s{number}") for number in range(25))
    again = Step(duration_type=REPEAT, duration_value=0, target_value=3)
    body = workouts.write(Workout("Long", 10, (*steps, again)))
    assert_valid(body)
    found = reader.read(io.BytesIO(body)).workouts
    assert [step for part in found for step in part.steps] == list(steps)


def test_an_empty_workout_has_an_open_step() -> None:
    assert read_back(Workout("", 10)).steps == (Step(),)


def test_names_are_unique() -> None:
    names = workouts.unique_names(["A very long name indeed", "A very long name too", "", ""])
    assert names == ["A very long nam", "A very long n~2", "Workout", "Workout~2"]
