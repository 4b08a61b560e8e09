"""Metrics of what subjects recorded while they were in the study.

Each record is one value of a metric. Metrics of nights, rest tests and fitness tests have one value
for each range instead, because records do not have them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeGuard

from django.db.models import QuerySet

from apps.catalog.models import Metric
from apps.enrolment.models import StudySubject
from apps.metrics import results
from apps.metrics.definition import FAILED, Value
from apps.metrics.definitions import DECLARED, DEFINITIONS, NIGHTS, TESTS, VARIABILITY
from apps.metrics.fingerprints import RANGES, RECORDS, Place
from apps.metrics.of_samples import OfRestTest
from apps.metrics.results import Present
from apps.records.models import Range, Record
from apps.studies.models import StudyReport
from apps.studies.planning.schedule import FIRST_DAY, Schedule
from apps.studies.reports.report_subjects import (
    BY_GROUP,
    ReportNames,
    ReportSpan,
    group_name,
    in_groups,
    read_subjects,
)
from apps.studies.reports.report_table import Cell, ReportError, ReportTable, Tell
from apps.studies.subject_zones import SubjectZones
from apps.studies.tables.csv_file import guard_formula

MOST_FOUND = 10_000
"""So many records and ranges a report may be about."""
BATCH = 100
"""So many are computed in one transaction."""
COMPUTED = 0.9
"""The progress when everything is computed."""

_NUMBERS = ("metric", "name", "unit", "n", "mean", "min", "max")
COLUMNS = ("subject", "study_group", *_NUMBERS)
GROUP_COLUMNS = ("study_group", "subjects", *_NUMBERS)

_REST_TESTS = [each for each in DECLARED if isinstance(each, OfRestTest)]
OF_RANGES = frozenset(each.id for each in (*NIGHTS, *TESTS, *_REST_TESTS))
_MAY_FAIL = frozenset(each.id for each in VARIABILITY)

_WHOLE_DAY = Schedule()


@dataclass(frozen=True, slots=True)
class MeasuredObject:
    """A record or a range of a subject."""

    place: Place
    key: int
    subject: int
    """The primary key of the subject."""


def compute_next(report: StudyReport, position: int, tell: Tell) -> int | None:
    """Compute what is not kept of the next objects after `position`, and return where they end;
    None when no more are left.

    What is computed is kept beside the objects, so that a worker that is killed loses little.
    """
    objects = _measured(report, read_subjects(report))
    end = position + BATCH
    for place in (RECORDS, RANGES):
        _complete(report, place, objects[position:end])
    tell(COMPUTED * min(end / max(len(objects), 1), 1))
    return end if end < len(objects) else None


def metrics_table(report: StudyReport, names: ReportNames) -> ReportTable:
    """Return the table of a report; at most seven statements where all is computed."""
    subjects = read_subjects(report)
    values = _values(report, _measured(report, subjects))
    metrics = _metrics(report)
    if report.group_by == BY_GROUP:
        rows = _group_rows(metrics, subjects, values)
        return ReportTable.gather(GROUP_COLUMNS, rows)
    return ReportTable.gather(
        COLUMNS,
        (
            [
                names.name(subject),
                group_name(subject),
                *_cells(metric, values[subject.pk, metric.pk]),
            ]
            for subject in names.in_order(subjects)
            for metric in metrics
        ),
    )


def _metrics(report: StudyReport) -> list[Metric]:
    """The metrics of a report in its order."""
    known = Metric.objects.select_related("unit").in_bulk(report.include_metrics)
    return [known[key] for key in report.include_metrics if key in known]


def _measured(report: StudyReport, subjects: Sequence[StudySubject]) -> list[MeasuredObject]:
    """The records and ranges of the subjects that began on the days of the report. Raise
    ReportError for too many."""
    spans = _spans(report, subjects)
    places: list[tuple[Place, QuerySet[Record] | QuerySet[Range]]] = [
        (RECORDS, Record.objects.all()),
        (RANGES, Range.objects.filter(autodetected=False)),
    ]
    found: list[MeasuredObject] = []
    for place, rows in places:
        if _metrics_of(report, place):
            found += _began(place, rows, spans)
    if len(found) > MOST_FOUND:
        raise ReportError(f"It would be about more than {MOST_FOUND:,} records or ranges.")
    return found


def _metrics_of(report: StudyReport, place: Place) -> list[int]:
    """The metrics of a report that records, or ranges, have."""
    return [key for key in report.include_metrics if (key in OF_RANGES) == (place is RANGES)]


@dataclass(frozen=True, slots=True)
class _SubjectSpan:
    """The time of a subject in the study, from `start` to before `end`, in ticks."""

    subject: int
    start: int
    end: int


def _spans(report: StudyReport, subjects: Iterable[StudySubject]) -> dict[int, _SubjectSpan]:
    """The time of each user in the study, on the clocks of their own zones. Raise ReportError for
    an unknown zone."""
    span, zones = ReportSpan(report.start, report.end), SubjectZones()
    found = {}
    for subject in subjects:
        first, last = span.first_day(subject), span.last_day(report.study, subject)
        if FIRST_DAY <= first <= last:
            windows = zones.of(subject, report.study)
            start, end = windows.of(_WHOLE_DAY, first).start, windows.of(_WHOLE_DAY, last).end
            found[subject.user_id] = _SubjectSpan(subject.pk, start, end)
    return found


def _began(
    place: Place, rows: QuerySet[Record] | QuerySet[Range], spans: Mapping[int, _SubjectSpan]
) -> Iterator[MeasuredObject]:
    """The rows of users that began in their time; one statement."""
    if not spans:
        return
    first = min(span.start for span in spans.values())
    last = max(span.end for span in spans.values())
    among = rows.filter(user__in=spans, start__gte=first, start__lt=last).order_by("pk")
    for key, user, start in among.values_list("pk", "user", "start"):
        span = spans[user]
        if start is not None and span.start <= start < span.end:
            yield MeasuredObject(place, key, span.subject)


def _complete(
    report: StudyReport, place: Place, objects: Sequence[MeasuredObject]
) -> dict[int, Present]:
    """Return the objects of one place with all metrics of the report."""
    keys = [each.key for each in objects if each.place is place]
    if not keys:
        return {}
    found = results.read_results(place, keys)
    metrics = [key for key in _metrics_of(report, place) if key in DEFINITIONS]
    results.complete_results(place, dict.fromkeys(found, metrics), found)
    return found


Values = dict[tuple[int, int], list[float]]
"""The values of a subject and a metric, by their primary keys."""


def _values(report: StudyReport, objects: Sequence[MeasuredObject]) -> Values:
    """What there is of each subject and metric."""
    found: Values = defaultdict(list)
    for place in (RECORDS, RANGES):
        present = _complete(report, place, objects)
        for each in objects:
            if each.place is place and each.key in present:
                for metric in _metrics_of(report, place):
                    value = present[each.key].value_of(metric).value
                    if _counts(value, metric):
                        found[each.subject, metric].append(value)
    return found


def _counts(value: Value, metric: int) -> TypeGuard[float]:
    """Whether something was measured."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value != FAILED or metric not in _MAY_FAIL


def _cells(metric: Metric, values: Sequence[float]) -> list[Cell]:
    """The cells of a metric: how many values there are, their mean, the least and the greatest."""
    named: list[Cell] = [metric.pk, guard_formula(metric.name), guard_formula(metric.unit.si_short)]
    if not values:
        return [*named, 0, None, None, None]
    return [*named, len(values), fmean(values), min(values), max(values)]


def _group_rows(
    metrics: Sequence[Metric], subjects: Iterable[StudySubject], values: Values
) -> Iterator[list[Cell]]:
    """The cells of each group: all values of its subjects together, and of how many subjects there
    are some."""
    for members in in_groups(subjects):
        for metric in metrics:
            parts = [
                values[each.pk, metric.pk] for each in members if (each.pk, metric.pk) in values
            ]
            together = [value for part in parts for value in part]
            yield [group_name(members[0]), len(parts), *_cells(metric, together)]
