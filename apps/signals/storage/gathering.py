"""Reading stretches of records: counts of values, numbers of events, and series in time.

One statement reads all that is asked for, so that all of it is of one moment. Counts and numbers
of whole chunks are summed by the database; only chunks at the ends of a stretch, and those of
older stores, which have no counts, are decoded for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.signals.storage import codec
from apps.signals.storage.counts import NOTHING, ValueCounts
from apps.signals.storage.database import raw_cursor
from apps.signals.storage.store import OFFSET


class Stretch(NamedTuple):
    """Samples and events of a record at `start` < tick <= `end`, in ticks since 1970."""

    record: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Need:
    """The datatypes of which counts of values, numbers of events or series in time are needed."""

    counts: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    series: frozenset[int] = frozenset()

    def __or__(self, other: Need) -> Need:
        return Need(
            self.counts | other.counts,
            self.numbers | other.numbers,
            self.series | other.series,
        )

    @property
    def summed(self) -> frozenset[int]:
        """The datatypes that need not be decoded."""
        return (self.counts | self.numbers) - self.series

    @property
    def every(self) -> frozenset[int]:
        """All datatypes that are read."""
        return self.counts | self.numbers | self.series


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Values in the order of their `ticks` since 1970."""

    ticks: NDArray[np.int64]
    values: NDArray[Any]


EMPTY = TimeSeries(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(slots=True)
class Gathered:
    """What the stretches of one group hold, by datatype; what they do not hold is missing."""

    counts: dict[int, ValueCounts] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    series: dict[int, TimeSeries] = field(default_factory=dict)

    def counts_of(self, datatype: int) -> ValueCounts:
        """Return the counts of a datatype, of no values where there are none."""
        return self.counts.get(datatype, NOTHING)

    def series_of(self, datatype: int) -> TimeSeries:
        """Return the series of a datatype, empty where there is none."""
        return self.series.get(datatype, EMPTY)


_STATEMENT = """
    WITH touched AS (
        SELECT place, lower, upper, summed, datatype, origin, step, dtype,
               start, count, counts, codec, payload,
               start > lower AND last <= upper
                   AND (step IS NULL OR counts IS NOT NULL) AS whole
        FROM (
            SELECT stretch.place, lower, upper, wanted.summed, wanted.datatype,
                   channel.start AS origin, channel.step, dtype,
                   chunk.start, chunk.count, chunk.counts, codec, payload,
                   -- The tick of the last item; of events the next chunk tells one not before it.
                   coalesce(
                       chunk.start + (chunk.count - 1)::bigint * channel.step,
                       lead(chunk.start) OVER (
                           PARTITION BY number, wanted.datatype ORDER BY chunk.start
                       )
                   ) AS last
            FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])
                 WITH ORDINALITY AS stretch (place, record, lower, upper, number)
            JOIN unnest(%s::integer[], %s::integer[], %s::boolean[])
                 AS wanted (place, datatype, summed) ON wanted.place = stretch.place
            JOIN signals_channel AS channel
              ON channel.record_id = stretch.record AND channel.datatype_id = wanted.datatype
            JOIN signals_chunk AS chunk
              ON chunk.record_id = stretch.record AND chunk.datatype_id = wanted.datatype
             AND chunk.start <= stretch.upper
        ) AS reached
        WHERE coalesce(last, upper) > lower
    )
    SELECT place, datatype, sum(count)::bigint, string_agg(counts, ''),
           NULL::bigint, NULL::bigint, NULL::bigint, NULL::integer, NULL::text,
           NULL::bigint, NULL::integer, NULL::smallint, NULL::bytea
    FROM touched WHERE whole AND summed GROUP BY place, datatype
    UNION ALL
    SELECT place, datatype, NULL, NULL,
           lower, upper, origin, step, dtype,
           start, count, codec, payload
    FROM touched WHERE NOT coalesce(whole AND summed, false)
"""


def gather(groups: Sequence[Sequence[Stretch]], needs: Sequence[Need]) -> list[Gathered]:
    """Return what each group of stretches holds of the datatypes that it needs.

    The stretches of a group share no time of a record; its counts and numbers are sums over all
    of them, its series go through all of them in the order of time. One statement for all.
    """
    collected = [_Collected(need) for need in needs]
    for place, *row in _rows(groups, needs):
        collected[place].take(*row)
    return [each.gathered() for each in collected]


def _rows(groups: Sequence[Sequence[Stretch]], needs: Sequence[Need]) -> Iterable[tuple[Any, ...]]:
    """Yield sums of whole chunks, and chunks that have to be decoded, one by one."""
    stretches = [(at, *stretch) for at, group in enumerate(groups) for stretch in group]
    wanted = [
        (at, datatype, datatype in need.summed)
        for at, need in enumerate(needs)
        for datatype in sorted(need.every)
    ]
    if not stretches or not wanted:
        return ()
    return _fetched([*_columns(stretches), *_columns(wanted)])


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _fetched(parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    with raw_cursor() as cursor:
        yield from cursor.stream(_STATEMENT, parameters, binary=True)


class _Collected:
    """What has been read so far for one group."""

    def __init__(self, need: Need) -> None:
        self._need = need
        self._packed: dict[int, list[bytes]] = {}
        self._numbers: dict[int, int] = {}
        self._decoded: dict[int, list[TimeSeries]] = {}

    def take(self, datatype: int, number: int | None, packed: bytes | None, *chunk: Any) -> None:
        """Add a row of the statement."""
        if number is None:
            self._decoded.setdefault(datatype, []).append(_within(*chunk))
            return
        self._numbers[datatype] = number
        if packed is not None:
            self._packed[datatype] = [packed]

    def gathered(self) -> Gathered:
        """Return all that was read."""
        need = self._need
        return Gathered(
            {datatype: self._counts(datatype) for datatype in need.counts},
            {datatype: self._number(datatype) for datatype in need.numbers},
            {datatype: self._series(datatype) for datatype in need.series},
        )

    def _counts(self, datatype: int) -> ValueCounts:
        pieces = self._decoded.get(datatype, ())
        decoded = [ValueCounts.of(piece.values).pack() for piece in pieces]
        return ValueCounts.unpack(b"".join([*self._packed.get(datatype, ()), *decoded]))

    def _number(self, datatype: int) -> int:
        decoded = sum(len(piece.ticks) for piece in self._decoded.get(datatype, ()))
        return self._numbers.get(datatype, 0) + decoded

    def _series(self, datatype: int) -> TimeSeries:
        pieces = sorted(
            (piece for piece in self._decoded.get(datatype, ()) if len(piece.ticks)),
            key=lambda piece: int(piece.ticks[0]),
        )
        if not pieces:
            return EMPTY
        return TimeSeries(
            np.concatenate([piece.ticks for piece in pieces]),
            np.concatenate([piece.values for piece in pieces]),
        )


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
