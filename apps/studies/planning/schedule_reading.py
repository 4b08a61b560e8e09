"""`event_schedule` from JSON, with everything that is wrong with it (studies 4.2)."""

from __future__ import annotations

from collections.abc import Container

from whenever import Date

from apps.studies.json_values import shown
from apps.studies.planning.faults import PlanningFault
from apps.studies.planning.frequency import Frequency, read_frequency
from apps.studies.planning.members import GivenMembers
from apps.studies.planning.properties import numbers, read_date, text_of, whole_number
from apps.studies.planning.schedule import (
    DAY_SELECTIONS,
    MOST_DAYS_OFFSET,
    MOST_EVENTS_A_DAY,
    MOST_YEARS,
    Schedule,
)
from apps.studies.planning.targets import PlanningTarget, read_target
from apps.studies.planning.times import WHOLE_DAY, read_time

PROPERTIES = (
    "repeat_frequency",
    "repeat_period",
    "repeat_count",
    "days_offset",
    "resource_uri",
    "start_time",
    "end_time",
    *DAY_SELECTIONS,
    "start_date",
    "end_date",
)

_MANY = 10**9
"""More than any limit that is found later."""


def read_schedule(
    given: object, path: str, unavailable: Container[PlanningTarget]
) -> tuple[Schedule, list[PlanningFault]]:
    """Return a schedule and its faults. It means nothing if there are any.

    `unavailable` are the targets that do not exist for whoever writes the planning.
    """
    if not isinstance(given, dict):
        return Schedule(), [PlanningFault(path, f"Expected an object, got {shown(given)}.")]
    members = GivenMembers(given, path, PROPERTIES)
    schedule = _read_members(members)
    _check_target(members, schedule, unavailable)
    _check_times(members, schedule)
    _check_dates(members, schedule)
    _check_days(members, schedule)
    _check_length(members, schedule)
    members.refuse_others()
    return schedule, sorted(members.faults, key=_place)


def target_of(given: object) -> PlanningTarget | None:
    """Return the target of a schedule in JSON, or None if it has none or a malformed one."""
    if not isinstance(given, dict):
        return None
    return GivenMembers(given, "", PROPERTIES).take("resource_uri", text_of(read_target))


def _read_members(members: GivenMembers) -> Schedule:
    frequency = members.take("repeat_frequency", text_of(read_frequency))
    longest_days = frequency.longest_days if frequency else MOST_DAYS_OFFSET + 1
    return Schedule(
        frequency=frequency,
        repeat_period=members.take("repeat_period", whole_number(0, _MANY)),
        repeat_count=members.take("repeat_count", whole_number(1, _MANY)),
        days_offset=members.take("days_offset", whole_number(0, MOST_DAYS_OFFSET)),
        target=members.take("resource_uri", text_of(read_target)),
        start_time=members.take("start_time", text_of(read_time)),
        end_time=members.take("end_time", text_of(read_time)),
        by_month_day=members.take("by_month_day", numbers(1, 31)) or (),
        by_week_day=members.take("by_week_day", numbers(0, 6)) or (),
        by_period_day=members.take("by_period_day", numbers(1, longest_days)) or (),
        start_date=members.take("start_date", text_of(read_date)),
        end_date=members.take("end_date", text_of(read_date)),
    )


def _check_target(
    members: GivenMembers, schedule: Schedule, unavailable: Container[PlanningTarget]
) -> None:
    if schedule.target is not None and schedule.target in unavailable:
        members.refuse("resource_uri", f"There is no {schedule.target.uri()}.")


def _check_times(members: GivenMembers, schedule: Schedule) -> None:
    """Times make a window. An end before the start is on the next day."""
    if schedule.start_time == WHOLE_DAY:
        members.refuse("start_time", "24:00 is an end only. Write 00:00 of the next day.")
    elif "start_time" not in members.wrong and schedule.end_time == (schedule.start_time or 0):
        members.refuse("end_time", "It equals the start. The end of the day is 24:00.")


def _check_dates(members: GivenMembers, schedule: Schedule) -> None:
    """Both dates count, and an item with a date of its own has no offset."""
    start, end = schedule.start_date, schedule.end_date
    if schedule.days_offset and members.has("start_date"):
        members.refuse("days_offset", "It counts from the subject's start, not a start_date.")
    if start is None or end is None:
        return
    if end < start:
        members.refuse("end_date", f"It is before start_date, {start}.")
    elif end > Date(start).add(years=MOST_YEARS).to_stdlib():
        members.refuse("end_date", f"It is more than 5 years after start_date, {start}.")


def _check_days(members: GivenMembers, schedule: Schedule) -> None:
    """Days are chosen of a period, by one of three properties."""
    given = [name for name in DAY_SELECTIONS if getattr(schedule, name) or name in members.wrong]
    for name in given[1:]:
        members.refuse(name, f"Use one of {', '.join(DAY_SELECTIONS)}; there is {given[0]} too.")
    if members.has("repeat_frequency"):
        return
    for name in given:
        members.refuse(name, "It chooses days of a period, so it needs a repeat_frequency.")
    if (schedule.repeat_period or 0) > 1:
        members.refuse("repeat_period", "It needs a repeat_frequency.")


def _check_length(members: GivenMembers, schedule: Schedule) -> None:
    """All periods together are at most five years, and a day has so many events at most."""
    frequency = schedule.frequency
    if frequency and schedule.repeat_period:
        _check_periods(members, "repeat_period", schedule.repeat_period, frequency)
    if schedule.repeat_count is None or _is_undecided(members):
        return
    if frequency and schedule.counts_periods:
        _check_periods(members, "repeat_count", schedule.repeat_count, frequency)
    elif schedule.repeat_count > MOST_EVENTS_A_DAY:
        members.refuse("repeat_count", f"A day has at most {MOST_EVENTS_A_DAY} events.")


def _check_periods(members: GivenMembers, name: str, periods: int, frequency: Frequency) -> None:
    most = frequency.most_periods
    if periods > most:
        text = f"{periods} periods of {frequency} are longer than 5 years, {most} are not."
        members.refuse(name, text)


def _is_undecided(members: GivenMembers) -> bool:
    """Whether a wrong property hides what repeat_count counts."""
    return not members.wrong.isdisjoint(("repeat_frequency", "repeat_period", "end_date"))


def _place(fault: PlanningFault) -> int:
    """The place of the property of a fault among all properties; what has none comes last."""
    name = fault.path.rpartition(".")[2].partition("[")[0]
    return PROPERTIES.index(name) if name in PROPERTIES else len(PROPERTIES)
