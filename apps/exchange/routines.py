"""Training routines as workouts."""

from __future__ import annotations

from collections.abc import Mapping

from apps.catalog.models import TrainingRoutine
from apps.exchange.activity import Step, Workout
from apps.exchange.excerpts import digest
from apps.exchange.sports import OTHER

_LARGEST = 2**53
"""No number of a step is as large."""


def workout_of(routine: TrainingRoutine) -> Workout:
    """Return the plan of a routine. Steps are free in form; what cannot be read is left out."""
    steps = tuple(_step(step) for step in routine.steps if isinstance(step, dict))
    kind = routine.activitytype_id or OTHER
    return Workout(routine.name, kind, steps, routine.description, routine.pk)


def version_of(routine: TrainingRoutine) -> str:
    """Return a text that changes whenever a file of the routine might."""
    row = routine
    return digest("routine", row.pk, row.name, row.description, row.activitytype_id, row.steps)


def _step(step: Mapping[str, object]) -> Step:
    kind = _number(step, "activitytype")
    usual = Step()
    return Step(
        activitytype=None if kind is None else int(kind),
        name=_text(step, "name", ""),
        description=_text(step, "description", ""),
        intensity=_text(step, "intensity", usual.intensity),
        duration_type=_text(step, "duration_type", usual.duration_type),
        duration_value=_number(step, "duration_value"),
        target_type=_text(step, "target_type", usual.target_type),
        target_value=_number(step, "target_value"),
        custom_target_low=_number(step, "custom_target_low"),
        custom_target_high=_number(step, "custom_target_high"),
    )


def _text(step: Mapping[str, object], name: str, usual: str) -> str:
    found = step.get(name)
    return found if isinstance(found, str) and found else usual


def _number(step: Mapping[str, object], name: str) -> float | None:
    found = step.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) < _LARGEST else None
