"""A planning as JSON, as it is stored and given back: snake_case, with numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable

from apps.studies.planning.schedule import DAY_SELECTIONS, PlannedItem, Schedule
from apps.studies.planning.times import write_time

API = "/api/"


def planning_json(planning: Iterable[PlannedItem], prefix: str = API) -> list[dict[str, object]]:
    """Return the items as JSON, with what was given and no more. Read again, it is the same
    planning. URIs begin with `prefix`."""
    return [_item_json(item, prefix) for item in planning]


def _item_json(item: PlannedItem, prefix: str) -> dict[str, object]:
    described = {} if item.description is None else {"description": item.description}
    schedule = schedule_json(item.schedule, prefix)
    return {"name": item.name, **described, "event_schedule": schedule, **item.others}


def schedule_json(schedule: Schedule, prefix: str = API) -> dict[str, object]:
    """Return the `event_schedule` of an item."""
    frequency, target = schedule.frequency, schedule.target
    values: dict[str, object] = {
        "repeat_frequency": None if frequency is None else str(frequency),
        "repeat_period": schedule.repeat_period,
        "repeat_count": schedule.repeat_count,
        "days_offset": schedule.days_offset,
        "resource_uri": None if target is None else target.uri(prefix),
        "start_time": _time(schedule.start_time),
        "end_time": _time(schedule.end_time),
        **{name: list(getattr(schedule, name)) or None for name in DAY_SELECTIONS},
        "start_date": schedule.start_date and schedule.start_date.isoformat(),
        "end_date": schedule.end_date and schedule.end_date.isoformat(),
    }
    return {name: value for name, value in values.items() if value is not None}


def _time(time: int | None) -> str | None:
    return None if time is None else write_time(time)
