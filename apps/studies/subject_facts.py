"""What subjects did, read from the store for many of them at once (studies 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from apps.enrolment.models import StudySubject
from apps.fitness.models import AsyncValue
from apps.records.models import Range
from apps.studies.models import SurveyAnswers
from apps.studies.planning.facts import COUNTING_STATUSES, Facts, TargetFacts
from apps.studies.planning.targets import PlanningTarget, TargetKind
from apps.studies.planning.windows import TICKS_PER_DAY

_DAYS_BEFORE, _DAYS_AFTER = 1, 3
"""Days in UTC, around the planned ones, in which their windows can be: a window may end on the day
after, and a clock is up to a day away from UTC."""
_EPOCH = date(1970, 1, 1)

FoundFact = tuple[int, int, PlanningTarget, int | date]
"""The study, 0 for any, the user, what was done, and the moment in ticks or the date."""


def read_facts(
    subjects: Collection[StudySubject],
    targets: Collection[PlanningTarget],
    first: date,
    last: date,
) -> Mapping[int, Facts]:
    """Return what counts for these targets from the first planned day to the last, by the primary
    key of the subject. Subjects who did nothing have an empty mapping.

    It costs one statement for each kind that is planned, at most three, whatever the numbers of
    subjects, targets and days: ranges, answers and values of KPIs.
    """
    span = _span(first, last)
    users = {subject.user_id for subject in subjects}
    found: dict[tuple[int, int], dict[PlanningTarget, TargetFacts]]
    found = defaultdict(lambda: defaultdict(TargetFacts))
    if users and targets:
        studies = {subject.study_id for subject in subjects}
        _gather(found, _read_ranges(users, targets, span))
        _gather(found, _read_answers(users, studies, targets, span))
        _gather(found, _read_values(users, targets, span))
    return {subject.pk: _facts_of(subject, found) for subject in subjects}


def _span(first: date, last: date) -> tuple[int, int]:
    """The first and the last tick of moments that can count on these days."""
    start = (first - _EPOCH).days - _DAYS_BEFORE
    return start * TICKS_PER_DAY, ((last - _EPOCH).days + _DAYS_AFTER) * TICKS_PER_DAY


def _keys(targets: Iterable[PlanningTarget], kind: TargetKind) -> dict[Any, PlanningTarget]:
    """The targets of a kind by their keys."""
    return {target.key: target for target in targets if target.kind == kind}


def _read_ranges(
    users: Collection[int], targets: Collection[PlanningTarget], span: tuple[int, int]
) -> Iterator[FoundFact]:
    """Ranges count for their routine, their activity type and that of their routine, each once."""
    types = _keys(targets, TargetKind.ACTIVITY_TYPE)
    routines = _keys(targets, TargetKind.TRAINING_ROUTINE)
    if not types and not routines:
        return
    named = Q(activitytype__in=types) | Q(trainingroutine__activitytype__in=types)
    rows = Range.objects.filter(
        named | Q(trainingroutine__in=routines),
        user__in=users,
        start__range=span,
        autodetected=False,
    )
    columns = ("activitytype", "trainingroutine__activitytype", "trainingroutine")
    for user, start, own, of_routine, routine in rows.order_by().values_list(
        "user", "start", *columns
    ):
        for key in {own, of_routine} & types.keys():
            yield 0, user, types[key], start
        if routine in routines:
            yield 0, user, routines[routine], start


def _read_answers(
    users: Collection[int],
    studies: Collection[int],
    targets: Collection[PlanningTarget],
    span: tuple[int, int],
) -> Iterator[FoundFact]:
    """Answers count for the study in which they were given."""
    surveys = _keys(targets, TargetKind.SURVEY)
    if not surveys:
        return
    rows = SurveyAnswers.objects.filter(
        user__in=users,
        study__in=studies,
        survey__in=surveys,
        status__in=COUNTING_STATUSES,
        moment__range=span,
    )
    for study, user, survey, moment, has_time in rows.order_by().values_list(
        "study", "user", "survey", "moment", "has_time"
    ):
        yield study, user, surveys[survey], moment if has_time else _date_of(moment)


def _date_of(moment: int) -> date:
    """The date in UTC of a moment in ticks."""
    return _EPOCH + timedelta(days=moment // TICKS_PER_DAY)


def _read_values(
    users: Collection[int], targets: Collection[PlanningTarget], span: tuple[int, int]
) -> Iterator[FoundFact]:
    """Values count for every KPI that has their data type."""
    kpis = _keys(targets, TargetKind.KPI)
    if not kpis:
        return
    rows = AsyncValue.objects.filter(
        user__in=users, start__range=span, datatype__kpis__name__in=kpis
    )
    for user, start, name in rows.order_by().values_list("user", "start", "datatype__kpis__name"):
        yield 0, user, kpis[name], start


def _gather(
    found: Mapping[tuple[int, int], Mapping[PlanningTarget, TargetFacts]],
    facts: Iterable[FoundFact],
) -> None:
    """Add facts to those of their study and user."""
    for study, user, target, at in facts:
        known = found[study, user][target]
        if isinstance(at, date):
            known.dates[at] += 1
        else:
            known.moments.append(at)


def _facts_of(subject: StudySubject, found: Mapping[tuple[int, int], Facts]) -> Facts:
    """What the subject did anywhere, and what they answered in the study."""
    keys = ((0, subject.user_id), (subject.study_id, subject.user_id))
    facts = {target: known for key in keys for target, known in found.get(key, {}).items()}
    for known in facts.values():
        known.moments.sort()
    return facts
