"""`study.planning` from JSON: a list of items, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from datetime import date, timedelta

import orjson

from apps.studies.json_values import is_storable, shown
from apps.studies.planning.expansion import expand, last_study_day
from apps.studies.planning.faults import PlanningError, PlanningFault
from apps.studies.planning.members import GivenMembers
from apps.studies.planning.properties import text_of
from apps.studies.planning.schedule import (
    FIRST_DAY,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_DAYS_OFFSET,
    MOST_ITEMS,
    MOST_OCCURRENCES,
    PlannedItem,
    Planning,
    Schedule,
)
from apps.studies.planning.schedule_reading import read_schedule, target_of
from apps.studies.planning.targets import PlanningTarget

MEMBERS = ("name", "description", "event_schedule")

_TYPICAL_START = date(2024, 1, 1)
"""Of a subject of whom nothing is known, to count events."""


def _none_missing(_: Collection[PlanningTarget]) -> Container[PlanningTarget]:
    return ()


def read_planning(
    given: object,
    duration_in_days: int | None = None,
    missing: Callable[[Collection[PlanningTarget]], Container[PlanningTarget]] = _none_missing,
) -> Planning:
    """Return the items of a planning. Raise PlanningError with every fault of every item.

    `given` is a list of objects, the same as a text of JSON, or null for an empty planning.
    `duration_in_days` is that of the study, if it has one. `missing` is called once, with all
    targets, and returns those that the writer may not plan.
    """
    items = _items(given)
    unavailable = missing({target for item in items if (target := _target(item))})
    planning: list[PlannedItem] = []
    faults: list[PlanningFault] = []
    for position, item in enumerate(items):
        read, wrong = _read_item(item, f"planning[{position}]", unavailable)
        planning.append(read)
        faults += wrong
    if not faults and count_occurrences(planning, duration_in_days) > MOST_OCCURRENCES:
        text = f"It has more than {MOST_OCCURRENCES} events for a subject."
        faults.append(PlanningFault("planning", text))
    if faults:
        raise PlanningError(faults)
    return tuple(planning)


def stored_planning(stored: object) -> Planning:
    """Return the items of a planning that was checked when it was stored."""
    items = stored if isinstance(stored, list) else []
    read = (_read_item(item, "", ()) for item in items)
    return tuple(item for item, faults in read if not faults)


def count_occurrences(planning: Collection[PlannedItem], duration_in_days: int | None) -> int:
    """Return how many events a subject can have; MOST_OCCURRENCES + 1 if there are more. Of each
    item those are counted that it has for whoever starts when it has most."""
    found = 0
    for schedule in (item.schedule for item in planning):
        start = _busiest_start(schedule, duration_in_days)
        planned = len(expand(schedule, start, last_study_day(start, duration_in_days)))
        found += planned * schedule.events_a_day
        if found > MOST_OCCURRENCES:
            return MOST_OCCURRENCES + 1
    return found


def _busiest_start(schedule: Schedule, duration_in_days: int | None) -> date:
    """The first day of a subject who has most events of a schedule. Where it has dates of its own,
    that is not any day."""
    if schedule.start_date is not None:
        return schedule.start_date
    if schedule.end_date is None:
        return _TYPICAL_START
    longest = (schedule.days_offset or 0) + MOST_DAYS_OFFSET
    days = min(duration_in_days or longest, longest)
    return max(FIRST_DAY, schedule.end_date - timedelta(days=days - 1))


def _items(given: object) -> list[object]:
    """The items, not read yet."""
    if isinstance(given, str):
        given = _decode(given)
    if given is None:
        return []
    if not isinstance(given, list):
        raise _refusal(f"Expected a list of items, got {shown(given)}.")
    if len(given) > MOST_ITEMS:
        raise _refusal(f"It has at most {MOST_ITEMS} items, got {len(given)}.")
    return given


def _decode(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _refusal("Expected a list of items, got a text that is not JSON.") from None


def _refusal(text: str) -> PlanningError:
    return PlanningError([PlanningFault("planning", text)])


def _target(item: object) -> PlanningTarget | None:
    if not isinstance(item, dict):
        return None
    return target_of(GivenMembers(item, "", MEMBERS).values.get("event_schedule"))


def _read_item(
    item: object, path: str, unavailable: Container[PlanningTarget]
) -> tuple[PlannedItem, list[PlanningFault]]:
    """An item and its faults. Members that the API does not know are kept."""
    if not isinstance(item, dict):
        return PlannedItem("", Schedule()), [
            PlanningFault(path, f"Expected an object, got {shown(item)}.")
        ]
    members = GivenMembers(item, path, MEMBERS)
    name = members.take("name", text_of(_name)) or ""
    if not name and "name" not in members.wrong:
        members.refuse("name", "It is missing.")
    description = members.take("description", text_of(_description))
    if not is_storable(members.others):
        members.faults.append(
            PlanningFault(path, "It has letters or levels that cannot be stored.")
        )
    schedule, faults = read_schedule(
        members.values.get("event_schedule"), f"{path}.event_schedule", unavailable
    )
    return PlannedItem(name, schedule, description, members.others), [*members.faults, *faults]


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("It is empty.")
    if len(text) > LONGEST_NAME:
        raise ValueError(f"A name has at most {LONGEST_NAME} characters.")
    return _storable(text)


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        raise ValueError(f"A description has at most {LONGEST_DESCRIPTION} characters.")
    return _storable(text)


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("It has letters that cannot be stored.")
    return text
