"""The rows of calendars, read from the store in as few statements as possible."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import QuerySet

from apps.access.visibility import StudySubjectRule
from apps.api.callers import Caller
from apps.enrolment.models import StudyStatus, StudySubject
from apps.studies.calendar.asking import AskedDays
from apps.studies.planning.done import count_done
from apps.studies.planning.expansion import expand, last_study_day
from apps.studies.planning.reading import stored_planning
from apps.studies.planning.schedule import PlannedItem, Planning
from apps.studies.planning.windows import ZoneWindows
from apps.studies.subject_facts import read_facts
from apps.studies.subject_zones import SubjectZones


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """All rows of an item of a planning for a subject.

    `days` are in order, as `date.toordinal` counts them. On each there are as many events as the
    schedule says, and as many of them are done as `done` has for the day, or none.
    """

    subject: StudySubject
    position: int
    item: PlannedItem
    days: Sequence[int]
    windows: ZoneWindows
    done: Mapping[int, int]

    @property
    def numbers(self) -> range:
        """The numbers of the events of a day; those up to what `done` has for it are done."""
        return range(1, self.item.schedule.events_a_day + 1)


def subjects_with_calendar(caller: Caller) -> QuerySet[StudySubject]:
    """Return the subjects whose calendar `caller` may see: those whom they see, in studies that
    are neither disabled nor deleted."""
    seen = StudySubject.objects.filter(StudySubjectRule().condition(caller))
    off = (StudyStatus.DISABLED, StudyStatus.DELETED)
    return seen.exclude(study__status__in=off).select_related("study").order_by("study", "pk")


def read_calendar(subjects: Collection[StudySubject], asked: AskedDays) -> list[CalendarItem]:
    """Return the items of subjects, whose studies are read already: subject by subject, in the
    order of their plannings. It costs at most three statements (`read_facts`)."""
    items = list(_planned_items(subjects, asked))
    days = [day for each in items for day in (each.days[0], each.days[-1])]
    if not days:
        return []
    targets = {each.item.schedule.target for each in items} - {None}
    first, last = date.fromordinal(min(days)), date.fromordinal(max(days))
    facts = read_facts(subjects, {target for target in targets if target}, first, last)
    return [
        replace(each, done=count_done(each.item.schedule, facts[each.subject.pk], each.windows))
        for each in items
    ]


def _planned_items(subjects: Collection[StudySubject], asked: AskedDays) -> Iterator[CalendarItem]:
    """Items that have rows, without what is done."""
    plannings: dict[int, Planning] = {}
    zones = SubjectZones()
    for subject in subjects:
        study = subject.study
        if study.pk not in plannings:
            plannings[study.pk] = stored_planning(study.planning)
        windows = zones.of(subject, study)
        begin, end = asked.in_zone(windows.zone)
        last = last_study_day(subject.start_date, study.duration_in_days)
        last = min(last, end - timedelta(days=1)) if last else end - timedelta(days=1)
        for position, item in enumerate(plannings[study.pk]):
            days = expand(item.schedule, subject.start_date, last, begin)
            if days:
                yield CalendarItem(subject, position, item, days, windows, {})
