"""Workouts: what is written is read whole, by ourselves and by fitdecode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from chiptime.validate import validate
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.exchange.activity import Step, Workout
from apps.exchange.formats.fit import workouts
from tests.exchange.fit import building, rides
from tests.exchange.fit.test_writer import messages

ROCKPORT = Workout(
    "1 Mile Rockport Walk Test",
    101,
    (
        Step(10, "run", duration_type="distance", duration_value=1609, target_value=0),
        Step(
            name="rest",
            description="Count the beats of 15 s",
            intensity="rest",
            duration_type="time",
            duration_value=60.5,
        ),
    ),
    "Walk one mile as fast as you can",
)


def read_back(workout: Workout) -> Workout:
    """Return what the reader makes of a workout that was written."""
    found = rides.read(workouts.write(workout))
    assert found.sessions == ()
    (back,) = found.workouts
    return back


def test_round_trip() -> None:
    assert read_back(ROCKPORT) == ROCKPORT


def test_fitdecode_reads_it() -> None:
    content = workouts.write(ROCKPORT)
    (workout,) = messages(content, "workout")
    assert (workout["wkt_name"], workout["num_valid_steps"]) == (ROCKPORT.name, 2)
    assert workout["sport"] == "walking"
    first, second = messages(content, "workout_step")
    assert (first["duration_type"], first["duration_distance"]) == ("distance", 1609)
    assert (second["duration_time"], second["intensity"]) == (60.5, "rest")
    assert [step["message_index"] for step in (first, second)] == [0, 1]


def test_each_has_a_number_of_its_own() -> None:
    """Watches tell files apart by it, since plans have no time."""
    (file_id,) = messages(workouts.write(replace(ROCKPORT, key=1011)), "file_id")
    assert (file_id["type"], file_id["serial_number"]) == ("workout", 1011)


def test_chiptime_accepts_it() -> None:
    assert validate(workouts.write(ROCKPORT)) == []


STEPS = [
    Step(
        duration_type="hr_less_than",
        duration_value=120,
        target_type="heart_rate",
        target_value=0,
        custom_target_low=130,
        custom_target_high=150,
    ),
    Step(target_type="speed", custom_target_low=2.5, custom_target_high=3.125),
    Step(target_type="power", custom_target_low=0, custom_target_high=250),
    Step(target_type="cadence", custom_target_low=80, custom_target_high=95),
    Step(duration_type="calories", duration_value=500),
    Step(duration_type="power_greater_than", duration_value=300),
    Step(duration_type="repeat_until_steps_cmplt", duration_value=1, target_value=6),
    Step(duration_type="repeat_until_time", duration_value=0, target_value=1800.5),
    Step(duration_type="repeat_until_distance", duration_value=0, target_value=10_000),
    Step(duration_type="repeat_until_hr_greater_than", duration_value=2, target_value=170),
    *(Step(intensity=each) for each in ("rest", "warmup", "cooldown", "recovery", "interval")),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.duration_type} {step.target_type}")
def test_steps(step: Step) -> None:
    """Each kind of duration and target has its unit on the wire."""
    assert read_back(Workout("plan", 10, (step,))).steps == (step,)


@pytest.mark.rule("exchange 4")
def test_units_on_the_wire() -> None:
    """Heart rates are behind the percents of their maximum, powers behind those of a threshold."""
    content = workouts.write(Workout("plan", 10, (STEPS[0], STEPS[2])))
    first, second = messages(content, "workout_step")
    assert (first["duration_hr"], first["custom_target_heart_rate_low"]) == (220, 230)
    assert second["custom_target_power_high"] == 1250


def test_percents_are_unknown() -> None:
    """Nobody knows the maximum that they are percents of."""
    rows = building.Rows(1, building.WORKOUT_STEP, {1: "B", 2: "I", 3: "B", 5: "I", 6: "I"})
    content = building.wrapped(building.file_id(5), rows.table((2, 85, 1, 70, 180)))
    (step,) = rides.read(content).workouts[0].steps
    assert step == Step(
        duration_type="hr_less_than", target_type="heart_rate", custom_target_high=80
    )


@pytest.mark.parametrize(
    "step",
    [
        Step(duration_type="until the cows come home", duration_value=1),
        Step(intensity="very", target_type="mood"),
        Step(duration_type="time", duration_value=-1),
        Step(duration_type="time", duration_value=1e12),
        Step(duration_type="distance", duration_value=float("nan")),
        Step(name="n" * 1000, description="ü" * 1000),
    ],
    ids=repr,
)
def test_what_fit_cannot_tell(step: Step) -> None:
    """It is left out, or cut; nothing breaks."""
    (found,) = read_back(Workout("plan", 10, (step,))).steps
    assert found.duration_value is None or found.duration_type == "open"
    assert step.name.startswith(found.name)


def test_steps_in_order_of_their_index() -> None:
    rows = building.Rows(1, building.WORKOUT_STEP, {254: "H", 1: "B", 2: "I"})
    content = building.wrapped(building.file_id(5), rows.table((1, 0, 2000), (0x8000, 0, 1000)))
    steps = rides.read(content).workouts[0].steps
    assert [step.duration_value for step in steps] == [1, 2]


@pytest.mark.parametrize("content", [b"", building.Rows(1, building.WORKOUT, {4: "B"}).table((1,))])
def test_workout_without_steps_or_name(content: bytes) -> None:
    (found,) = rides.read(building.wrapped(building.file_id(5), content)).workouts
    assert (found.name, found.steps) == ("", ())


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30)
NUMBERS = st.none() | st.integers(0, 20_000)


@st.composite
def any_step(draw: Any) -> Step:
    """Return a step with whole numbers, which every unit can tell."""
    durations = ["open", "time", "distance", "calories", "hr_less_than"]
    return Step(
        name=draw(WORDS),
        description=draw(WORDS),
        duration_type=draw(st.sampled_from(durations)),
        duration_value=draw(NUMBERS),
        target_type=draw(st.sampled_from(["open", "speed", "heart_rate", "cadence", "power"])),
        target_value=draw(NUMBERS),
        custom_target_low=draw(NUMBERS),
        custom_target_high=draw(NUMBERS),
    )


@given(WORDS, st.lists(any_step(), max_size=5))
@settings(max_examples=20, deadline=None)
def test_any_workout(name: str, steps: list[Step]) -> None:
    plan = Workout(name, 10, tuple(steps))
    assert read_back(plan) == plan
