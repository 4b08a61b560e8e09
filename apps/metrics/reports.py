"""Reports and distributions: what metrics come to over all that is asked about, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from apps.api import reading, registry
from apps.api.context import Context
from apps.api.errors import BadRequest
from apps.api.versions import Version
from apps.catalog.models import Metric
from apps.metrics.definition import Value
from apps.metrics.definitions import DEFINITIONS, metric_shown_as
from apps.metrics.evaluation import evaluate
from apps.metrics.parts import ReportPart, split_days
from apps.metrics.questions import TICKS_PER_DAY, ReportQuestion
from apps.metrics.selection import ReportSelection, select_parts
from apps.metrics.shapes import (
    HISTOGRAM,
    JSONObject,
    ReportedTime,
    Result,
    TimeRange,
    member_of_report,
    timerange_object,
)
from apps.metrics.subject import Subject
from apps.metrics.zones import limits

MOST_DAYS_OF_BEATS = 31
"""So much recorded time may a report have whose metrics are not made of counted values."""

_LARGEST_KEY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """The body of an answer, and the ids and texts that were asked for and are no metrics."""

    body: JSONObject
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """What one list of metrics is about, and what they come to."""

    parts: Sequence[ReportPart]
    subject: Subject
    values: Mapping[int, Value]
    chosen: _Chosen

    def metrics(self, context: Context) -> list[JSONObject]:
        """Return the objects of the metrics."""
        return self._members(context, self.chosen.metrics)

    def histograms(self, context: Context) -> list[JSONObject]:
        """Return the objects of the histograms."""
        return self._members(context, self.chosen.histograms)

    def _members(self, context: Context, metrics: Iterable[Metric]) -> list[JSONObject]:
        reported = _reported(self.parts)
        return [member_of_report(context, self._result(each), reported) for each in metrics]

    def _result(self, metric: Metric) -> Result:
        about = self.subject
        zones = limits(metric.pk, metric.zones, about.wearer, about.recorded_from)
        return Result(metric, self.values.get(self.chosen.computed(metric)), zones)


def make_report(
    context: Context, question: ReportQuestion, *, distribution: bool, template: int | None
) -> ReportAnswer:
    """Return the report that a question asks for, of all its parts together or of each day.

    A `distribution` shows histograms too. `template` is the id of the stored report that the
    question came from.
    """
    selected = select_parts(context, question)
    chosen = _Chosen.of(question, context.version)
    parts = split_days(selected.parts) if question.by_day else [selected.parts]
    groups = list(_groups(selected, parts, chosen))
    if context.version == Version.V2_0:
        body = _of_2014(context, groups, template)
    else:
        found = [_newer(context, each, distribution=distribution) for each in groups]
        body = {"count": len(found), "data": found} if question.by_day else found[0]
    return ReportAnswer(body, chosen.skipped)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The metrics and histograms of the catalogue that are asked for, and what is skipped."""

    metrics: Sequence[Metric]
    histograms: Sequence[Metric]
    skipped: tuple[str, ...]
    version: Version

    def computed(self, metric: Metric) -> int:
        """Return the id of the metric whose value is shown."""
        return metric_shown_as(metric.pk, self.version)

    @classmethod
    def of(cls, question: ReportQuestion, version: Version) -> _Chosen:
        """Return what a question asks for, as far as the catalogue knows it; one statement."""
        named, shaped = question.metrics, question.histograms
        wanted = {each for each in (*named.ids, *shaped.ids) if each <= _LARGEST_KEY}
        known = Metric.objects.select_related("unit").in_bulk(wanted) if wanted else {}
        shapes = {pk: each for pk, each in known.items() if each.type == HISTOGRAM}
        unknown = {*named.ids}.difference(known) | {*shaped.ids}.difference(shapes)
        return cls(
            [known[each] for each in named.ids if each in known],
            [shapes[each] for each in shaped.ids if each in shapes],
            (*map(str, sorted(unknown)), *named.others, *shaped.others),
            version,
        )


def _groups(
    selected: ReportSelection, groups: Sequence[Sequence[ReportPart]], chosen: _Chosen
) -> Iterable[_Group]:
    """Yield the groups with the values of all metrics, which are read in one statement."""
    wanted = list({chosen.computed(each) for each in (*chosen.metrics, *chosen.histograms)})
    subjects = [selected.as_one(group) for group in groups]
    _refuse_too_many_beats(wanted, subjects)
    values = evaluate(wanted, subjects)
    for group, about, found in zip(groups, subjects, values, strict=True):
        yield _Group(group, about, found, chosen)


def _refuse_too_many_beats(metrics: Iterable[int], subjects: Sequence[Subject]) -> None:
    """Refuse what would have more single samples and beats read than fit well into memory.

    Most metrics are made of how often each value occurs, whatever the time is. Raises BadRequest.
    """
    needed = [each for each in map(DEFINITIONS.get, metrics) if each is not None]
    ticks = 0
    for about in subjects:
        if any(each.applies_to(about) and each.need(about).series for each in needed):
            ticks += sum(stretch.end - stretch.start for stretch in about.stretches)
    if ticks > MOST_DAYS_OF_BEATS * TICKS_PER_DAY:
        raise BadRequest(
            f"Metrics of single beats cover at most {MOST_DAYS_OF_BEATS} days of records."
        )


def _reported(parts: Sequence[ReportPart]) -> ReportedTime:
    """The time from the first to the last of the parts, and the record where there is one."""
    if not parts:
        return ReportedTime()
    ends = [part.timerange.end for part in parts]
    known = [end for end in ends if end is not None]
    end = max(known) if len(known) == len(ends) else None
    first = parts[0].timerange
    record = parts[0].record if len(parts) == 1 else None
    return ReportedTime(TimeRange(first.start, end, first.user), record)


def _newer(context: Context, group: _Group, *, distribution: bool) -> JSONObject:
    histograms = {"histograms": group.histograms(context)} if distribution else {}
    return {
        **histograms,
        "metrics": group.metrics(context),
        "timeranges": [timerange_object(context, part.timerange) for part in group.parts],
    }


def _of_2014(context: Context, groups: Sequence[_Group], template: int | None) -> JSONObject:
    """The envelope of 2014, in which each group is a list of metrics."""
    return {
        "count": len(groups),
        "data": [group.metrics(context) + group.histograms(context) for group in groups],
        "name": "",
        "outputtype": "list",
        "record": _record(context, groups),
        "report": f"{context.prefix}/templatereport/{template}/",
        "title": "",
    }


def _record(context: Context, groups: Sequence[_Group]) -> JSONObject | None:
    """The record that all of the report is about; null for several, and for anything else."""
    records = {part.record for group in groups for part in group.parts}
    record = records.pop() if len(records) == 1 else None
    if record is None:
        return None
    resource, shown = (
        registry.model_resource("record"),
        replace(context.showing("detail"), query={}),
    )
    rows = reading.read_rows(resource, shown).filter(pk=record)
    return next(iter(reading.read_objects(resource, shown, rows)), None)
