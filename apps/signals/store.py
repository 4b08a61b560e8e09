"""Writing channels as chunks; apps/signals/reader.py reads them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import codec, thinning
from apps.signals.codec import Codec
from apps.signals.database import raw_cursor
from apps.signals.models import Channel, Chunk

CHUNK = 32_768
"""Samples in a chunk of a synchronous channel."""

EVENTS = 8_192
"""Events in a chunk of an asynchronous channel."""

OFFSET = "int64"
"""The numpy type of an event's offset, in ticks from the start of the record."""


@dataclass(frozen=True, slots=True)
class Row:
    """A chunk about to be written."""

    start: int
    count: int
    payload: bytes


def write_channel(record: Record, datatype: Datatype, counts: NDArray[Any]) -> None:
    """Stores the samples of a synchronous channel, in place of those that are there.

    `counts` are what the device gives, one per `datatype.hexo_freq` ticks, the first
    `datatype.first_sample` ticks after the start of the record. Raises ValueError for a
    count outside of the datatype's type, naming it and its position.
    """
    samples = _fit(counts, f"{'int' if datatype.signed else 'uint'}{datatype.bits}")
    start, step = _start(record) + datatype.first_sample, datatype.hexo_freq
    if not step:
        raise ValueError(f"{datatype} is asynchronous")
    pieces = [samples[first : first + CHUNK] for first in range(0, len(samples), CHUNK)]
    rows = [
        Row(start + number * CHUNK * step, len(piece), codec.pack([piece]))
        for number, piece in enumerate(pieces)
    ]
    every = thinning.stride(len(samples))
    overview = codec.pack([samples[::every]], Codec.RAW) if every > 1 else None
    summary = Channel(
        record=record, datatype=datatype, start=start, step=step, count=len(samples),
        dtype=samples.dtype.name, overview=overview,
    )  # fmt: skip
    _replace(summary, rows)


def write_events(
    record: Record, datatype: Datatype, offsets: NDArray[Any], values: NDArray[Any]
) -> None:
    """Stores the events of an asynchronous channel, in place of those that are there.

    `offsets` are ticks from the start of the record, in rising order (ValueError where they
    are not); `values` may be of any integer or floating type that pcodec takes.
    """
    ticks, start = _fit(offsets, OFFSET), _start(record)
    if len(ticks) != len(values) or np.any(np.diff(ticks) < 0):
        raise ValueError("events want one offset each, in rising order")
    rows = [
        Row(start + int(ticks[at]), len(ticks[at : at + EVENTS]),
            codec.pack([ticks[at : at + EVENTS], values[at : at + EVENTS]]))
        for at in range(0, len(ticks), EVENTS)
    ]  # fmt: skip
    summary = Channel(
        record=record, datatype=datatype, start=start, step=None, count=len(ticks),
        dtype=values.dtype.name, overview=None,
    )  # fmt: skip
    _replace(summary, rows)


def _start(record: Record) -> int:
    if record.start is None:
        raise ValueError(f"{record} has no start")
    return record.start


def _fit(numbers: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The numbers as that integer type; ValueError names the first that it cannot hold."""
    limits = np.iinfo(dtype)
    outside = np.flatnonzero((numbers < limits.min) | (numbers > limits.max))
    if len(outside):
        at = int(outside[0])
        raise ValueError(f"{numbers[at]} at position {at} is no {dtype}")
    return np.ascontiguousarray(numbers, dtype)


def _replace(summary: Channel, rows: list[Row]) -> None:
    """Puts channel and chunks in place of the present ones, in one transaction."""
    digest = blake2b(f"{summary.start} {summary.step} {summary.dtype}".encode(), digest_size=16)
    for row in rows:
        digest.update(row.payload)
    summary.version = digest.digest()
    key = {"record_id": summary.record_id, "datatype_id": summary.datatype_id}
    with transaction.atomic():
        Record.objects.select_for_update().only("pk").get(pk=summary.record_id)
        Chunk.objects.filter(**key).delete()
        Channel.objects.filter(**key).delete()
        summary.save(force_insert=True)
        _copy(summary, rows)


def _copy(summary: Channel, rows: list[Row]) -> None:
    statement = (
        "COPY signals_chunk (record_id, datatype_id, start, count, codec, payload) "
        "FROM STDIN (FORMAT BINARY)"
    )
    with raw_cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["int8", "int4", "int8", "int4", "int2", "bytea"])
        for row in rows:
            key = (summary.record_id, summary.datatype_id, row.start)
            copy.write_row((*key, row.count, int(Codec.PCODEC), row.payload))
