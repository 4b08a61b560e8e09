"""How much of the plan subjects have done: a row for each subject and item, and one for all items
(studies 9.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from apps.enrolment.models import Study, StudySubject
from apps.studies.models import StudyReport
from apps.studies.planning.compliance import Compliance, judge_days
from apps.studies.planning.done import count_done
from apps.studies.planning.expansion import expand
from apps.studies.planning.facts import Facts
from apps.studies.planning.reading import stored_planning
from apps.studies.planning.schedule import FIRST_DAY, Planning, Schedule
from apps.studies.planning.windows import ZoneWindows
from apps.studies.reports.report_subjects import (
    BY_GROUP,
    BY_SUBJECT,
    ReportNames,
    ReportSpan,
    group_name,
    in_groups,
    read_subjects,
)
from apps.studies.reports.report_table import Cell, ReportError, ReportTable, Tell
from apps.studies.subject_facts import read_facts
from apps.studies.subject_zones import SubjectZones
from apps.studies.tables.csv_file import guard_formula
from hexostore import clock

FACTS_READ = 0.5
"""The progress when the store has been read."""

_NUMBERS = ("position", "item", "expected", "done", "missed", "upcoming", "rate")
COLUMNS = ("subject", "study_group", *_NUMBERS)
GROUP_COLUMNS = ("study_group", "subjects", *_NUMBERS)
TOTAL = "total"
"""The item of a row for all items. It has no position."""


def compliance_table(report: StudyReport, names: ReportNames, tell: Tell) -> ReportTable:
    """Return the table of a report; at most four statements, whatever the number of subjects.

    Raise ReportError for an unknown zone.
    """
    planning = stored_planning(report.study.planning)
    subjects = read_subjects(report)
    judged = dict(judge_subjects(report, planning, subjects, tell))
    if report.group_by == BY_GROUP:
        return ReportTable.gather(GROUP_COLUMNS, _group_rows(planning, judged))
    items = () if report.group_by == BY_SUBJECT else planning
    return ReportTable.gather(
        COLUMNS,
        (
            [names.name(subject), group_name(subject), *numbers]
            for subject in names.in_order(judged)
            for numbers in _rows(items, judged[subject])
        ),
    )


def judge_subjects(
    report: StudyReport, planning: Planning, subjects: Sequence[StudySubject], tell: Tell
) -> Iterator[tuple[StudySubject, list[Compliance]]]:
    """Yield each subject with the compliance of each item. Raise ReportError for an unknown
    zone."""
    span, zones, now = ReportSpan(report.start, report.end), SubjectZones(), clock.ticks()
    facts = _read_facts(report.study, planning, subjects, span)
    tell(FACTS_READ)
    # Subjects who start on the same day have the same events.
    starts = sorted(subjects, key=attrgetter("start_date"))
    done = 0
    for _, group in groupby(starts, key=attrgetter("start_date")):
        together = list(group)
        events = _planned_days(report.study, planning, together[0], span)
        for subject in together:
            yield subject, _judge(events, facts[subject.pk], zones.of(subject, report.study), now)
        done += len(together)
        tell(FACTS_READ + (1 - FACTS_READ) * done / len(subjects))


def _read_facts(
    study: Study, planning: Planning, subjects: Sequence[StudySubject], span: ReportSpan
) -> Mapping[int, Facts]:
    """What the subjects did, by their primary keys."""
    targets = {item.schedule.target for item in planning if item.schedule.target is not None}
    first = min((span.first_day(each) for each in subjects), default=FIRST_DAY)
    last = max((span.last_day(study, each) for each in subjects), default=FIRST_DAY)
    return read_facts(subjects, targets, first, last)


PlannedDays = list[tuple[Schedule, Sequence[int]]]
"""The schedules of a planning with their days, as `date.toordinal` counts them."""


def _planned_days(
    study: Study, planning: Planning, subject: StudySubject, span: ReportSpan
) -> PlannedDays:
    """What is planned for a subject on the days of a report."""
    first, last = span.first_day(subject), span.last_day(study, subject)
    schedules = [item.schedule for item in planning]
    return [(each, expand(each, subject.start_date, last, first)) for each in schedules]


def _judge(events: PlannedDays, facts: Facts, windows: ZoneWindows, now: int) -> list[Compliance]:
    """How much a subject has done of each item."""
    try:
        return [
            judge_days(schedule, days, count_done(schedule, facts, windows), windows, now)
            for schedule, days in events
        ]
    except ValueError:
        raise ReportError(f"There is no time zone {windows.zone}.") from None


def _rows(planning: Planning, judged: Sequence[Compliance]) -> Iterator[list[Cell]]:
    """The cells of each item, and of all together."""
    for position, (item, each) in enumerate(zip(planning, judged, strict=False)):
        yield [position, guard_formula(item.name), *_numbers(each)]
    yield [None, TOTAL, *_numbers(add_up(judged))]


def _numbers(found: Compliance) -> list[Cell]:
    return [found.expected, found.done, found.missed, found.upcoming, found.rate]


def add_up(parts: Iterable[Compliance]) -> Compliance:
    """Return what several numbers come to together."""
    done = missed = upcoming = 0
    for part in parts:
        done, missed, upcoming = done + part.done, missed + part.missed, upcoming + part.upcoming
    return Compliance(done, missed, upcoming)


def _group_rows(
    planning: Planning, judged: Mapping[StudySubject, Sequence[Compliance]]
) -> Iterator[list[Cell]]:
    """The cells of each group."""
    for members in in_groups(judged):
        parts = zip(*(judged[each] for each in members), strict=True)
        for cells in _rows(planning, [add_up(each) for each in parts]):
            yield [group_name(members[0]), len(members), *cells]
