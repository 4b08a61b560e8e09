"""An EDF+ file, written a stretch of seconds at a time while its chunks are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, tee
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import edfheader, edfmarks, reader
from apps.signals.edfheader import Field
from apps.signals.edfmarks import Marks
from apps.signals.plan import Stretch
from apps.signals.reader import Part, Piece, Source
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

BLOCK = 1024
"""The seconds that are written at a time."""


@dataclass(frozen=True)
class Signal:
    """A channel of which each second of the file holds `rate` samples."""

    datatype: Datatype
    source: Source
    asked: range

    @property
    def rate(self) -> int:
        """Samples in a second."""
        return SECOND // self.source.step

    @property
    def seconds(self) -> range:
        """The seconds that the samples asked for lie in."""
        return range(self.asked.start // self.rate, -(-self.asked.stop // self.rate))

    def parts(self, seconds: range) -> Iterator[Part]:
        """The chunks of the samples in those seconds."""
        stop = min(self.source.count, seconds.stop * self.rate)
        return reader.sample_parts(self.source, range(seconds.start * self.rate, stop))


@dataclass(frozen=True)
class Train:
    """A channel whose values are annotations: events, or samples further apart than a second."""

    datatype: Datatype
    stretch: Stretch

    def marks(self, piece: Piece, origin: int) -> Marks:
        """The annotations of a piece that were asked for, by their ticks from `origin`."""
        lower, upper = max(origin, self.stretch.lower), self.stretch.upper
        timestamps = piece.timestamps
        first, stop = np.searchsorted(timestamps, (lower, upper))
        ticks = timestamps[first:stop] - origin
        return edfmarks.events(self.datatype, ticks, piece.values[first:stop])


@dataclass(frozen=True)
class File:
    """An EDF+ file before any of it is written; `seconds` count from the start of the record."""

    record: Record
    origin: int
    seconds: range
    signals: list[Signal]
    trains: list[Train]
    notes: Marks
    annotated: int

    @property
    def head(self) -> bytes:
        """The header of the file."""
        labels = edfheader.labels([signal.datatype for signal in self.signals])
        pairs = zip(self.signals, labels, strict=True)
        fields = [Field.of(signal.datatype, label, signal.rate) for signal, label in pairs]
        fields.append(Field.of_annotations(self.annotated))
        user, record = self.record.user_id, self.record.pk
        return edfheader.head(user, record, self.begin, len(self.seconds), fields)

    @property
    def begin(self) -> int:
        """The tick at which the first data record begins."""
        return self.origin + self.seconds.start * SECOND

    @property
    def width(self) -> int:
        """The samples of a data record, its annotations among them."""
        return sum(signal.rate for signal in self.signals) + self.annotated // 2

    @property
    def length(self) -> int:
        """The bytes of the file."""
        return 256 * (len(self.signals) + 2) + 2 * self.width * len(self.seconds)

    def body(self) -> Iterator[bytes]:
        """The file in pieces; Gone where the record is replaced meanwhile."""
        yield self.head
        writer = _Writer(self)
        for begin in range(self.seconds.start, self.seconds.stop, BLOCK):
            yield writer.block(range(begin, min(begin + BLOCK, self.seconds.stop)))


def train_parts(trains: list[Train]) -> list[Part]:
    """The chunks that hold the annotations, in the order in which they are needed."""
    stretches = [train.stretch for train in trains]
    events = [(s.source, s.lower, s.upper) for s in stretches if not s.source.step]
    slow = [reader.sample_parts(s.source, s.samples) for s in stretches if s.source.step]
    return sorted(chain(reader.event_parts(events), *slow), key=_second)


def _second(part: Part) -> int:
    """The second of the record in which a part begins, or an earlier one."""
    return ((part.start or 0) - part.source.start) // SECOND


class _Writer:
    """The data records of a file, some seconds at a time, with what is read but not written."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.samples = {signal.source: _Samples() for signal in file.signals}
        self.marks: dict[Source, list[Marks]] = {t.stretch.source: [] for t in file.trains}
        self.trains = {train.stretch.source: train for train in file.trains}
        every = [signal.parts(file.seconds) for signal in file.signals]
        parts, same = tee(heapq.merge(*every, train_parts(file.trains), key=_second))
        self.stream = zip(map(_second, parts), reader.read(same, strict=True), strict=True)
        self.coming = next(self.stream, None)

    def block(self, seconds: range) -> bytes:
        """The data records of those seconds, which follow the ones before."""
        while self.coming is not None and self.coming[0] < seconds.stop:
            self._keep(self.coming[1])
            self.coming = next(self.stream, None)
        rows = np.empty((len(seconds), self.file.width), "<i2")
        place = 0
        for signal in self.file.signals:
            samples = self.samples[signal.source].take(len(seconds) * signal.rate)
            rows[:, place : place + signal.rate] = samples.reshape(len(seconds), signal.rate)
            place += signal.rate
        rows[:, place:] = self._annotations(seconds).view("<i2")
        return rows.tobytes()

    def _keep(self, piece: Piece) -> None:
        source = piece.source
        if source in self.samples:
            self.samples[source].add(piece.values)
        else:
            self.marks[source].append(self.trains[source].marks(piece, self.file.begin))

    def _annotations(self, seconds: range) -> NDArray[Any]:
        """The annotations that begin in those seconds, and after the last second those left."""
        file = self.file
        first = (seconds.start - file.seconds.start) * SECOND
        stop = first + len(seconds) * SECOND
        final = seconds.stop == file.seconds.stop
        due = [file.notes.between(first, stop + final)]
        for source, waiting in self.marks.items():
            due += [marks.between(first, stop) for marks in waiting]
            self.marks[source] = [m for m in waiting if len(m.ticks) and m.ticks[-1] >= stop]
        return edfmarks.laid_out(
            range(first // SECOND, stop // SECOND), file.begin % SECOND, due, file.annotated
        )


class _Samples:
    """The samples of a signal on their way from chunks to data records."""

    def __init__(self) -> None:
        self.waiting: list[NDArray[Any]] = []
        self.last = np.zeros(1, "<i2")

    def add(self, counts: NDArray[Any]) -> None:
        """Takes a chunk in; counts without a sign are shifted into the digital range."""
        unsigned = counts.dtype.kind == "u"
        self.waiting.append((counts ^ 0x8000).view("<i2") if unsigned else counts)

    def take(self, count: int) -> NDArray[Any]:
        """The next so many digital values; after the end, the last one again and again."""
        every = np.concatenate([self.last, *self.waiting])
        taken = every[1 : count + 1]
        self.waiting = [every[count + 1 :]]
        self.last = taken[-1:] if len(taken) else self.last
        return np.concatenate([taken, np.repeat(self.last, count - len(taken))])
