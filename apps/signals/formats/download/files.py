"""The files of channels in a binary download: their names, contents and sizes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.api.context import Context
from apps.signals.formats import file_names
from apps.signals.formats.csv import titles
from apps.signals.formats.download.contents import ArchiveFolder, Form, Taken
from apps.signals.formats.hxd import pairs
from apps.signals.formats.wav import writer as wav_writer
from apps.signals.selection.query import EVER
from apps.signals.storage import content, reader
from apps.signals.storage.digests import Digest
from apps.signals.storage.reader import Part, Piece, StoredChannel
from apps.signals.texts import event_lines

SUFFIXES: dict[Form, str] = {"wav": file_names.WAV, "hxd": file_names.HXD, "csv": file_names.CSV}

_STEM = re.compile(r"[A-Za-z0-9_-]{1,64}")

Column = tuple[NDArray[np.int64], NDArray[Any]]


@dataclass(frozen=True)
class Events:
    """The parts with the events of each asynchronous channel, and the number of events.

    Parts that also contain other events have no digest.
    """

    parts: dict[StoredChannel, list[Part]]
    counts: dict[StoredChannel, int]


def find_events(channels: Iterable[Taken]) -> Events:
    """Return the events of the asynchronous channels.

    One statement finds the chunks. Only chunks that may reach beyond the window are decoded. Raise
    Gone if one was deleted.
    """
    # Of chunks with 8,192, 8,192 and 500 events only the first and the last are read. If 92 events
    # of the first are before the window and 100 of the last after it, 16,692 remain.
    with_events = [each for each in channels if not each.source.step and each.source.count]
    taken = {each.source: each for each in with_events}
    spans = [(each.source, each.lower, each.upper) for each in taken.values()]
    parts: dict[StoredChannel, list[Part]] = {source: [] for source in taken}
    for part in reader.event_parts(spans):
        parts[part.source].append(part)
    counts: dict[StoredChannel, int] = {}
    edges: list[Part] = []
    for source, own in parts.items():
        counts[source] = sum(part.count for part in own)
        edges += _parts_at_edges(own, taken[source])
    for piece in reader.read(edges, strict=True):
        inside = _events_inside(piece, taken[piece.source])
        kept = inside.stop - inside.start
        counts[piece.source] -= len(piece.values) - kept
    for part in edges:
        mine = parts[part.source]
        mine[mine.index(part)] = replace(part, digest=None)
    return Events(parts, counts)


def _parts_at_edges(parts: Sequence[Part], taken: Taken) -> Iterator[Part]:
    """Yield the parts of a channel that may contain events outside of the window."""
    for part in parts:
        assert part.start is not None
        may_be_after = part is parts[-1] and taken.upper < EVER
        if part.start < taken.lower or may_be_after:
            yield part


def _events_inside(piece: Piece, taken: Taken) -> slice:
    first, stop = np.searchsorted(piece.timestamps, (taken.lower, taken.upper)).tolist()
    return slice(first, stop)


def file_names_of(channels: Sequence[Taken]) -> list[str]:
    """Return the file names of a folder: the name of the channel, or else its number, which readers
    know too (wire F1)."""
    stems = [each.datatype.channel or each.datatype.name for each in channels]
    seen = Counter(stem.lower() for stem in stems)
    names = []
    for stem, each in zip(stems, channels, strict=True):
        is_good = _STEM.fullmatch(stem) and seen[stem.lower()] == 1
        names.append(f"{stem if is_good else each.datatype.pk}{SUFFIXES[each.form]}")
    return names


@dataclass(frozen=True)
class FolderFile:
    """The file of a channel in a folder; `events` are those of all channels of the download."""

    taken: Taken
    folder: ArchiveFolder
    context: Context
    events: Events

    @property
    def parts(self) -> list[Part]:
        """What has to be read for it, with the known digests."""
        if self.taken.source.step:
            return list(reader.sample_parts(self.taken.source, self.taken.samples))
        return self.events.parts.get(self.taken.source, [])

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read for it."""
        return not (self.taken.samples or self.events.parts.get(self.taken.source))

    @property
    def size(self) -> int:
        """The size in bytes. CSV from the start of a record is not read for it, because chunks
        store its size."""
        source = self.taken.source
        if self.taken.form == "wav":
            return wav_writer.HEADER + len(self.taken.samples) * np.dtype(source.dtype).itemsize
        if self.taken.form == "hxd":
            return pairs.size_of_events(self.events.counts.get(source, 0))
        return self.digest.size

    @cached_property
    def digest(self) -> Digest:
        """Size and CRC-32. What no chunk stores is read. Raise Gone if it was deleted."""
        if self.taken.form == "wav":
            parts = reader.digested_parts(self.taken.source, self.taken.samples)
        else:
            parts = self.events.parts.get(self.taken.source, [])
        if self._is_of_its_own:
            written = self.file_bytes(reader.read(parts, strict=True))
            return _sum_digests(map(Digest.of, written))
        return Digest.of(self._head) + _sum_digests(self._digest_parts(parts))

    @property
    def _is_of_its_own(self) -> bool:
        """Whether the digests of chunks cannot be used. They are for text from the start of a
        record."""
        if self.taken.form == "wav":
            return False
        if self.taken.form == "hxd" or self._is_framed:
            return True
        return self.folder.start != self.folder.record.start

    def _digest_parts(self, parts: Sequence[Part]) -> Iterator[Digest]:
        unknown = (part for part in parts if part.digest is None)
        pieces = reader.read(unknown, strict=True)
        for part in parts:
            yield part.digest or Digest.of(self._bytes_of_piece(next(pieces)))

    @property
    def _is_framed(self) -> bool:
        return self.taken.form == "csv" and self.taken.datatype.pk in event_lines.FRAMED

    def file_bytes(self, pieces: Iterable[Piece]) -> Iterator[Any]:
        """Yield the bytes of the file, in buffers; `pieces` are those of its parts."""
        yield self._head
        if self._is_framed:
            yield from self._frame_lines(pieces)
        else:
            yield from map(self._bytes_of_piece, pieces)

    @property
    def _head(self) -> bytes:
        source, form = self.taken.source, self.taken.form
        if form == "csv":
            return titles.of_events(self.taken.datatype, self.context)
        if form == "hxd":
            return b""
        return wav_writer.header(
            source.step, len(self.taken.samples), np.dtype(source.dtype).itemsize
        )

    def _bytes_of_piece(self, piece: Piece) -> Any:
        if self.taken.form == "wav":
            return content.little_endian(piece.values)
        column = self._taken_events(piece)
        if self.taken.form == "hxd":
            return content.little_endian(pairs.join_events(*column))
        return event_lines.lines(*column)

    def _frame_lines(self, pieces: Iterable[Piece]) -> Iterator[bytes]:
        """Yield the lines of positions, with a line without a value before and after them."""
        last = -1
        for offsets, values in map(self._taken_events, pieces):
            if last < 0 and len(offsets):
                yield event_lines.frame(0)
            yield event_lines.lines(offsets, values)
            last = max([last, *offsets[-1:].tolist()])
        if last >= 0:
            end = self.folder.end
            if end is not None:
                last = max(last, end - self.folder.start)
            yield event_lines.frame(last)

    def _taken_events(self, piece: Piece) -> Column:
        """Return the taken events of a piece: ticks from the start of the files, and values."""
        inside = _events_inside(piece, self.taken)
        return piece.timestamps[inside] - self.folder.start, piece.values[inside]


def _sum_digests(digests: Iterable[Digest]) -> Digest:
    return sum(digests, start=Digest())
