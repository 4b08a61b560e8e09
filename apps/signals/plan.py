"""From a query to the stretches of stored channels that answer it, without reading a sample."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from itertools import groupby
from operator import and_
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from apps.api import filtering, registry
from apps.api.context import Context
from apps.catalog.models import Datatype
from apps.signals import thinning
from apps.signals.ingestion import sample_type
from apps.signals.query import EVER, Choice, Query
from apps.signals.reader import Source
from apps.signals.scaling import Scale


class Stretch(NamedTuple):
    """What an answer takes of one channel: `samples` by number, or the events of a span."""

    source: Source
    samples: range
    lower: int
    upper: int


@dataclass(frozen=True)
class Series:
    """The values of one user and datatype, in stretches by rising start of their records.

    `scale` is None where JSON shows the counts themselves.
    """

    user: int
    datatype: int
    scale: Scale | None
    stretches: list[Stretch]


@dataclass(frozen=True, slots=True)
class Found:
    """A channel as one statement finds it, with its record and datatype."""

    record: int
    user: int
    begin: int
    status: str
    datatype: int
    start: int
    step: int | None
    count: int
    dtype: str
    version: bytes
    json: str
    gain: float
    offset: float


_COLUMNS = (
    "pk", "user_id", "start", "status", "channels__datatype_id", "channels__start",
    "channels__step", "channels__count", "channels__dtype", "channels__version",
    "channels__datatype__json", "channels__datatype__gain", "channels__datatype__offset",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The series that answer a query, by user and datatype id.

    `version` changes whenever the answer might; None where a record is still growing. `channels`
    are all that were found, also those without a sample, which no series has.
    """

    series: list[Series]
    version: str | None
    channels: list[Found]


NOTHING = Plan([], None, [])


@dataclass(frozen=True)
class Question:
    """A request for data as the formats see it: what it asks, the plan of the answer, who asks
    in which version, and the path as it was asked, with its query string.
    """

    query: Query
    plan: Plan
    context: Context
    path: str


def make(query: Query, context: Context) -> Plan:
    """The plan of what the caller may see; an invisible record, range or user gives nothing.

    One statement finds the channels; one more the ranges that the query names, and one the
    records where it names several.
    """
    owners = _within_ranges(query, context)
    records = _records(query, context, owners)
    if _names_several(query) and not _within_records(query, records):
        return NOTHING
    wanted = _all(query.datatypes, "channels__datatype_id") & Q(channels__isnull=False)
    found = [Found(*row) for row in records.filter(wanted).order_by().values_list(*_COLUMNS)]
    rows = [row for row in found if row.count]
    rows.sort(key=lambda row: (row.user, row.datatype, row.begin))
    complete = all(row.status == "complete" for row in rows)
    version = _version(query, context, rows) if rows and complete else None
    return Plan(list(_series(query, rows)), version, found)


def _within_ranges(query: Query, context: Context) -> set[int] | None:
    """Narrows the query to where all its ranges overlap; the users they belong to, if any."""
    if not query.ranges:
        return None
    visible = registry.resource("range").visible_rows(context)
    chosen = visible.filter(_all(query.ranges, "pk")).values_list("pk", "user_id", "start", "end")
    rows = list(chosen)
    for _, _, start, end in rows:
        query.between(start, EVER if end is None else end)
    there = _all_there(query.ranges, {row[0] for row in rows})
    return {row[1] for row in rows} if there else set()


def _names_several(query: Query) -> bool:
    """Whether the records might be more than one, whose spans then count."""
    return any(choice.lookup != "in" or len(choice.keys) > 1 for choice in query.records)


def _within_records(query: Query, records: QuerySet[Any, Any]) -> bool:
    """Narrows the query to where several named records overlap (Data page).

    A record ends with its last sample, so its end belongs to it. Tells whether all are there.
    """
    rows = list(records.values_list("pk", "start", "end"))
    if len(rows) > 1:
        for _, start, end in rows:
            query.between(start, EVER if end is None else end + 1)
    return _all_there(query.records, {row[0] for row in rows})


def _all_there(choices: Iterable[Choice], present: Collection[int]) -> bool:
    return all(choice.named() <= set(present) for choice in choices)


def _all(choices: Iterable[Choice], path: str) -> Q:
    return reduce(and_, (choice.condition(path) for choice in choices), Q())


def _records(query: Query, context: Context, owners: set[int] | None) -> QuerySet[Any, Any]:
    """The visible records that are asked for, by name or by user and time."""
    records = registry.resource("record").visible_rows(context).filter(start__isnull=False)
    if owners is not None:
        records = records.filter(user__in=owners)
    if query.user is not None:
        users = registry.resource("user")
        records = records.filter(filtering.related(users, "user", "exact", [query.user]))
    if query.records:
        return records.filter(_all(query.records, "pk"))
    unfinished_or_late = Q(end__isnull=True) | Q(end__gte=query.lower)
    return records.filter(unfinished_or_late, start__lt=query.upper)


def _series(query: Query, rows: list[Found]) -> Iterator[Series]:
    for (user, datatype), members in groupby(rows, key=lambda row: (row.user, row.datatype)):
        same = list(members)
        scale = Scale(same[0].gain, same[0].offset) if same[0].json == "physical" else None
        yield Series(user, datatype, scale, [_stretch(query, row) for row in same])


def _stretch(query: Query, row: Found) -> Stretch:
    samples = range(0)
    if row.step:
        samples = thinning.window(row.start, row.step, row.count, query.lower, query.upper)
    source = Source(row.record, row.datatype, row.start, row.step or 0, row.count, row.dtype)
    return Stretch(source, samples, query.lower, query.upper)


def unrecorded(record: int, datatype: Datatype, start: int) -> Source:
    """A channel of a record that nothing was recorded of, as if it began at that tick."""
    return Source(record, datatype.pk, start, datatype.hexo_freq or 0, 0, sample_type(datatype))


def _version(query: Query, context: Context, rows: list[Found]) -> str:
    """A fingerprint of everything that the answer depends on."""
    asked = (query.lower, query.upper, query.flat, query.no_timestamps, query.seconds, query.limit)
    stored = [(r.user, r.datatype, bytes(r.version), r.json, r.gain, r.offset) for r in rows]
    return blake2b(repr((context.prefix, asked, stored)).encode(), digest_size=16).hexdigest()
