"""An EDF+ file, written some seconds at a time while its chunks are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, tee
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats.edf import annotation_lists, header, spread
from apps.signals.formats.edf.annotation_lists import Annotations
from apps.signals.formats.edf.header import HeaderField
from apps.signals.formats.edf.spread import Flow, Room
from apps.signals.selection.plan import ChannelSlice
from apps.signals.storage import reader
from apps.signals.storage.reader import Gone, Part, Piece, StoredChannel
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

BLOCK = 1024
"""The number of seconds that are written at a time."""


@dataclass(frozen=True)
class EdfSignal:
    """A channel with `rate` samples in each second of the file.

    If the file has none of its samples, it is flat, at the count nearest to zero in its unit.
    """

    datatype: Datatype
    source: StoredChannel
    asked: range

    @property
    def rate(self) -> int:
        """Samples in a second."""
        return SECOND // self.source.step

    @property
    def rest(self) -> int:
        """The digital value of a missing sample."""
        count = round(-self.datatype.offset / self.datatype.gain)
        return count if self.datatype.signed else count + header.LOWEST

    @property
    def seconds(self) -> range:
        """The seconds of the requested samples."""
        if not self.asked:
            return range(0)
        return range(self.asked.start // self.rate, -(-self.asked.stop // self.rate))

    def find_parts(self, seconds: range) -> Iterator[Part]:
        """Yield the chunks of the samples in those seconds."""
        stop = min(self.source.count, seconds.stop * self.rate)
        return reader.sample_parts(self.source, range(seconds.start * self.rate, stop))


@dataclass(frozen=True)
class Train:
    """A channel whose values are annotations: events, or samples more than a second apart."""

    datatype: Datatype
    stretch: ChannelSlice

    def annotate_piece(self, piece: Piece, origin: int) -> Annotations:
        """Return the requested annotations of a piece, by their ticks from `origin`."""
        lower, upper = max(origin, self.stretch.lower), self.stretch.upper
        timestamps = piece.timestamps
        first, stop = np.searchsorted(timestamps, (lower, upper))
        ticks = timestamps[first:stop] - origin
        return annotation_lists.annotate_events(self.datatype, ticks, piece.values[first:stop])


@dataclass(frozen=True)
class EdfOutput:
    """An EDF+ file before it is written; `seconds` count from the start of the record.

    `who` is the header line with the patient. `room` is for the annotations.
    """

    record: Record
    who: str
    origin: int
    seconds: range
    signals: list[EdfSignal]
    trains: list[Train]
    notes: Annotations
    room: Room

    @property
    def head(self) -> bytes:
        """The header of the file."""
        fields = [HeaderField.field_of(signal.datatype, signal.rate) for signal in self.signals]
        fields.append(HeaderField.of_annotations(self.annotated))
        begin = self.begin
        what = header.recording_line(self.record.pk, begin)
        return header.make_header(self.who, what, begin, len(self.seconds), fields)

    @property
    def begin(self) -> int:
        """The tick at which the first data record begins."""
        return self.origin + self.seconds.start * SECOND

    @property
    def ahead(self) -> int:
        """The ticks between the start in the header and the first data record."""
        return self.begin % SECOND

    @cached_property
    def annotated(self) -> int:
        """The bytes of annotations in a data record, an even number."""
        size = annotation_lists.keeping_size(len(self.seconds), self.ahead) + self.room.size
        return size + size % 2

    @property
    def width(self) -> int:
        """The samples of a data record, including its annotations."""
        return sum(signal.rate for signal in self.signals) + self.annotated // 2

    @property
    def length(self) -> int:
        """The size of the file in bytes."""
        return header.header_size(len(self.signals) + 1) + 2 * self.width * len(self.seconds)

    def make_body(self) -> Iterator[bytes]:
        """Yield the file in pieces. Raise Gone if the record is replaced meanwhile."""
        yield self.head
        writer = _Writer(self)
        for begin in range(self.seconds.start, self.seconds.stop, BLOCK):
            yield writer.write_block(range(begin, min(begin + BLOCK, self.seconds.stop)))
        writer.finish()


def train_parts(trains: list[Train]) -> list[Part]:
    """Return the chunks with the annotations, in the order in which they are needed."""
    events = []
    parts: list[Part] = []
    for train in trains:
        stretch = train.stretch
        if stretch.source.step:
            parts += reader.sample_parts(stretch.source, stretch.samples)
        else:
            events.append((stretch.source, stretch.lower, stretch.upper))
    return sorted(chain(reader.event_parts(events), parts), key=_second_of)


def _second_of(part: Part) -> int:
    """Return the second of the record in which a part begins, or an earlier one."""
    return ((part.start or 0) - part.source.start) // SECOND


class _Writer:
    """The data records of a file, some seconds at a time, and what was read but not written yet."""

    def __init__(self, file: EdfOutput) -> None:
        self.file = file
        self.samples = {signal.source: _Samples(signal.rest) for signal in file.signals}
        self.annotations = _AnnotationSignal(file)
        every = [signal.find_parts(file.seconds) for signal in file.signals]
        every.append(iter(train_parts(file.trains)))
        parts, same = tee(heapq.merge(*every, key=self._second_needed))
        self.stream = zip(
            map(self._second_needed, parts), reader.read(same, strict=True), strict=True
        )
        self.coming = next(self.stream, None)

    def write_block(self, seconds: range) -> bytes:
        """Return the data records of those seconds. They follow the previous ones."""
        while self.coming is not None and self.coming[0] < seconds.stop:
            self._keep_piece(self.coming[1])
            self.coming = next(self.stream, None)
        rows = np.empty((len(seconds), self.file.width), "<i2")
        place = 0
        for signal in self.file.signals:
            samples = self.samples[signal.source].take_samples(len(seconds) * signal.rate)
            rows[:, place : place + signal.rate] = samples.reshape(len(seconds), signal.rate)
            place += signal.rate
        rows[:, place:] = self.annotations.write_block(seconds).view("<i2")
        return rows.tobytes()

    def finish(self) -> None:
        """Check that everything was written. Raise Gone if not."""
        self.annotations.finish()

    def _second_needed(self, part: Part) -> int:
        """Return the second of the record whose data record may need something of a part."""
        return _second_of(part) - (0 if part.source in self.samples else spread.AHEAD)

    def _keep_piece(self, piece: Piece) -> None:
        if piece.source in self.samples:
            self.samples[piece.source].add(piece.values)
        else:
            self.annotations.add(piece)


class _AnnotationSignal:
    """The annotations of a file on their way from chunks to data records.

    They wait until everything before them is read. Then they get a place and are `queued`.
    """

    def __init__(self, file: EdfOutput) -> None:
        self.file = file
        self.flow = Flow(file.room)
        self.trains = {train.stretch.source: train for train in file.trains}
        self.waiting = [file.notes]
        self.queued, self.places = annotation_lists.NONE, np.zeros(0, np.int64)

    def add(self, piece: Piece) -> None:
        """Add a piece."""
        self.waiting.append(self.trains[piece.source].annotate_piece(piece, self.file.begin))

    def write_block(self, seconds: range) -> NDArray[Any]:
        """Return the bytes of those data records. They follow the previous ones."""
        file = self.file
        last = seconds.stop == file.seconds.stop
        begin, stop = seconds.start - file.seconds.start, seconds.stop - file.seconds.start
        self._place_waiting(None if last else (stop + spread.AHEAD) * SECOND)
        due = int(np.searchsorted(self.places, stop))
        self._require_unwritten(begin)
        marks, places = self.queued.select_annotations(slice(due)), self.places[:due]
        self.queued = self.queued.select_annotations(slice(due, None))
        self.places = self.places[due:]
        return annotation_lists.laid_out(
            range(begin, stop), file.ahead, marks, places, file.annotated
        )

    def _place_waiting(self, upper: int | None) -> None:
        """Find places for the waiting annotations before the tick `upper`, or for all."""
        due, rest = [], []
        for waiting in self.waiting:
            cut = _count_before(waiting, upper)
            due.append(waiting.select_annotations(slice(cut)))
            if cut < len(waiting.ticks):
                rest.append(waiting.select_annotations(slice(cut, None)))
        self.waiting = rest or [annotation_lists.NONE]
        marks = annotation_lists.merge_by_time(due)
        file = self.file
        origin = file.seconds.start * SECOND + file.ahead
        seconds = np.minimum(marks.ticks // SECOND, len(file.seconds) - 1)
        places = self.flow.find_places(seconds, marks.sizes_at(origin))
        self.queued = annotation_lists.join_annotations([self.queued, marks])
        self.places = np.concatenate([self.places, places])

    def _require_unwritten(self, begin: int) -> None:
        """Raise Gone if a place is already written, because then these are not the annotations that
        were counted."""
        if len(self.places) and self.places[0] < begin:
            raise Gone("the annotations of a file")

    def finish(self) -> None:
        """Raise Gone if some are left, because then these are not the annotations that were
        counted."""
        if len(self.places):
            raise Gone(f"{len(self.places)} annotations of a file")


def _count_before(marks: Annotations, upper: int | None) -> int:
    """Return how many annotations come before the tick; all of them if it is None."""
    return len(marks.ticks) if upper is None else int(np.searchsorted(marks.ticks, upper))


class _Samples:
    """The samples of a signal on their way from chunks to data records."""

    def __init__(self, rest: int) -> None:
        self.waiting: list[NDArray[Any]] = []
        self.last = np.full(1, rest, "<i2")

    def add(self, counts: NDArray[Any]) -> None:
        """Add a chunk. Unsigned counts are shifted into the digital range."""
        unsigned = counts.dtype.kind == "u"
        self.waiting.append((counts ^ 0x8000).view("<i2") if unsigned else counts)

    def take_samples(self, count: int) -> NDArray[Any]:
        """Return the next digital values; after the end, repeat the last one."""
        every = np.concatenate([self.last, *self.waiting])
        taken = every[1 : count + 1]
        self.waiting = [every[count + 1 :]]
        self.last = taken[-1:] if len(taken) else self.last
        return np.concatenate([taken, np.repeat(self.last, count - len(taken))])
