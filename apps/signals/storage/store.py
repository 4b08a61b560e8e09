"""Writing channels as chunks; apps/signals/storage/reader.py reads them.

After writing to a record, call apps/signals/storage/record_state.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import codec, content, thinning
from apps.signals.storage.codec import Codec
from apps.signals.storage.counts import pack_counts
from apps.signals.storage.digests import Digest
from apps.signals.storage.ingestion import (
    IncomingColumn,
    IngestionError,
    fit,
    require_order,
    sample_type,
)
from apps.signals.storage.objects.bucket import are_used
from apps.signals.storage.objects.transfer import uploaded
from apps.signals.storage.series import Series
from hexostore.database.raw import raw_cursor

CHUNK = 32_768
"""The samples in a chunk of a synchronous channel."""

EVENTS = 8_192
"""The events in a chunk of an asynchronous channel."""

OFFSET = "int64"
"""The numpy type of an event's offset, in ticks from the start of the record."""

VERSION = 16
"""The bytes of a channel's version."""

_TYPES = ["int8", "int4", "int8", "int4", "int2", "bytea", "int4", "int8", "bytea", "bytea"]


@dataclass(frozen=True, slots=True)
class Block:
    """A chunk to be written: `first` is the number of its first item in the channel and `start` the
    tick of that item.

    `arrays` are the counts, or the offsets and the values.
    """

    first: int
    start: int
    arrays: tuple[NDArray[Any], ...]

    @property
    def fingerprint(self) -> int:
        """A number that identifies these items in that place."""
        digest = blake2b(self.first.to_bytes(8, "little"), digest_size=VERSION)
        for array in self.arrays:
            digest.update(array.data)
        return int.from_bytes(digest.digest(), "little")


def write_channel(record: Record, datatype: Datatype, counts: NDArray[Any]) -> bool:
    """Store the samples of a synchronous channel in place of the existing ones.

    `counts` are those of the device, one per `datatype.hexo_freq` ticks, the first
    `datatype.first_sample` ticks after the start of the record. Return False if exactly these
    samples are already stored; then nothing is written. Raise IngestionError for a count outside of
    the datatype's type; it names the count and its position.
    """
    return write_series(record, datatype, samples_of(datatype, counts))


def samples_of(datatype: Datatype, counts: NDArray[Any]) -> Series:
    """Return the counts of a synchronous channel as they are stored, checked like in
    write_channel."""
    if not datatype.hexo_freq:
        raise IngestionError(f"column {datatype.name}: is asynchronous")
    return Series.of(fit(IncomingColumn(datatype.name), counts, sample_type(datatype)))


def write_events(
    record: Record, datatype: Datatype, offsets: NDArray[Any], values: NDArray[Any]
) -> bool:
    """Store the events of an asynchronous channel in place of the existing ones.

    `offsets` are ticks from the start of the record, in ascending order. `values` may have any
    integer or floating type that pcodec accepts. Return False if exactly these events are already
    stored; then nothing is written. Raise IngestionError for offsets out of order.
    """
    return write_series(record, datatype, event_series(datatype, offsets, values))


def event_series(datatype: Datatype, offsets: NDArray[Any], values: NDArray[Any]) -> Series:
    """Return events as they are stored, checked like in write_events."""
    ticks = events_of(datatype, offsets, values)
    return Series.of(ticks, np.ascontiguousarray(values))


def write_series(record: Record, datatype: Datatype, series: Series) -> bool:
    """Do the same as write_channel or write_events without having everything in memory.

    The pieces are read twice, to compare and to write. They must have the form of those functions:
    the datatype's type, or ascending order. If reading them raises an error, the store is
    unchanged.
    """
    return _replace(_summary(record, datatype, series), series)


def _summary(record: Record, datatype: Datatype, series: Series) -> Channel:
    """Return the row that summarizes a channel."""
    start, step = start_of(record), datatype.hexo_freq or None
    summary = Channel(
        record=record, datatype=datatype, start=start + (datatype.first_sample if step else 0),
        step=step, count=series.count, dtype=series.dtype, overview=None,
    )  # fmt: skip
    fingerprints, summary.overview = _survey(summary, series)
    summary.version = version(summary, fingerprints)
    return summary


def _survey(summary: Channel, series: Series) -> tuple[int, bytes | None]:
    """Return the sum of the fingerprints of all chunks, and the overview of a long channel."""
    every = thinning.stride(series.count) if summary.step else 1
    fingerprints, kept = 0, []
    for block in blocks(summary.start, summary.step, 0, series):
        fingerprints += block.fingerprint
        if every > 1:
            kept.append(block.arrays[0][-block.first % every :: every].copy())
    overview = codec.pack([np.concatenate(kept)], Codec.RAW) if kept else None
    return fingerprints, overview


def events_of(
    datatype: Datatype, offsets: NDArray[Any], values: NDArray[Any], after: int = 0
) -> NDArray[np.int64]:
    """Return the offsets of events that follow those up to the offset `after`.

    Raise IngestionError if offsets descend, or if there is not one offset for each value.
    """
    column = IncomingColumn(datatype.name)
    if datatype.hexo_freq:
        raise IngestionError(f"column {datatype.name}: is synchronous")
    if len(offsets) != len(values):
        raise IngestionError(f"column {datatype.name}: each event must have one offset")
    ticks = fit(column, offsets, OFFSET)
    require_order(column, ticks, after)
    return ticks


def start_of(record: Record) -> int:
    """Return the tick at which the record begins. Raise IngestionError if it is unknown."""
    if record.start is None:
        raise IngestionError(f"{record} has no start")
    return record.start


def blocks(start: int, step: int | None, first: int, series: Series) -> Iterator[Block]:
    """Yield the chunks of a series, whose first item is number `first` of its channel.

    `start` is the tick of the channel's first sample, or of the record if `step` is None. Raise
    IngestionError if two chunks of events would begin at the same tick.
    """
    before = None
    for arrays in series.grouped(CHUNK if step else EVENTS):
        tick = start + (first * step if step else int(arrays[0][0]))
        if tick == before:
            raise IngestionError(f"more than {EVENTS} events at tick {tick}")
        yield Block(first, tick, arrays)
        first, before = first + len(arrays[0]), tick


def version(summary: Channel, fingerprints: int) -> bytes:
    """Return the version of a channel whose chunks have fingerprints of that sum.

    With a sum, a channel that grows in pieces gets the same version as one that is written at once.
    """
    shape = f"{summary.start} {summary.step} {summary.dtype}".encode()
    base = int.from_bytes(blake2b(shape, digest_size=VERSION).digest(), "little")
    return ((base + fingerprints) % (1 << 8 * VERSION)).to_bytes(VERSION, "little")


def lock(record: Record) -> None:
    """Make other writers of the record wait until the end of the transaction."""
    Record.objects.select_for_update(no_key=True).only("pk").get(pk=record.pk)


@dataclass(frozen=True, slots=True)
class _Row:
    """The row of a chunk, with its payload."""

    key: tuple[int, int, int]
    count: int
    payload: bytes
    digest: Digest
    counts: bytes | None

    def columns(self, name: bytes | None) -> tuple[Any, ...]:
        """Return the columns, with the name of the object that has the payload instead."""
        held = self.payload if name is None else None
        described = self.digest.size, self.digest.crc, self.counts
        return (*self.key, self.count, int(Codec.PCODEC), held, *described, name)


@dataclass(frozen=True, slots=True)
class Packed:
    """A channel as it is stored: the row that summarizes it, and the rows of its chunks."""

    summary: Channel
    chunks: list[_Row]


def pack(record: Record, datatype: Datatype, series: Series) -> Packed:
    """Return a packed channel. Any process can do this, because the database is not used."""
    summary = _summary(record, datatype, series)
    written = blocks(summary.start, summary.step, 0, series)
    return Packed(summary, list(_rows(summary, written)))


def write_packed(record: Record, channels: Sequence[Packed]) -> None:
    """Store channels of a record in place of the existing ones, all in a few statements."""
    summaries = [each.summary for each in channels]
    key = {"record_id": record.pk, "datatype_id__in": [each.datatype_id for each in summaries]}
    with transaction.atomic():
        lock(record)
        Chunk.objects.filter(**key).delete()
        Channel.objects.filter(**key).delete()
        Channel.objects.bulk_create(summaries)
        _copy_chunks(row for each in channels for row in each.chunks)


def _replace(summary: Channel, series: Series) -> bool:
    """Replace the existing channel and chunks, in one transaction."""
    key = {"record_id": summary.record_id, "datatype_id": summary.datatype_id}
    with transaction.atomic():
        lock(summary.record)
        if Channel.objects.filter(**key, version=summary.version).exists():
            return False
        Chunk.objects.filter(**key).delete()
        Channel.objects.filter(**key).delete()
        summary.save(force_insert=True)
        write_blocks(summary, blocks(summary.start, summary.step, 0, series))
    return True


def write_blocks(summary: Channel, written: Iterable[Block], *, grows: bool = False) -> None:
    """Add chunks to a channel. They are packed one at a time.

    If the channel `grows`, a last chunk that is not full stays in its row.
    """
    full = (CHUNK if summary.step else EVENTS) if grows else 0
    _copy_chunks(_rows(summary, written), full)


def _copy_chunks(rows: Iterable[_Row], full: int = 0) -> None:
    """Store chunks; in objects, if there is an object store, those of `full` items and more.

    Their objects are there before their rows are committed.
    """
    statement = (
        "COPY signals_chunk "
        "(record_id, datatype_id, start, count, codec, payload, size, crc, counts, object) "
        "FROM STDIN (FORMAT BINARY)"
    )
    with raw_cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(_TYPES)
        for row, name in _located(rows, full):
            copy.write_row(row.columns(name))


def _located(rows: Iterable[_Row], full: int) -> Iterator[tuple[_Row, bytes | None]]:
    """Yield rows with the names of their objects, None for those that keep their payload."""
    if not are_used():
        return ((row, None) for row in rows)
    return uploaded((row, row.payload if row.count >= full else None) for row in rows)


def _rows(summary: Channel, written: Iterable[Block]) -> Iterator[_Row]:
    for block in written:
        yield _Row(
            key=(summary.record_id, summary.datatype_id, block.start),
            count=len(block.arrays[0]),
            payload=codec.pack(block.arrays),
            digest=content.digest(summary.step, block.arrays),
            counts=pack_counts(summary.step, block.arrays[0]),
        )
