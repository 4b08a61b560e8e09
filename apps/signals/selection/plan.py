"""From a query to the stretches of stored channels that answer it, without reading a sample."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from itertools import groupby, repeat
from operator import and_
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet

from apps.api import filtering, guards, kept_statements, registry
from apps.api.context import Context
from apps.api.kept_statements import Placeholder
from apps.catalog.models import Datatype
from apps.signals.selection.query import EVER, Choice, Query
from apps.signals.storage import thinning
from apps.signals.storage.ingestion import sample_type
from apps.signals.storage.reader import StoredChannel
from apps.signals.storage.scaling import Scale


class ChannelSlice(NamedTuple):
    """What a response takes from one channel: `samples` by number, or the events of a span."""

    source: StoredChannel
    samples: range
    lower: int
    upper: int


@dataclass(frozen=True)
class PlannedSeries:
    """The values of one user and datatype, in stretches by ascending start of their records.

    `scale` is None if JSON shows the counts themselves.
    """

    user: int
    datatype: int
    scale: Scale | None
    stretches: list[ChannelSlice]


@dataclass(frozen=True, slots=True)
class ChannelRow:
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
class DataPlan:
    """The series that answer a query, by user and datatype id.

    `version` changes whenever the response might. It is None while a record is growing. `channels`
    are all that were found, including those without samples, which are in no series.
    """

    series: list[PlannedSeries]
    version: str | None
    channels: list[ChannelRow]


NOTHING = DataPlan([], None, [])


@dataclass(frozen=True)
class Question:
    """A request for data as the formats see it: its query, its plan, the caller and version, and
    its path with the query string."""

    query: Query
    plan: DataPlan
    context: Context
    path: str


def make(query: Query, context: Context) -> DataPlan:
    """Return the plan of what the caller may see. An invisible record, range or user gives nothing.

    One statement finds the channels, one more the ranges that the query names, and one the records
    if it names several.
    """
    owners = _within_ranges(query, context)
    asked = list(_conditions(query, owners))
    if _names_several(query) and not _within_records(query, context, asked):
        return NOTHING
    asked += _chosen(query.datatypes, "channels__datatype_id")
    found = [ChannelRow(*row) for row in _rows(query, context, asked, _COLUMNS)]
    rows = [row for row in found if row.count]
    rows.sort(key=lambda row: (row.user, row.datatype, row.begin))
    complete = all(row.status == "complete" for row in rows)
    version = _version(query, context, rows) if rows and complete else None
    return DataPlan(list(_series(query, rows)), version, found)


def _within_ranges(query: Query, context: Context) -> set[int] | None:
    """Narrow the query to where all its ranges overlap. Return the users of the ranges, if any."""
    if not query.ranges:
        return None
    visible = registry.model_resource("range").visible_rows(context)
    chosen = visible.filter(_all(query.ranges, "pk")).values_list("pk", "user_id", "start", "end")
    rows = list(chosen)
    for _, _, start, end in rows:
        query.between(start, EVER if end is None else end)
    there = _all_there(query.ranges, {row[0] for row in rows})
    return {row[1] for row in rows} if there else set()


def _names_several(query: Query) -> bool:
    """Return whether there could be more than one record. Then their spans matter."""
    return any(choice.lookup != "in" or len(choice.keys) > 1 for choice in query.records)


def _within_records(query: Query, context: Context, asked: Sequence[Condition]) -> bool:
    """Narrow the query to where several named records overlap (Data page).

    A record ends with its last sample, so its end belongs to it. Return whether all of them exist.
    """
    rows = _rows(query, context, asked, ("pk", "start", "end"))
    if len(rows) > 1:
        for _, start, end in rows:
            query.between(start, EVER if end is None else end + 1)
    return _all_there(query.records, {row[0] for row in rows})


def _all_there(choices: Iterable[Choice], present: Collection[int]) -> bool:
    return all(choice.named() <= set(present) for choice in choices)


def _all(choices: Iterable[Choice], path: str) -> Q:
    return reduce(and_, (choice.condition(path) for choice in choices), Q())


class Condition(NamedTuple):
    """A condition on a column of records or of their channels."""

    path: str
    lookup: str
    value: Any

    def met(self, value: Any) -> Q:
        """Return the condition with another value, or with a placeholder."""
        if self.lookup == "in":
            return Q(InBigArray(F(self.path), value))
        found = Q(**{f"{self.path}__{self.lookup}": value})
        return found | Q(end__isnull=True) if self.path == "end" else found


class InBigArray(guards.InArray):
    """Tests whether a value is among keys, some of which may be larger than any in its column."""

    array = "{}::bigint[]"


def _conditions(query: Query, owners: set[int] | None) -> Iterator[Condition]:
    """Yield the conditions on the requested records, by name or by user and time."""
    if owners is not None:
        yield Condition("user", "in", sorted(owners))
    key = query.user_key()
    if key is not None:
        yield Condition("user", "in", [key])
    if query.records:
        yield from _chosen(query.records, "pk")
    else:
        yield Condition("end", "gte", query.lower)
        yield Condition("start", "lt", query.upper)


def _chosen(choices: Iterable[Choice], path: str) -> Iterator[Condition]:
    for choice in choices:
        if choice.lookup == "in":
            yield Condition(path, "in", choice.keys)
        else:
            lookups = ("gte", "lte") if choice.lookup == "range" else (choice.lookup,)
            yield from map(Condition, repeat(path), lookups, choice.keys)


def _rows(
    query: Query, context: Context, asked: Sequence[Condition], columns: tuple[str, ...]
) -> Sequence[Sequence[Any]]:
    """Return the columns of the visible records that meet the conditions, and of their channels.

    The text of the statement is kept for all values, unless a user is given by name.
    """
    values = {f"value{place}": each.value for place, each in enumerate(asked)}
    called = _called(query)

    def made(context: Context, **given: Any) -> QuerySet[Any, Any]:
        pairs = zip(asked, given.values(), strict=True)
        met = (condition.met(value) for condition, value in pairs)
        every = reduce(and_, met, called)
        return _selected(context, every, columns)

    if called:
        statement = kept_statements.write_statement(
            made(context, **{name: Placeholder(name) for name in values})
        )
        return statement.run(values)
    shape = tuple((each.path, each.lookup) for each in asked)
    records = registry.model_resource("record")
    return kept_statements.select_rows(records, (columns, shape), context, made, **values)


def _called(query: Query) -> Q:
    """Return the condition on a user who is given by name."""
    if query.user is None or query.user_key() is not None:
        return Q()
    return filtering.relation_condition(
        registry.model_resource("user"), "user", "exact", [query.user]
    )


def _selected(context: Context, met: Q, columns: tuple[str, ...]) -> QuerySet[Any, Any]:
    """Return the columns of the visible records that have begun and meet a condition."""
    if columns == _COLUMNS:
        met = Q(channels__isnull=False) & met
    records = registry.model_resource("record").visible_rows(context)
    found = records.filter(met, start__isnull=False)
    return found.order_by().values_list(*columns)


def _series(query: Query, rows: list[ChannelRow]) -> Iterator[PlannedSeries]:
    for (user, datatype), members in groupby(rows, key=lambda row: (row.user, row.datatype)):
        same = list(members)
        first = same[0]
        is_physical = first.json == "physical"
        scale = Scale(first.gain, first.offset) if is_physical else None
        stretches = [_stretch(query, row) for row in same]
        yield PlannedSeries(user, datatype, scale, stretches)


def _stretch(query: Query, row: ChannelRow) -> ChannelSlice:
    samples = range(0)
    if row.step:
        samples = thinning.window(row.start, row.step, row.count, query.lower, query.upper)
    source = StoredChannel(row.record, row.datatype, row.start, row.step or 0, row.count, row.dtype)
    return ChannelSlice(source, samples, query.lower, query.upper)


def unrecorded(record: int, datatype: Datatype, start: int) -> StoredChannel:
    """Return a channel without any data, as if it began at that tick."""
    return StoredChannel(
        record, datatype.pk, start, datatype.hexo_freq or 0, 0, sample_type(datatype)
    )


def _version(query: Query, context: Context, rows: list[ChannelRow]) -> str:
    """Return a fingerprint of everything that the response depends on."""
    form = (query.flat, query.no_timestamps, query.seconds)
    asked = (query.lower, query.upper, *form, query.limit)
    stored = [
        (row.user, row.datatype, bytes(row.version), row.json, row.gain, row.offset) for row in rows
    ]
    everything = repr((context.prefix, asked, stored))
    return blake2b(everything.encode(), digest_size=16).hexdigest()
