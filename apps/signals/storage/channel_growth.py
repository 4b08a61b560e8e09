"""Adding to channels while they are read.

Full chunks stay unchanged. Only the last chunk is written again, followed by new ones. As long as
it is not full, it stays in its row: in an object store, each piece would leave an object behind.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import codec, reader, store, thinning
from apps.signals.storage.codec import Codec
from apps.signals.storage.ingestion import IncomingColumn, IngestionError, fit
from apps.signals.storage.objects.transfer import payloads_of, while_rows_stay
from apps.signals.storage.series import Series
from apps.signals.storage.store import Block
from hexostore.database.raw import raw_cursor


def extend_channel(record: Record, datatype: Datatype, counts: NDArray[Any]) -> None:
    """Add samples after the last one of a synchronous channel, or begin the channel.

    `counts` are as for store.write_channel. Writers wait for each other. Readers see the channel
    before or after the change. Raise IngestionError for a count outside of the datatype's type; it
    names the count and its position among `counts`.
    """
    with transaction.atomic():
        store.lock(record)
        channel = _channel(record, datatype)
        if channel is None:
            store.write_channel(record, datatype, counts)
            return
        if channel.step is None:
            raise IngestionError(f"column {datatype.name}: is asynchronous")
        samples = fit(IncomingColumn(datatype.name), counts, channel.dtype)
        overview = _overview(channel, samples)
        tail = _tail(channel, (channel.dtype,)) if channel.count % store.CHUNK else None
        first, (whole,) = _joined(channel, tail, (samples,))
        blocks = list(store.blocks(channel.start, channel.step, first, Series.of(whole)))
        _grow(channel, tail, blocks, len(samples), overview)


def extend_events(
    record: Record, datatype: Datatype, offsets: NDArray[Any], values: NDArray[Any]
) -> None:
    """Add events after the last one of an asynchronous channel, or begin the channel.

    `offsets` and `values` are as for store.write_events; values must fit the stored type. Writers
    wait for each other. Readers see the channel before or after the change. Raise IngestionError
    for events before stored ones.
    """
    with transaction.atomic():
        store.lock(record)
        channel = _channel(record, datatype)
        if channel is None:
            store.write_events(record, datatype, offsets, values)
            return
        last = _tail(channel, (store.OFFSET, channel.dtype)) if channel.count else None
        after = int(last.arrays[0][-1]) if last else 0
        ticks = store.events_of(datatype, offsets, values, after)
        tail = last if channel.count % store.EVENTS else None
        first, (ticks_, values_) = _joined(channel, tail, (ticks, _like(channel, values)))
        blocks = list(store.blocks(channel.start, None, first, Series.of(ticks_, values_)))
        _grow(channel, tail, blocks, len(ticks), None)


def _channel(record: Record, datatype: Datatype) -> Channel | None:
    rows = Channel.objects.select_related("datatype").defer("overview")
    return rows.filter(record_id=record.pk, datatype_id=datatype.pk).first()


def _like(channel: Channel, values: NDArray[Any]) -> NDArray[Any]:
    if channel.dtype.startswith("float"):
        return np.ascontiguousarray(values, channel.dtype)
    return fit(IncomingColumn(channel.datatype.name), values, channel.dtype)


_LAST = """
    SELECT start, count, codec, payload, object FROM signals_chunk
    WHERE record_id = %s AND datatype_id = %s ORDER BY start DESC LIMIT 1
"""


def _tail(channel: Channel, dtypes: tuple[str, ...]) -> Block:
    """Return the last chunk of a channel."""
    return while_rows_stay(lambda: _last_chunk(channel, dtypes))


def _last_chunk(channel: Channel, dtypes: tuple[str, ...]) -> Block:
    key = [channel.record_id, channel.datatype_id]
    with raw_cursor() as cursor:
        row = cursor.execute(_LAST, key, binary=True).fetchone()
    if row is None:
        raise IngestionError(f"column {channel.datatype.name}: the stored chunks are missing")
    start, count, number, *held = row
    (payload,) = payloads_of([tuple(held)])
    arrays = codec.unpack(payload, number, dtypes, count)
    return Block(channel.count - count, start, tuple(arrays))


def _joined(
    channel: Channel, tail: Block | None, added: tuple[NDArray[Any], ...]
) -> tuple[int, tuple[NDArray[Any], ...]]:
    """Return the new content of the chunks from the last one on, and the number of its first
    item."""
    if tail is None:
        return channel.count, added
    pairs = zip(tail.arrays, added, strict=True)
    return tail.first, tuple(np.concatenate(pair) for pair in pairs)


def _overview(channel: Channel, samples: NDArray[Any]) -> bytes | None:
    """Return the whole channel thinned to the limit, after `samples` are added; None if it fits.

    As long as every n-th sample stays the same, the present overview grows. Otherwise the chunks
    are read again, which happens once in as many samples as the limit.
    """
    before = channel.count
    every = thinning.stride(before + len(samples))
    if every == 1:
        return None
    source = reader.StoredChannel(
        channel.record_id, channel.datatype_id, channel.start, channel.step or 0, before,
        channel.dtype,
    )  # fmt: skip
    parts = reader.sample_parts(source, range(0, before, every))
    kept = [piece.values for piece in reader.read(parts, strict=True)]
    added = samples[-before % every :: every]
    return codec.pack([np.concatenate([*kept, added])], Codec.RAW)


def _grow(
    channel: Channel, tail: Block | None, blocks: list[Block], added: int, overview: bytes | None
) -> None:
    """Replace `tail` by `blocks`, and summarize the channel again."""
    key = {"record_id": channel.record_id, "datatype_id": channel.datatype_id}
    if not added:
        return
    if tail is not None:
        Chunk.objects.filter(**key, start=tail.start).delete()
    store.write_blocks(channel, blocks, grows=True)
    present = int.from_bytes(channel.version, "little") - int.from_bytes(
        store.version(channel, 0), "little"
    )
    grown = sum(block.fingerprint for block in blocks) - (tail.fingerprint if tail else 0)
    Channel.objects.filter(**key).update(
        count=channel.count + added,
        version=store.version(channel, present + grown),
        overview=overview,
    )
