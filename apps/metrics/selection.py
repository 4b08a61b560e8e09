"""Which records, ranges and times a report is about: those that the caller sees, and no others.

What is invisible is as if it were not there. Only the rules of the resources decide what is
visible; the number of statements does not depend on how much is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from apps.api import filtering, lookups, registry
from apps.api.context import Context
from apps.api.errors import BadRequest, NotFound
from apps.api.resources import ModelResource
from apps.catalog.resources import CATEGORIES
from apps.metrics import subject
from apps.metrics.parts import ReportPart, whole_part
from apps.metrics.questions import ENDS_BEFORE_START, ReportQuestion
from apps.metrics.shapes import TimeRange
from apps.metrics.stretches import Span
from apps.metrics.subject import Subject, SubjectKind, pool
from apps.metrics.wearer import SEVERAL, Wearer, wearers
from apps.records.models import Record
from apps.signals.selection.query import EVER, key

MOST_FOUND = 10_000
"""So many records or ranges a report may be about."""

NOTHING_SELECTED = "Name a record, a range, or a user with start and end."
KINDS_NEED_TIME = "activitytype, category and trainingroutine need a user with start and end."


@dataclass(frozen=True, slots=True)
class ReportSelection:
    """What a report is about: its parts in the order of time, and `wearer`, who it is about where
    there are none; `start` is the tick at which it begins then."""

    parts: list[ReportPart]
    wearer: Wearer
    start: int = 0

    def as_one(self, parts: Sequence[ReportPart]) -> Subject:
        """Return some of the parts as one; without any a subject of which nothing is known."""
        if parts:
            return pool([part.subject for part in parts])
        nothing = Span(self.start, self.start)
        return Subject(self.wearer, (nothing,), (), SubjectKind.RECORD, complete=False)


def select_parts(context: Context, question: ReportQuestion) -> ReportSelection:
    """Return what is asked about.

    Raises NotFound where the caller sees nothing of what is named, BadRequest where nothing is
    selected, or too much.
    """
    if question.records or question.ranges:
        parts, people = _named(context, question)
    elif question.users and question.start is not None and question.end is not None:
        parts, people = _of_times(context, question)
    else:
        raise BadRequest(NOTHING_SELECTED)
    parts = sorted(parts, key=lambda part: (part.timerange.start, part.timerange.user))
    known = set(people) if not parts else set()
    return ReportSelection(parts, known.pop() if len(known) == 1 else SEVERAL, question.start or 0)


_Found = tuple[list[ReportPart], Iterable[Wearer]]
"""The parts of a report, and the people whose they are or could be."""


def _named(context: Context, question: ReportQuestion) -> _Found:
    """The records and ranges that are named, cut to the time that is asked about, if any."""
    if question.kinds:
        raise BadRequest(KINDS_NEED_TIME)
    users = _users(context, question.users) if question.users else None
    records = _seen(context, "record", users, question.records)
    ranges = _seen(context, "range", users, question.ranges)
    if not records and not ranges:
        raise NotFound
    parts = [whole_part(each, pk) for pk, each in _subjects(subject.of_records, records).items()]
    parts += [whole_part(each) for each in _subjects(subject.of_ranges, ranges).values()]
    return list(_cut(parts, question)), (part.subject.wearer for part in parts)


def _seen(
    context: Context, name: str, users: list[int] | None, named: Sequence[int] | None
) -> list[int]:
    """Those of the named records or ranges that the caller sees."""
    return _keys(_rows(context, name, users).filter(pk__in=named)) if named else []


def _subjects(of: Callable[[list[int]], dict[int, Subject]], keys: list[int]) -> dict[int, Subject]:
    return of(keys) if keys else {}


def _cut(parts: Iterable[ReportPart], question: ReportQuestion) -> Iterator[ReportPart]:
    """The parts as they are, or what lies of them in the time that is asked about."""
    if question.start is None and question.end is None:
        yield from parts
        return
    start = -EVER if question.start is None else question.start
    end = EVER if question.end is None else question.end
    if start >= end:
        raise BadRequest(ENDS_BEFORE_START)
    for part in parts:
        cut = part.within(Span(start, end))
        if cut is not None:
            yield cut


def _of_times(context: Context, question: ReportQuestion) -> _Found:
    """What users recorded in a time, or their ranges of some kinds in it."""
    hours = Span(*question.hours())
    users = _users(context, question.users or ())
    if question.kinds:
        ranges = _keys(
            _rows(context, "range", users).filter(subject.during(hours), *_kinds(context, question))
        )
        parts = list(_cut(map(whole_part, _subjects(subject.of_ranges, ranges).values()), question))
        return parts, () if parts else wearers(users).values()
    records = _keys(_rows(context, "record", users).filter(subject.during(hours)))
    among = Record.objects.filter(pk__in=records)
    tracks = _rows(context, "track", users)
    return [
        ReportPart(each, TimeRange(hours.start, hours.end, user))
        for user, each in subject.of_times(users, hours, among, tracks).items()
    ], ()


def _rows(context: Context, name: str, users: list[int] | None) -> QuerySet[Any, Any]:
    """The records or ranges that the caller sees, of some users or of all."""
    rows = registry.model_resource(name).visible_rows(context).order_by()
    return rows if users is None else rows.filter(user__in=users)


def _keys(rows: QuerySet[Any, Any]) -> list[int]:
    """The keys of rows. Raises BadRequest for more than a report may be about."""
    keys = list(rows.values_list("pk", flat=True)[: MOST_FOUND + 1])
    if len(keys) > MOST_FOUND:
        raise BadRequest(f"A report covers at most {MOST_FOUND} records or ranges.")
    return keys


def _users(context: Context, named: Sequence[str]) -> list[int]:
    """The keys of the users who are named by ids, URIs or names, as far as the caller sees them.

    Raises NotFound where the caller sees none of them.
    """
    resource, met = registry.model_resource("user"), Q()
    for text in named:
        met |= _user(resource, text)
    found = _keys(resource.visible_rows(context).filter(met).order_by("pk"))
    if not found:
        raise NotFound
    return found


def _user(resource: type[ModelResource[Any]], text: str) -> Q:
    """The condition on the user whom a text names."""
    try:
        return Q(pk=key("user", text))
    except BadRequest:
        if "/" in text or "\0" in text:
            raise
        return reduce(or_, (Q(**{name: text}) for name in resource.names))


def _kinds(context: Context, question: ReportQuestion) -> Iterator[Q]:
    """The conditions on the ranges that count."""
    resource, asked = registry.model_resource("range"), QueryDict(mutable=True)
    for name, texts in question.kinds.items():
        argument, _, lookup = name.partition("__")
        if argument == "category":
            yield _category(context, lookup, texts)
        else:
            asked.setlist(name, texts)
    yield from filtering.filter_conditions(resource, context, asked)
    if not question.autodetected and resource.hidden is not None:
        yield ~resource.hidden


def _category(context: Context, lookup: str, texts: list[str]) -> Q:
    """The condition on the category of a range's activity type, which is given by its name, or by
    an activity type that is of it."""
    path = "activitytype__category"
    if lookup == "isnull":
        return Q(**{f"{path}__isnull": lookups.parse_truth(lookups.parse_word(texts[-1]))})
    named = [text.strip() for text in lookups.split_list(texts)]
    types = [key("activitytype", text) for text in named if text not in CATEGORIES]
    known = registry.model_resource("activitytype").visible_rows(context).filter(pk__in=types)
    categories = known.exclude(category=None).order_by().values("category")
    return Q(**{f"{path}__in": [text for text in named if text in CATEGORIES]}) | Q(
        **{f"{path}__in": categories}
    )
