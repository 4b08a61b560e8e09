"""Reading stretches of records: counts of values, numbers of events, and series in time.

One statement reads all that is asked for, so that all of it is of one moment. Counts and numbers
of whole chunks are summed by the database; only chunks at the ends of a stretch, and those of
older stores, which have no counts, are decoded for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.signals.storage import codec
from apps.signals.storage.counts import NOTHING, ValueCounts
from apps.signals.storage.objects.transfer import fetched, while_rows_stay
from apps.signals.storage.store import OFFSET
from hexostore.database.raw import raw_cursor


class Stretch(NamedTuple):
    """Samples and events of a record at `start` < tick <= `end`, in ticks since 1970."""

    record: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Need:
    """The datatypes of which something is needed, by what that is.

    `counts` of values, `numbers` of events, `series` of values in the order of time, or `states`:
    events each of which holds until the next one, so that those before a stretch count as well.
    """

    counts: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    series: frozenset[int] = frozenset()
    states: frozenset[int] = frozenset()

    def __or__(self, other: Need) -> Need:
        return Need(
            self.counts | other.counts,
            self.numbers | other.numbers,
            self.series | other.series,
            self.states | other.states,
        )


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Values in the order of their `ticks` since 1970."""

    ticks: NDArray[np.int64]
    values: NDArray[Any]

    @classmethod
    def joined(cls, pieces: Iterable[TimeSeries]) -> TimeSeries:
        """Return pieces that share no time as one."""
        filled = sorted(
            (piece for piece in pieces if len(piece.ticks)),
            key=lambda piece: int(piece.ticks[0]),
        )
        if not filled:
            return EMPTY
        return cls(
            np.concatenate([piece.ticks for piece in filled]),
            np.concatenate([piece.values for piece in filled]),
        )


EMPTY = TimeSeries(np.empty(0, np.int64), np.empty(0, np.int64))

States = list[tuple[Stretch, TimeSeries]]


@dataclass(slots=True)
class Gathered:
    """What the stretches of one group hold, by datatype; what they do not hold is missing.

    The states of a stretch are all events of its record up to its end.
    """

    counts: dict[int, ValueCounts] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    series: dict[int, TimeSeries] = field(default_factory=dict)
    states: dict[int, States] = field(default_factory=dict)

    @classmethod
    def joined(cls, pieces: Sequence[Gathered]) -> Gathered:
        """Return what groups of stretches that share no time hold together.

        All of them have the same datatypes.
        """
        first, *others = pieces
        if not others:
            return first
        every = cls()
        for each in first.counts:
            every.counts[each] = reduce(add, [piece.counts[each] for piece in pieces])
        for each in first.numbers:
            every.numbers[each] = sum(piece.numbers[each] for piece in pieces)
        for each in first.series:
            every.series[each] = TimeSeries.joined(piece.series[each] for piece in pieces)
        for each in first.states:
            every.states[each] = [state for piece in pieces for state in piece.states[each]]
        return every

    def counts_of(self, datatype: int) -> ValueCounts:
        """Return the counts of a datatype, of no values where there are none."""
        return self.counts.get(datatype, NOTHING)

    def series_of(self, datatype: int) -> TimeSeries:
        """Return the series of a datatype, empty where there is none."""
        return self.series.get(datatype, EMPTY)


class _Use(IntEnum):
    """What becomes of the chunks that the statement finds."""

    SUMMED = 0
    SERIES = 1
    STATES = 2


_STATEMENT = """
    WITH touched AS (
        SELECT place, number, use, lower, upper, datatype, origin, step, dtype,
               start, count, counts, codec, payload, object,
               use = 0 AND start > lower AND last <= upper
                   AND (step IS NULL OR counts IS NOT NULL) AS whole
        FROM (
            SELECT stretch.place, stretch.number, wanted.use, wanted.datatype, upper,
                   CASE WHEN wanted.use = 2 THEN channel.start - 1 ELSE stretch.lower END AS lower,
                   channel.start AS origin, channel.step, dtype,
                   chunk.start, chunk.count, chunk.counts, codec, payload, object,
                   -- The tick of the last item; no event of a chunk is after the next chunk.
                   coalesce(
                       chunk.start + (chunk.count - 1)::bigint * channel.step,
                       lead(chunk.start) OVER (
                           PARTITION BY stretch.number, wanted.use, wanted.datatype
                           ORDER BY chunk.start
                       )
                   ) AS last
            FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])
                 WITH ORDINALITY AS stretch (place, record, lower, upper, number)
            JOIN unnest(%s::integer[], %s::integer[], %s::integer[])
                 AS wanted (place, use, datatype) ON wanted.place = stretch.place
            JOIN signals_channel AS channel
              ON channel.record_id = stretch.record AND channel.datatype_id = wanted.datatype
            JOIN signals_chunk AS chunk
              ON chunk.record_id = stretch.record AND chunk.datatype_id = wanted.datatype
             AND chunk.start <= stretch.upper
        ) AS reached
        WHERE coalesce(last, upper) > lower
    )
    SELECT place, use, datatype, sum(count)::bigint, string_agg(counts, ''),
           NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::integer, NULL::text,
           NULL::bigint, NULL::integer, NULL::smallint, NULL::bytea, NULL::bytea
    FROM touched WHERE whole GROUP BY place, use, datatype
    UNION ALL
    SELECT place, use, datatype, NULL, NULL,
           number, lower, upper, origin, step, dtype,
           start, count, codec, payload, object
    FROM touched WHERE whole IS NOT TRUE
"""


def gather(groups: Sequence[Sequence[Stretch]], needs: Sequence[Need]) -> list[Gathered]:
    """Return what each group of stretches holds of the datatypes that it needs.

    The stretches of a group share no time of a record; its counts and numbers are sums over all
    of them, its series go through all of them in the order of time. One statement for all; what is
    in objects is read after it. Raise ObjectStoreOutage, or DamagedObject.
    """
    return while_rows_stay(lambda: _gather(groups, needs))


def _gather(groups: Sequence[Sequence[Stretch]], needs: Sequence[Need]) -> list[Gathered]:
    collected = [_Collected(need) for need in needs]
    numbered = [(at, stretch) for at, group in enumerate(groups) for stretch in group]
    in_objects: list[tuple[tuple[Any, ...], bytes]] = []

    def add(place: int, use: int, datatype: int, number: int, *chunk: Any) -> None:
        piece = _Piece(numbered[number - 1][1], _within(*chunk))
        collected[place].pieces[use].setdefault(datatype, []).append(piece)

    for place, use, datatype, summed, packed, number, *chunk, payload, name in _rows(
        numbered, needs
    ):
        if number is None:
            collected[place].sums[datatype] = summed, packed
        elif name is None:
            add(place, use, datatype, number, *chunk, payload)
        else:
            in_objects.append(((place, use, datatype, number, *chunk), name))
    for row, payload in fetched(in_objects):
        add(*row, payload)
    return [each.gathered() for each in collected]


def _rows(
    numbered: Sequence[tuple[int, Stretch]], needs: Sequence[Need]
) -> Iterable[tuple[Any, ...]]:
    """Yield sums of whole chunks, and chunks that have to be decoded, one by one."""
    stretches = [(at, *stretch) for at, stretch in numbered]
    wanted = [(at, *use) for at, need in enumerate(needs) for use in _uses(need)]
    if not stretches or not wanted:
        return ()
    return _fetched([*_columns(stretches), *_columns(wanted)])


def _uses(need: Need) -> Iterator[tuple[int, int]]:
    """The datatypes that are read, each with its use."""
    for datatype in sorted((need.counts | need.numbers) - need.series):
        yield _Use.SUMMED, datatype
    for datatype in sorted(need.series):
        yield _Use.SERIES, datatype
    for datatype in sorted(need.states):
        yield _Use.STATES, datatype


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _fetched(parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the statement as they come, so that few are in memory at a time."""
    with raw_cursor() as cursor:
        yield from cursor.stream(_STATEMENT, parameters, binary=True)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a chunk holds of a stretch."""

    stretch: Stretch
    items: TimeSeries


class _Collected:
    """What has been read so far for one group, by datatype."""

    def __init__(self, need: Need) -> None:
        self._need = need
        self.sums: dict[int, tuple[int, bytes | None]] = {}
        self.pieces: dict[int, dict[int, list[_Piece]]] = {use: {} for use in _Use}

    def gathered(self) -> Gathered:
        """Return all that was read."""
        need = self._need
        return Gathered(
            counts={datatype: self._counts(datatype) for datatype in need.counts},
            numbers={datatype: self._number(datatype) for datatype in need.numbers},
            series={datatype: self._series(datatype) for datatype in need.series},
            states={datatype: self._states(datatype) for datatype in need.states},
        )

    def _decoded(self, datatype: int) -> list[TimeSeries]:
        use = _Use.SERIES if datatype in self._need.series else _Use.SUMMED
        return [piece.items for piece in self.pieces[use].get(datatype, ())]

    def _counts(self, datatype: int) -> ValueCounts:
        _, packed = self.sums.get(datatype, (0, None))
        counted = [ValueCounts.of(items.values) for items in self._decoded(datatype)]
        parts = [packed or b"", *(counts.pack() for counts in counted)]
        return ValueCounts.unpack(b"".join(parts))

    def _number(self, datatype: int) -> int:
        whole, _ = self.sums.get(datatype, (0, None))
        return whole + sum(len(items.ticks) for items in self._decoded(datatype))

    def _series(self, datatype: int) -> TimeSeries:
        return TimeSeries.joined(self._decoded(datatype))

    def _states(self, datatype: int) -> States:
        pieces = self.pieces[_Use.STATES].get(datatype, ())
        by_stretch: dict[Stretch, list[TimeSeries]] = {}
        for piece in pieces:
            by_stretch.setdefault(piece.stretch, []).append(piece.items)
        found = [(each, TimeSeries.joined(items)) for each, items in by_stretch.items()]
        found.sort(key=lambda state: state[0].start)
        return found


def _within(
    lower: int,
    upper: int,
    origin: int,
    step: int | None,
    dtype: str,
    start: int,
    count: int,
    number: int,
    payload: bytes,
) -> TimeSeries:
    """The items of a chunk that stand within a stretch."""
    if step is None:
        offsets, values = codec.unpack(payload, number, (OFFSET, dtype), count)
        ticks = origin + offsets
    else:
        (values,) = codec.unpack(payload, number, (dtype,), count)
        ticks = start + step * np.arange(count)
    first, stop = np.searchsorted(ticks, [lower, upper], side="right")
    return TimeSeries(ticks[first:stop], values[first:stop])
