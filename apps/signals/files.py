"""The files of channels in a binary download: what they are called, hold, and weigh."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.api.context import Context
from apps.signals import hxd, reader, titles, wav
from apps.signals.contents import Folder, Taken
from apps.signals.query import EVER
from apps.signals.reader import Part, Piece, Source

_STEM = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Events:
    """The parts that hold the events of each asynchronous channel, and how many those are."""

    parts: dict[Source, list[Part]]
    counts: dict[Source, int]


def events(channels: Iterable[Taken]) -> Events:
    """What there is of the asynchronous channels.

    One statement finds the chunks; only those are decoded that may reach beyond the window.
    Raises Gone where one is not there any more.
    """
    taken = {each.source: each for each in channels if not each.source.step and each.source.count}
    parts: dict[Source, list[Part]] = {source: [] for source in taken}
    for part in reader.event_parts([(t.source, t.lower, t.upper) for t in taken.values()]):
        parts[part.source].append(part)
    counts = {source: sum(part.count for part in found) for source, found in parts.items()}
    edges = [part for source, found in parts.items() for part in _edges(found, taken[source])]
    for piece in reader.read(edges, strict=True):
        inside = _inside(piece, taken[piece.source])
        counts[piece.source] -= len(piece.values) - (inside.stop - inside.start)
    return Events(parts, counts)


def _edges(parts: Sequence[Part], taken: Taken) -> Iterator[Part]:
    """The parts of a channel that may hold events outside of what is taken."""
    for part in parts:
        assert part.start is not None
        if part.start < taken.lower or (part is parts[-1] and taken.upper < EVER):
            yield part


def _inside(piece: Piece, taken: Taken) -> slice:
    first, stop = np.searchsorted(piece.timestamps, (taken.lower, taken.upper)).tolist()
    return slice(first, stop)


def names(channels: Sequence[Taken]) -> list[str]:
    """The names of the files of a folder: that of the channel, or else its number, which readers
    know too (contract, formats F1).
    """
    stems = [each.datatype.channel or each.datatype.name for each in channels]
    seen = Counter(stem.lower() for stem in stems)
    good = [_STEM.fullmatch(stem) is not None and seen[stem.lower()] == 1 for stem in stems]
    return [
        f"{stem if fine else each.datatype.pk}.{each.form}"
        for stem, fine, each in zip(stems, good, channels, strict=True)
    ]


def size(taken: Taken, found: Events) -> int | None:
    """The bytes of the file; None for CSV, which has to be written to know."""
    if taken.form == "wav":
        return wav.HEADER + len(taken.samples) * np.dtype(taken.source.dtype).itemsize
    return hxd.PAIR * found.counts.get(taken.source, 0) if taken.form == "hxd" else None


def data(taken: Taken, folder: Folder, context: Context, pieces: Iterable[Piece]) -> Iterator[Any]:
    """The bytes of the file, in buffers; `pieces` are those of its channel."""
    if taken.form == "wav":
        yield from _wav(taken, pieces)
        return
    cut = ((piece, _inside(piece, taken)) for piece in pieces)
    columns = (
        (piece.timestamps[inside] - folder.start, piece.values[inside]) for piece, inside in cut
    )
    if taken.form == "hxd":
        yield from (_bytes(hxd.pairs(*each)) for each in columns)
    else:
        yield from _csv(taken, folder, context, columns)


def _wav(taken: Taken, pieces: Iterable[Piece]) -> Iterator[Any]:
    source = taken.source
    width = np.dtype(source.dtype).itemsize
    yield wav.header(source.datatype, source.step, len(taken.samples), width)
    for piece in pieces:
        yield _bytes(piece.values)


def _csv(
    taken: Taken,
    folder: Folder,
    context: Context,
    columns: Iterable[tuple[NDArray[np.int64], NDArray[Any]]],
) -> Iterator[bytes]:
    yield f"time [s],{titles.title(taken.datatype, context)}\n".encode()
    framed, last = taken.datatype.pk in hxd.FRAMED, -1
    for offsets, values in columns:
        if framed and last < 0 and len(offsets):
            yield hxd.frame(0)
        yield hxd.lines(offsets, values)
        last = max([last, *offsets[-1:].tolist()])
    if framed and last >= 0:
        yield hxd.frame(last if folder.end is None else max(last, folder.end - folder.start))


def _bytes(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """The numbers as little-endian bytes, not copied where they are."""
    little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8)
