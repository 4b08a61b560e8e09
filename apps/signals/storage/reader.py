"""Reading from stored channels exactly what a response needs.

A response is put together from parts. A part names a chunk by its key and says what to take from
it. Parts of any number of channels are read in one stream, a batch per statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.signals.storage import codec, thinning
from apps.signals.storage.codec import Codec
from apps.signals.storage.digests import Digest
from apps.signals.storage.objects.bucket import are_used
from apps.signals.storage.objects.transfer import begin_fetching, one_ahead, while_rows_stay
from apps.signals.storage.store import CHUNK, OFFSET
from hexostore.database.raw import raw_cursor

BATCH = 16
"""The number of chunks that one statement reads, unless its caller says otherwise."""


Payloads = dict[tuple[int, int, int | None], tuple[int, int, bytes]]
"""Codec, number of items and payload by record, datatype and start."""

_Begun = tuple[list["Part"], "_Rows"]
_Rows = dict[tuple[int, int, int | None], tuple[int, int, "bytes | Future[bytes]"]]
"""Like Payloads, with those in objects still on their way."""


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """What is known about a stored channel without its chunks; see the model Channel.

    `step` is 0 for an asynchronous channel.
    """

    record: int
    datatype: int
    start: int
    step: int
    count: int
    dtype: str


@dataclass(frozen=True, slots=True)
class Part:
    """What to `take` from the `count` items in the chunk of `source` that begins at `start`.

    Without `start` it is the overview of the channel. `digest` is that of the chunk's part in the
    file of a whole channel; None if it is unknown or covers something else than what is taken.
    """

    source: StoredChannel
    start: int | None
    count: int
    take: slice = field(default_factory=lambda: slice(None))
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """The content of a part: counts of samples, or of events with their `offsets`.

    Sample i of the piece is at `start` + i * `step` ticks, an event at `start` + its offset.
    """

    source: StoredChannel
    values: NDArray[Any]
    start: int
    step: int = 0
    offsets: NDArray[np.int64] | None = None

    @property
    def timestamps(self) -> NDArray[np.int64]:
        """The tick of each value."""
        if self.offsets is not None:
            return self.start + self.offsets
        return self.start + self.step * np.arange(len(self.values))


class Gone(Exception):
    """A channel was replaced or deleted while it was being read."""


def sample_parts(source: StoredChannel, samples: range) -> Iterator[Part]:
    """Yield the parts with the samples of those numbers, of a synchronous channel.

    The whole channel comes from its overview if that is thinned in the same way. Otherwise chunks
    without a chosen sample are left out.
    """
    whole = range(0, source.count, thinning.stride(source.count))
    if samples == whole and whole.step > 1:
        yield Part(source, None, len(whole))
        return
    # Chunk 1 of a channel with 40,000 samples begins at sample 32,768 and has 7,232.
    for number, take in thinning.by_chunk(samples, CHUNK):
        first = number * CHUNK
        start = source.start + first * source.step
        count = min(CHUNK, source.count - first)
        yield Part(source, start, count, take)


_DIGESTS = """
    SELECT start, count, size, crc FROM signals_chunk
    WHERE record_id = %s AND datatype_id = %s AND start BETWEEN %s AND %s AND crc IS NOT NULL
"""


def digested_parts(source: StoredChannel, samples: range) -> list[Part]:
    """Return the parts with those consecutive samples, with their digests.

    A part at an end, of which only a piece is taken, has no digest, nor has a chunk that has grown
    since. This takes one statement, which reads no samples.
    """
    parts = list(sample_parts(source, samples))
    if not parts:
        return []
    key = [source.record, source.datatype, parts[0].start, parts[-1].start]
    with raw_cursor() as cursor:
        rows = cursor.execute(_DIGESTS, key).fetchall()
    known = {(start, count): Digest(size, crc) for start, count, size, crc in rows}
    return [replace(part, digest=_of_all(part, known)) for part in parts]


def _of_all(part: Part, known: Mapping[tuple[int | None, int], Digest]) -> Digest | None:
    """Return the digest of the chunk if the part takes all of it."""
    taken = range(part.count)[part.take]
    if len(taken) < part.count:
        return None
    return known.get((part.start, part.count))


_EVENT_CHUNKS = """
    SELECT wanted.place, chunk.start, chunk.count, chunk.size, chunk.crc
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


def event_parts(spans: Sequence[tuple[StoredChannel, int, int]]) -> Iterator[Part]:
    """Yield the parts with the events of each channel from one tick up to another.

    This takes one statement for all channels. The first and last part of a channel may contain
    events outside of the span, because the chunk that begins before the span is included.
    """
    if not spans:
        return
    sources, lowers, uppers = zip(*spans, strict=True)
    records = [source.record for source in sources]
    datatypes = [source.datatype for source in sources]
    values = [records, datatypes, list(lowers), list(uppers)]
    with raw_cursor() as cursor:
        rows = cursor.execute(_EVENT_CHUNKS, values).fetchall()
    for place, start, count, size, crc in rows:
        source = sources[place - 1]  # the database counts from 1
        digest = None if crc is None else Digest(size, crc)
        yield Part(source, start, count, digest=digest)


def read(
    parts: Iterable[Part], *, strict: bool = False, at_once: int | None = None
) -> Iterator[Piece]:
    """Yield the pieces of all parts, in order. One statement reads `at_once` chunks, usually BATCH.

    Nothing stays open between two batches, so a slow client holds neither a cursor nor a
    transaction. A chunk that has grown meanwhile gives its former content. If a chunk is gone or
    has shrunk, because somebody replaced the channel, its part is left out or, if `strict`, raises
    Gone. Objects are read while the pieces before them are used, with no transaction open. Raise
    ObjectStoreOutage, or DamagedObject.
    """
    begun = _begun(iter(parts), at_once or BATCH)
    for batch, rows in one_ahead(begun) if are_used() else begun:
        payloads = _arrived(batch, rows)
        for part in batch:
            found = payloads.get((part.source.record, part.source.datatype, part.start))
            if found is not None:
                yield _piece(part, *found)
            elif strict:
                raise Gone(f"datatype {part.source.datatype} of record {part.source.record}")


def _begun(remaining: Iterator[Part], at_once: int) -> Iterator[_Begun]:
    """Yield batches with their rows, and begin to fetch what is in objects."""
    while batch := list(islice(remaining, at_once)):
        yield batch, _rows_of(batch)


def _rows_of(batch: Sequence[Part]) -> _Rows:
    rows = _chunks([part for part in batch if part.start is not None])
    return rows | _overviews([part for part in batch if part.start is None])


def _arrived(batch: Sequence[Part], rows: _Rows) -> Payloads:
    """Return the payloads of a batch. It is read again if an object is gone with its row."""
    first = iter([rows])

    def look() -> Payloads:
        found = next(first, None)
        if found is None:
            found = _rows_of(batch)
        return {
            key: (number, count, _awaited(held)) for key, (number, count, held) in found.items()
        }

    return while_rows_stay(look)


def _awaited(held: bytes | Future[bytes]) -> bytes:
    return held if isinstance(held, bytes) else held.result()


def _piece(part: Part, number: int, count: int, payload: bytes) -> Piece:
    source = part.source
    if not source.step:
        offsets, values = codec.unpack(payload, number, (OFFSET, source.dtype), count)
        return Piece(source, values[: part.count], source.start, offsets=offsets[: part.count])
    (values,) = codec.unpack(payload, number, (source.dtype,), count)
    start, step = part.start, source.step
    if start is None:
        start, step = source.start, source.step * thinning.stride(source.count)
    taken = range(part.count)[part.take]
    return Piece(source, values[part.take], start + step * taken.start, step * taken.step)


_CHUNKS = """
    SELECT record_id, datatype_id, start, codec, count, payload, object
    FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])
         AS wanted (record, datatype, tick, least)
    JOIN signals_chunk
      ON (record_id, datatype_id, start) = (record, datatype, tick) AND count >= least
"""

_OVERVIEWS = """
    SELECT record_id, datatype_id, overview
    FROM unnest(%s::bigint[], %s::integer[], %s::bigint[]) AS wanted (record, datatype, size)
    JOIN signals_channel ON (record_id, datatype_id, count) = (record, datatype, size)
    WHERE overview IS NOT NULL
"""


def _chunks(parts: Sequence[Part]) -> _Rows:
    keys = [(part.source.record, part.source.datatype, part.start, part.count) for part in parts]
    return {
        row[:3]: (*row[3:5], row[5] if row[6] is None else begin_fetching(row[6]))
        for row in _fetch(_CHUNKS, keys)
    }


def _overviews(parts: Sequence[Part]) -> _Rows:
    sizes = {(p.source.record, p.source.datatype): p.count for p in parts}
    keys = [(p.source.record, p.source.datatype, p.source.count) for p in parts]
    return {
        (record, datatype, None): (Codec.RAW, sizes[record, datatype], overview)
        for record, datatype, overview in _fetch(_OVERVIEWS, keys)
    }


def _fetch(statement: str, keys: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    if not keys:
        return []
    columns = [list(column) for column in zip(*keys, strict=True)]
    with raw_cursor() as cursor:
        return cursor.execute(statement, columns, binary=True).fetchall()
