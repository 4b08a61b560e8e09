"""EDF+: the signals of one record with their units, events as annotations (contract, formats).

A data record of the file holds one second. Fast channels are its signals, sample k of a channel
of 1 Hz in data record k, though it stands for the second that ends there. Events, and channels
slower than a second, are annotations. A file holds the whole seconds that the samples asked for
lie in; of events just those asked for. A signal that ends before the file does goes on with its
last value, and an annotation `heart_rate ends` says where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from apps.api.errors import BadRequest, NotFound
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import edfheader, edfmarks, reader
from apps.signals.delivery import Delivery
from apps.signals.edffile import File, Signal, Train, train_parts
from apps.signals.edfmarks import Marks
from apps.signals.plan import Question, Stretch
from apps.signals.reader import Piece
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from hexostore.hexotime import to_datetime

MEDIA_TYPE = "application/x-edf"

NOTHING = {"error": "There is no data to make an EDF file of."}

LONGEST = 366 * 86_400
"""The most seconds of a file."""

MOST_ANNOTATED = 61_440
"""The most bytes of annotations in a second: what EDF recommends for a whole data record."""


def respond(asked: Question) -> Delivery:
    """The file as application/x-edf.

    Raises BadRequest where several records are asked for, or one that EDF cannot hold, and
    NotFound where there is no value: a file without a signal or a start is none.
    """
    record = _record(
        stretch.source.record for one in asked.plan.series for stretch in one.stretches
    )
    file = cache(partial(_file, asked, record))
    return Delivery(
        MEDIA_TYPE,
        body=lambda: file().body(),
        length=lambda: file().length,
        filename=f"record_{record.pk}.edf",
        variant=f"{record.start}-{record.end}",
    )


def _record(found: Iterable[int]) -> Record:
    keys = set(found)
    if not keys:
        raise NotFound(NOTHING)
    if len(keys) > 1:
        raise BadRequest("An EDF file holds one record; these are several.")
    return Record.objects.get(pk=keys.pop())


def _file(asked: Question, record: Record) -> File:
    series = asked.plan.series
    datatypes = Datatype.objects.in_bulk([one.datatype for one in series])
    channels = [(datatypes[one.datatype], one.stretches[0]) for one in series]
    channels.sort(key=lambda pair: pair[0].pk)
    signals = [Signal(d, s.source, s.samples) for d, s in channels if _fast(s) and s.samples]
    trains = [Train(d, s) for d, s in channels if not _fast(s)]
    return _measured(asked, record, signals, trains)


def _fast(stretch: Stretch) -> bool:
    step, dtype = stretch.source.step, stretch.source.dtype
    return bool(step) and SECOND % step == 0 and np.dtype(dtype).itemsize == 2


def _measured(asked: Question, record: Record, signals: list[Signal], trains: list[Train]) -> File:
    """The file of these channels; reads the events once to see how much room they need."""
    origin = record.start or 0
    survey = _Survey()
    for train, piece in _read_trains(trains):
        survey.add(train.marks(piece, origin))
    seconds = _hull([*(signal.seconds for signal in signals), survey.seconds])
    if not seconds:
        raise NotFound(NOTHING)
    notes = edfmarks.notes(_notes(asked, record, origin, seconds, signals))
    survey.add(Marks(np.minimum(notes.ticks, seconds.stop * SECOND - 1), notes.texts))
    _check_length(len(seconds))
    annotated = int(survey.load.max(initial=0)) + edfmarks.keeping_size(len(seconds))
    annotated += annotated % 2
    notes = Marks(notes.ticks - seconds.start * SECOND, notes.texts)
    file = File(record, origin, seconds, signals, trains, notes, annotated)
    _check(file)
    return file


def _hull(ranges: Iterable[range]) -> range:
    """From the first second of any to the last."""
    known = [one for one in ranges if one]
    if not known:
        return range(0)
    return range(min(one.start for one in known), max(one.stop for one in known))


def _notes(
    asked: Question, record: Record, origin: int, seconds: range, signals: list[Signal]
) -> Iterator[tuple[int, str]]:
    """Where the record ends, and each signal that ends before the file does, in ticks."""
    for signal in signals:
        if signal.source.count < seconds.stop * signal.rate:
            yield signal.source.count * signal.source.step, f"{signal.datatype.name} ends"
    end, query = record.end, asked.query
    if end is None or not query.lower <= end < query.upper:
        return
    if seconds.start * SECOND <= end - origin <= seconds.stop * SECOND:
        yield end - origin, "Recording ends"


def _check(file: File) -> None:
    if file.annotated > MOST_ANNOTATED:
        raise BadRequest("An EDF file cannot hold so many events within one second.")
    if to_datetime(file.begin).year not in edfheader.YEARS:
        raise BadRequest("An EDF file begins in the years 1985 to 2084.")


def _check_length(seconds: int) -> None:
    if seconds > LONGEST:
        raise BadRequest("An EDF file holds no more than a year.")


def _read_trains(trains: list[Train]) -> Iterator[tuple[Train, Piece]]:
    by_source = {train.stretch.source: train for train in trains}
    for piece in reader.read(train_parts(trains)):
        yield by_source[piece.source], piece


@dataclass
class _Survey:
    """How many bytes of annotations each second from the start of a record may take."""

    load: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def add(self, marks: Marks) -> None:
        """Counts these too; BadRequest where they lie too far off."""
        if not len(marks.ticks):
            return
        last = int(marks.ticks[-1]) // SECOND
        _check_length(last + 1)
        if last >= len(self.load):
            self.load = np.pad(self.load, (0, max(last + 1, 2 * len(self.load)) - len(self.load)))
        first, sizes = edfmarks.sizes(marks)
        self.load[first : first + len(sizes)] += sizes

    @property
    def seconds(self) -> range:
        """From the first second with annotations to the last."""
        taken = np.flatnonzero(self.load)
        return range(int(taken[0]), int(taken[-1]) + 1) if len(taken) else range(0)
