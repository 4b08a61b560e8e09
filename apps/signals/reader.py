"""Reading from stored channels no more than an answer needs.

An answer is put together from parts: a part names a chunk by its key and says what to take of
it. Parts of any number of channels are read in one stream, a batch per statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.signals import codec, thinning
from apps.signals.codec import Codec
from apps.signals.database import raw_cursor
from apps.signals.store import CHUNK, OFFSET

BATCH = 16
"""Chunks that one statement reads."""


Payloads = dict[tuple[int, int, int | None], tuple[int, bytes]]
"""Codec and payload by record, datatype and start."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a stored channel without its chunks; see the model Channel.

    `step` is 0 for an asynchronous one.
    """

    record: int
    datatype: int
    start: int
    step: int
    count: int
    dtype: str


@dataclass(frozen=True, slots=True)
class Part:
    """What to `take` of the `count` items in the chunk of `source` that begins at `start`.

    Without `start` it is the overview of the channel.
    """

    source: Source
    start: int | None
    count: int
    take: slice = field(default_factory=lambda: slice(None))


class Piece(NamedTuple):
    """What a part holds: counts, and the tick at which each stands."""

    source: Source
    timestamps: NDArray[np.int64]
    values: NDArray[Any]


def sample_parts(source: Source, samples: range) -> Iterator[Part]:
    """The parts that give the samples of those numbers, of a synchronous channel.

    The whole channel comes from its overview where that is thinned in the same way; else the
    chunks are left out that no stride touches.
    """
    whole = range(0, source.count, thinning.stride(source.count))
    if samples == whole and whole.step > 1:
        yield Part(source, None, len(whole))
        return
    for number, take in thinning.by_chunk(samples, CHUNK):
        start = source.start + number * CHUNK * source.step
        yield Part(source, start, min(CHUNK, source.count - number * CHUNK), take)


_EVENT_CHUNKS = """
    SELECT wanted.place, chunk.start, chunk.count
    FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])
         WITH ORDINALITY AS wanted (record, datatype, lower, upper, place)
    JOIN signals_chunk AS chunk
      ON chunk.record_id = wanted.record AND chunk.datatype_id = wanted.datatype
     AND chunk.start < wanted.upper
     AND chunk.start >= coalesce(
           (SELECT max(start) FROM signals_chunk
            WHERE record_id = wanted.record AND datatype_id = wanted.datatype
              AND start < wanted.lower),
           wanted.lower)
    ORDER BY wanted.place, chunk.start
"""


def event_parts(spans: Sequence[tuple[Source, int, int]]) -> Iterator[Part]:
    """The parts that hold the events of each channel from one tick up to another.

    One statement for all. The first and last part of a channel may hold events outside of the
    span, for the chunk that begins before it is among them.
    """
    columns = [[source.record for source, *_ in spans], [source.datatype for source, *_ in spans]]
    bounds = [[lower for _, lower, _ in spans], [upper for _, _, upper in spans]]
    with raw_cursor() as cursor:
        rows = cursor.execute(_EVENT_CHUNKS, [*columns, *bounds]).fetchall() if spans else []
    for place, start, count in rows:
        yield Part(spans[place - 1][0], start, count)


def read(parts: Iterable[Part]) -> Iterator[Piece]:
    """The pieces of all parts, in their order.

    Nothing stays open between two batches, so a slow client holds neither a cursor nor a
    transaction. A part whose chunk is gone or of another size, for somebody replaced the
    channel meanwhile, is left out.
    """
    remaining = iter(parts)
    while batch := list(islice(remaining, BATCH)):
        payloads = _chunks([part for part in batch if part.start is not None])
        payloads |= _overviews([part for part in batch if part.start is None])
        for part in batch:
            found = payloads.get((part.source.record, part.source.datatype, part.start))
            if found is not None:
                yield _piece(part, *found)


def _piece(part: Part, number: int, payload: bytes) -> Piece:
    source = part.source
    if not source.step:
        offsets, values = codec.unpack(payload, number, (OFFSET, source.dtype), part.count)
        return Piece(source, source.start + offsets, values)
    (values,) = codec.unpack(payload, number, (source.dtype,), part.count)
    start, step = part.start, source.step
    if start is None:
        start, step = source.start, source.step * thinning.stride(source.count)
    ticks = start + step * np.arange(part.count)[part.take]
    return Piece(source, ticks, values[part.take])


_CHUNKS = """
    SELECT record_id, datatype_id, start, codec, payload
    FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])
         AS wanted (record, datatype, tick, size)
    JOIN signals_chunk
      ON (record_id, datatype_id, start, count) = (record, datatype, tick, size)
"""

_OVERVIEWS = """
    SELECT record_id, datatype_id, overview
    FROM unnest(%s::bigint[], %s::integer[], %s::bigint[]) AS wanted (record, datatype, size)
    JOIN signals_channel ON (record_id, datatype_id, count) = (record, datatype, size)
    WHERE overview IS NOT NULL
"""


def _chunks(parts: Sequence[Part]) -> Payloads:
    keys = [(p.source.record, p.source.datatype, p.start, p.count) for p in parts]
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in _fetch(_CHUNKS, keys)}


def _overviews(parts: Sequence[Part]) -> Payloads:
    keys = [(p.source.record, p.source.datatype, p.source.count) for p in parts]
    return {(row[0], row[1], None): (Codec.RAW, row[2]) for row in _fetch(_OVERVIEWS, keys)}


def _fetch(statement: str, keys: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    if not keys:
        return []
    columns = [list(column) for column in zip(*keys, strict=True)]
    with raw_cursor() as cursor:
        return cursor.execute(statement, columns, binary=True).fetchall()
