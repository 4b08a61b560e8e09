"""Calendars row by row, which is slow and plain: what `count_done` and `judge_days` say of whole
days has to agree with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

from apps.studies.planning.compliance import Compliance
from apps.studies.planning.done import count_done
from apps.studies.planning.facts import COUNTING_STATUSES, Facts, TargetFacts
from apps.studies.planning.schedule import PlannedItem
from apps.studies.planning.targets import PlanningTarget, TargetKind
from apps.studies.planning.windows import ZoneWindows
from tests.studies.dates import days_of


class Occurrence(NamedTuple):
    """One event of a planning for a subject; a row of the calendar."""

    position: int
    """That of its item in the planning; 0 is the first."""
    item: PlannedItem
    day: date
    number: int
    """Among the events of that item and day; 1 is the first."""


@dataclass(frozen=True, slots=True)
class RangeFact:
    """A range of the subject that is not deleted. `start` is in ticks."""

    start: int
    activitytype: int | None = None
    trainingroutine: int | None = None
    routine_activitytype: int | None = None
    """The activity type of its routine."""
    autodetected: bool = False


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """An answer to a survey in this study. `authored` is in ticks, or a date without a time."""

    survey: int
    status: str
    authored: int | date


@dataclass(frozen=True, slots=True)
class MeasureFact:
    """A value of a KPI, by its name. `start` is in ticks."""

    kpi: str
    start: int


def occurrences(
    planning: Iterable[PlannedItem], subject_start: date, study_end: date | None
) -> Iterator[Occurrence]:
    """Yield every event of a planning for a subject: item by item, each by date.

    `study_end` is the last day, or None for a study without an end. To end earlier, give an earlier
    day: it takes events away at the end and changes no other.
    """
    for position, item in enumerate(planning):
        events = range(1, item.schedule.events_a_day + 1)
        for day in days_of(item.schedule, subject_start, study_end):
            yield from (Occurrence(position, item, day, number) for number in events)


def gather_facts(
    ranges: Iterable[RangeFact] = (),
    answers: Iterable[AnswerFact] = (),
    measures: Iterable[MeasureFact] = (),
) -> Facts:
    """Return what counts for each target: no ranges that were found automatically, and only
    answers that are finished."""
    found: dict[PlanningTarget, TargetFacts] = defaultdict(TargetFacts)
    for each in ranges:
        for target in _targets_of(each):
            found[target].moments.append(each.start)
    for answer in answers:
        if answer.status in COUNTING_STATUSES:
            _add_answer(found[PlanningTarget(TargetKind.SURVEY, answer.survey)], answer.authored)
    for measure in measures:
        found[PlanningTarget(TargetKind.KPI, measure.kpi)].moments.append(measure.start)
    for facts in found.values():
        facts.moments.sort()
    return dict(found)


def _targets_of(fact: RangeFact) -> set[PlanningTarget]:
    """What a range is done of: its routine, its activity type and that of its routine."""
    if fact.autodetected:
        return set()
    types = (fact.activitytype, fact.routine_activitytype)
    found = {PlanningTarget(TargetKind.ACTIVITY_TYPE, key) for key in types if key is not None}
    if fact.trainingroutine is not None:
        found.add(PlanningTarget(TargetKind.TRAINING_ROUTINE, fact.trainingroutine))
    return found


def _add_answer(facts: TargetFacts, authored: int | date) -> None:
    if isinstance(authored, date):
        facts.dates[authored] += 1
    else:
        facts.moments.append(authored)


def mark_done(rows: Iterable[Occurrence], facts: Facts, windows: ZoneWindows) -> Iterator[bool]:
    """Yield whether each row is done. Rows are those of `occurrences`, or of some of its dates.

    As many facts as there are in the window of a date make the first rows of that date done. Each
    item counts for itself, so one range can serve two items. Raise ValueError for an unknown zone.
    """
    for _, of_item in groupby(rows, key=lambda row: row.position):
        found = list(of_item)
        happened = count_done(found[0].item.schedule, facts, windows)
        yield from (row.number <= happened.get(row.day.toordinal(), 0) for row in found)


def judge(rows: Iterable[tuple[Occurrence, bool]], windows: ZoneWindows, now: int) -> Compliance:
    """Return how rows and whether they are done add up at the moment `now`, in ticks. Raise
    ValueError for an unknown zone."""
    done = missed = upcoming = 0
    for row, is_done in rows:
        if is_done:
            done += 1
        elif windows.of(row.item.schedule, row.day).end <= now:
            missed += 1
        else:
            upcoming += 1
    return Compliance(done, missed, upcoming)
