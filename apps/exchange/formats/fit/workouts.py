"""Workouts as FIT files, and back: plans of steps for a watch.

What the number of a duration or target counts depends on its type. On the wire heart rates of a
person begin at 100, since smaller numbers are percents of their maximum; powers begin at 1000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from fit_tool.profile.profile_type import Intensity, WorkoutStepDuration, WorkoutStepTarget

from apps.exchange import sports
from apps.exchange.activity import Step, Workout

from . import messages
from .checksum import crc16
from .developers import own_numbers
from .frames import FitPart
from .messages import Encoder, Values
from .profile import (
    ACTIVITY_TYPE,
    MESSAGE_INDEX,
    WORKOUT_DESCRIPTION,
    WORKOUT_NAME,
    WORKOUT_SPORT,
    WORKOUT_STEPS,
    WORKOUT_SUB_SPORT,
    FileType,
    Message,
    Quantity,
)
from .tables import Table, numbers_of

_NAME, _DESCRIPTION, _INTENSITY = 0, 8, 7
_DURATION_TYPE, _DURATION, _TARGET_TYPE, _TARGET, _LOW, _HIGH = 1, 2, 3, 4, 5, 6
_INDEX_MASK = 0x0FFF

_TIME, _DISTANCE = Quantity(0, 1000), Quantity(0, 100)
_HEART_RATE, _POWER, _PLAIN = Quantity(0, 1, 100), Quantity(0, 1, 1000), Quantity(0)
_REPEAT = "repeat_until_"
_DURATIONS = {
    "time": _TIME,
    "time_only": _TIME,
    "repetition_time": _TIME,
    "distance": _DISTANCE,
    "hr_less_than": _HEART_RATE,
    "hr_greater_than": _HEART_RATE,
    **{
        f"power{over}_{side}_than": _POWER
        for over in ("", "_3s", "_10s", "_30s", "_lap")
        for side in ("less", "greater")
    },
}
"""How the number of a duration is encoded; what is not here is as it is."""

_CUSTOM_TARGETS = {
    "speed": _TIME,  # mm/s
    "speed_lap": _TIME,
    "heart_rate": _HEART_RATE,
    "heart_rate_lap": _HEART_RATE,
    "power": _POWER,
    "power_3s": _POWER,
    "power_10s": _POWER,
    "power_30s": _POWER,
    "power_lap": _POWER,
}


def write(workout: Workout) -> bytes:
    """Return a FIT file with the steps of a workout."""
    encoder = Encoder()
    sport = sports.fit_sport(workout.activitytype)
    plan: Values = {
        WORKOUT_SPORT: sport.sport,
        WORKOUT_SUB_SPORT: sport.sub_sport,
        WORKOUT_STEPS: len(workout.steps),
        WORKOUT_NAME: workout.name,
        WORKOUT_DESCRIPTION: workout.description,
        ACTIVITY_TYPE: workout.activitytype,
    }
    content = [
        encoder.encode(Message.FILE_ID, messages.file_id(FileType.WORKOUT, workout.key, None)),
        encoder.describe([ACTIVITY_TYPE], {}),
        encoder.encode(Message.WORKOUT, plan),
        *(
            encoder.encode(Message.WORKOUT_STEP, _step_values(step, index))
            for index, step in enumerate(workout.steps)
        ),
    ]
    body = b"".join(content)
    whole = messages.header(len(body)) + body
    return whole + messages.footer(crc16(whole))


def read_workout(part: FitPart) -> Workout:
    """Return the workout of a file: its last one, if it tells several."""
    steps = [pair for table in part.of(Message.WORKOUT_STEP) for pair in _steps_in(part, table)]
    in_order = tuple(step for _, step in sorted(steps, key=lambda pair: pair[0]))
    for table in part.of(Message.WORKOUT):
        sport = numbers_of(table, WORKOUT_SPORT.field)[-1]
        sub_sport = numbers_of(table, WORKOUT_SUB_SPORT.field)[-1]
        own_type = own_numbers(part, table, ACTIVITY_TYPE)[-1]
        return Workout(
            name=table.texts(WORKOUT_NAME)[-1],
            activitytype=sports.of_fit(sport, sub_sport) if own_type is None else own_type,
            steps=in_order,
            description=table.texts(WORKOUT_DESCRIPTION)[-1],
        )
    return Workout("", sports.OTHER, in_order)


def _step_values(step: Step, index: int) -> Values:
    duration_type = _number(WorkoutStepDuration, step.duration_type)
    target_type = _number(WorkoutStepTarget, step.target_type)
    numbers = {
        field: (value, _encoding(field, step.duration_type, step.target_type))
        for field, value in (
            (_DURATION, step.duration_value),
            (_TARGET, step.target_value),
            (_LOW, step.custom_target_low),
            (_HIGH, step.custom_target_high),
        )
    }
    return {
        MESSAGE_INDEX: index,
        _NAME: step.name,
        _DESCRIPTION: step.description,
        _INTENSITY: _number(Intensity, step.intensity),
        _DURATION_TYPE: duration_type,
        _TARGET_TYPE: target_type,
        ACTIVITY_TYPE: step.activitytype,
        **{encoding._replace(field=field): value for field, (value, encoding) in numbers.items()},
    }


def _encoding(field: int, duration_type: str, target_type: str) -> Quantity:
    """Return how a number of a step is encoded. A repetition ends with what its target counts."""
    if duration_type.startswith(_REPEAT):
        kind = duration_type.removeprefix(_REPEAT)
        return _DURATIONS.get(kind, _PLAIN) if field == _TARGET else _PLAIN
    if field == _DURATION:
        return _DURATIONS.get(duration_type, _PLAIN)
    return _PLAIN if field == _TARGET else _CUSTOM_TARGETS.get(target_type, _PLAIN)


def _steps_in(part: FitPart, table: Table) -> list[tuple[int, Step]]:
    """Return the steps of a table, each with its index."""
    fields = (_DURATION_TYPE, _DURATION, _TARGET_TYPE, _TARGET, _LOW, _HIGH, _INTENSITY)
    columns = {field: numbers_of(table, field) for field in fields}
    indices = numbers_of(table, MESSAGE_INDEX)
    types = own_numbers(part, table, ACTIVITY_TYPE)
    names, descriptions = table.texts(_NAME), table.texts(_DESCRIPTION)
    steps: list[tuple[int, Step]] = []
    for row, (name, description) in enumerate(zip(names, descriptions, strict=True)):
        index = indices[row]
        values = {field: column[row] for field, column in columns.items()}
        place = row if index is None else index & _INDEX_MASK
        step = replace(_step(values), name=name, description=description, activitytype=types[row])
        steps.append((place, step))
    return steps


def _step(values: Mapping[int, int | None]) -> Step:
    duration_type = _word(WorkoutStepDuration, values[_DURATION_TYPE], "open")
    target_type = _word(WorkoutStepTarget, values[_TARGET_TYPE], "open")

    def decoded(field: int) -> float | None:
        return _decoded(values[field], _encoding(field, duration_type, target_type))

    return Step(
        intensity=_word(Intensity, values[_INTENSITY], "active"),
        duration_type=duration_type,
        duration_value=decoded(_DURATION),
        target_type=target_type,
        target_value=decoded(_TARGET),
        custom_target_low=decoded(_LOW),
        custom_target_high=decoded(_HIGH),
    )


def _decoded(number: int | None, encoding: Quantity) -> float | None:
    """Return a number in its unit, None for percents: nobody knows what they are percents of."""
    if number is None or number < encoding.offset:
        return None
    return number / encoding.scale - encoding.offset


def _number(words: type[Enum], word: str) -> int | None:
    """Return the number of a word of the profile, None if it has no such word."""
    found = words.__members__.get(word.upper())
    return None if found is None else int(found.value)


def _word(words: type[Enum], number: int | None, default: str) -> str:
    """Return the word of a number of the profile."""
    known = {each.value: each.name.lower() for each in words}
    return default if number is None else known.get(number, default)
