"""EDF+: the signals of one record with their units, events as annotations.

A data record of the file holds one second. Fast channels are its signals, sample k of a channel
of 1 Hz in data record k, though it stands for the second that ends there. Events, and channels
slower than a second, are annotations. A file holds the whole seconds that the samples asked for
lie in; of events just those asked for. A signal that ends before the file does goes on with its
last value, and an annotation `heart_rate ends` says where.

Without `datatype` the signals of `PLACES` come first, each in its place whether it was recorded
or not, for some readers know a channel by its number only. What else a binary download has unasked
follows where it was recorded: signals of the head sensor, and events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from hashlib import blake2b

import numpy as np

from apps.api import registry
from apps.api.context import Context
from apps.api.errors import BadRequest, NotFound
from apps.catalog import datatype_facts
from apps.catalog.models import ON_REQUEST, Datatype
from apps.records.models import Record
from apps.signals.delivery import Delivery
from apps.signals.formats import file_names
from apps.signals.formats.edf import annotation_lists, annotation_texts, header
from apps.signals.formats.edf.annotation_lists import Annotations
from apps.signals.formats.edf.spread import Survey
from apps.signals.formats.edf.writer import EdfOutput, EdfSignal, Train, train_parts
from apps.signals.selection.plan import ChannelSlice, Question, unrecorded
from apps.signals.storage import reader
from apps.signals.storage.reader import Piece
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from hexostore.hexotime import to_datetime

MEDIA_TYPE = "application/x-edf"

PLACES = datatype_facts.first_in_edf()
"""The signals of a file without `datatype`, in their places: ECG, respiration, movement, others.

Those of ECG, respiratory bands and acceleration are where readers of genuine files look for
them, and such files had twenty. Between bands and acceleration there is room for just the six
channels that are made of the bands.
"""

_PLACE = {pk: place for place, pk in enumerate(PLACES)}

NOTHING = {"error": "There is no data for an EDF file."}

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
    who = _patient(record, asked.context)
    file = cache(partial(_file, asked, record, who))
    return Delivery(
        MEDIA_TYPE,
        body=lambda: file().body(),
        length=lambda: file().length,
        filename=file_names.record_name(record.pk) + file_names.EDF,
        variant=blake2b(f"{record.start}-{record.end}-{who}".encode(), digest_size=8).hexdigest(),
    )


def _record(found: Iterable[int]) -> Record:
    keys = set(found)
    if not keys:
        raise NotFound(NOTHING)
    if len(keys) > 1:
        raise BadRequest("An EDF file can only contain one record; the request matches several.")
    return Record.objects.select_related("user").get(pk=keys.pop())


def _patient(record: Record, context: Context) -> str:
    """The line of the header about the user, of whose profile the caller sees it or not."""
    user = record.user
    profiles = registry.model_resource("profile").visible_rows(context).filter(user=user.pk)
    sex, born = profiles.values_list("gender", "date_of_birth").first() or ("", None)
    return header.patient(user.pk, user.get_full_name(), sex, born)


def _file(asked: Question, record: Record, who: str) -> EdfOutput:
    """The file of the datatypes asked for, or without any of those that such files have."""
    channels, placed = _channels(asked, record), not asked.query.datatypes
    signals = [
        EdfSignal(datatype, one.source, one.samples)
        for datatype, one in channels
        if _fast(one) and (one.samples or (placed and datatype.pk in PLACES))
    ]
    trains = [Train(datatype, one) for datatype, one in channels if not _fast(one)]
    return _measured(asked, record, who, signals, trains)


def _channels(asked: Question, record: Record) -> list[tuple[Datatype, ChannelSlice]]:
    """The channels of a file in their order, those in a place also where they have no data."""
    found = {one.datatype: one.stretches[0] for one in asked.plan.series}
    datatypes = Datatype.objects.in_bulk([*PLACES, *found])
    if asked.query.datatypes:
        order = sorted(found, key=lambda pk: (_PLACE.get(pk, len(PLACES)), pk))
    else:
        order = [*PLACES, *_also_usual(datatypes.values())]
    return [(datatypes[pk], found.get(pk) or _nothing(record, datatypes[pk])) for pk in order]


def _also_usual(datatypes: Iterable[Datatype]) -> list[int]:
    """Those without a place that a download has unasked: signals before events."""
    usual = [one for one in datatypes if one.download != ON_REQUEST and one.pk not in _PLACE]
    return [one.pk for one in sorted(usual, key=lambda one: (one.hexo_freq is None, one.pk))]


def _nothing(record: Record, datatype: Datatype) -> ChannelSlice:
    """A synchronous channel without samples."""
    start = (record.start or 0) + datatype.first_sample
    return ChannelSlice(unrecorded(record.pk, datatype, start), range(0), 0, 0)


def _fast(stretch: ChannelSlice) -> bool:
    step, dtype = stretch.source.step, stretch.source.dtype
    return bool(step) and SECOND % step == 0 and np.dtype(dtype).itemsize == 2


def _measured(
    asked: Question, record: Record, who: str, signals: list[EdfSignal], trains: list[Train]
) -> EdfOutput:
    """The file of these channels; reads the events once to see how much room they need."""
    origin = record.start or 0
    survey = Survey()
    for train, piece in _read_trains(trains):
        _count(survey, train.marks(piece, origin), origin)
    seconds = _hull([*(signal.seconds for signal in signals), survey.seconds])
    if not seconds:
        raise NotFound(NOTHING)
    _check_length(len(seconds))
    notes = annotation_lists.notes(_notes(asked, record, origin, seconds, signals))
    _count(survey, notes, origin)
    notes = Annotations(notes.ticks - seconds.start * SECOND, notes.texts, notes.sizes)
    room = survey.room(len(seconds))
    file = EdfOutput(record, who, origin, seconds, signals, trains, notes, room)
    _check(file)
    return file


def _count(survey: Survey, marks: Annotations, origin: int) -> None:
    """Counts annotations, whose ticks are from `origin`; BadRequest where they lie too far off."""
    if len(marks.ticks):
        _check_length(int(marks.ticks[-1]) // SECOND + 1)
    survey.add(marks.ticks, marks.sizes_at(origin % SECOND))


def _hull(ranges: Iterable[range]) -> range:
    """From the first second of any to the last."""
    known = [one for one in ranges if one]
    if not known:
        return range(0)
    return range(min(one.start for one in known), max(one.stop for one in known))


def _notes(
    asked: Question, record: Record, origin: int, seconds: range, signals: list[EdfSignal]
) -> Iterator[tuple[int, str]]:
    """Where the record ends, and each signal that ends before the file does, in ticks."""
    for signal in signals:
        if signal.source.count < seconds.stop * signal.rate:
            tick = max(signal.source.count * signal.source.step, seconds.start * SECOND)
            yield tick, annotation_texts.SIGNAL_ENDS.write(name=signal.datatype.name)
    end, query = record.end, asked.query
    if end is None or not query.lower <= end < query.upper:
        return
    if seconds.start * SECOND <= end - origin <= seconds.stop * SECOND:
        yield end - origin, annotation_texts.RECORDING_ENDS


def _check(file: EdfOutput) -> None:
    if file.annotated > MOST_ANNOTATED:
        raise BadRequest("An EDF file cannot contain so many events in so short a time.")
    if to_datetime(file.begin).year not in header.YEARS:
        raise BadRequest("An EDF file must begin in the years 1985 to 2084.")


def _check_length(seconds: int) -> None:
    if seconds > LONGEST:
        raise BadRequest("An EDF file cannot be longer than a year.")


def _read_trains(trains: list[Train]) -> Iterator[tuple[Train, Piece]]:
    by_source = {train.stretch.source: train for train in trains}
    for piece in reader.read(train_parts(trains)):
        yield by_source[piece.source], piece
