"""EDF+: the signals of one record with their units, and events as annotations.

A data record of the file has one second. Fast channels are its signals. Sample k of a 1 Hz channel
is in data record k, although it describes the second that ends there. Events, and channels slower
than a second, are annotations.

A file has the whole seconds of the requested samples. Of events, it has exactly the requested ones.
A signal that ends before the file repeats its last value, and an annotation `heart_rate ends` says
where.

Without `datatype` the signals of `PLACES` come first, each in its place whether it was recorded or
not, because some readers only know a channel by its number. What a binary download also contains by
default follows if it was recorded: signals of the head sensor, and events.
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
from apps.signals.formats.edf.spread import AnnotationCount
from apps.signals.formats.edf.writer import EdfOutput, EdfSignal, Train, train_parts
from apps.signals.selection.plan import ChannelSlice, Question, unrecorded
from apps.signals.storage import reader
from apps.signals.storage.reader import Piece
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from hexostore.hexotime import to_datetime

MEDIA_TYPE = "application/x-edf"

PLACES = datatype_facts.first_in_edf()
"""The signals of a file without `datatype`, in their places: ECG, respiration, movement, others.

ECG, respiratory bands and acceleration are where readers of genuine files look for them, and such
files have twenty signals. Between bands and acceleration there is room for exactly the six channels
that are derived from the bands.
"""

_PLACE = {pk: place for place, pk in enumerate(PLACES)}

NOTHING = {"error": "There is no data for an EDF file."}

LONGEST = 366 * 86_400
"""The most seconds of a file."""

MOST_ANNOTATED = 61_440
"""The most bytes of annotations in a second. EDF recommends this limit for a whole data record."""


def respond(asked: Question) -> Delivery:
    """Return the file as application/x-edf.

    Raise BadRequest if several records are requested, or one that EDF cannot hold. Raise NotFound
    if there are no values, because a file needs a signal and a start.
    """
    record = _require_one_record(
        stretch.source.record for one in asked.plan.series for stretch in one.stretches
    )
    who = _patient_line(record, asked.context)
    file = cache(partial(_make_file, asked, record, who))
    return Delivery(
        MEDIA_TYPE,
        body=lambda: file().make_body(),
        length=lambda: file().length,
        filename=file_names.record_name(record.pk) + file_names.EDF,
        variant=blake2b(f"{record.start}-{record.end}-{who}".encode(), digest_size=8).hexdigest(),
    )


def _require_one_record(found: Iterable[int]) -> Record:
    keys = set(found)
    if not keys:
        raise NotFound(NOTHING)
    if len(keys) > 1:
        raise BadRequest("An EDF file can only contain one record; the request matches several.")
    return Record.objects.select_related("user").get(pk=keys.pop())


def _patient_line(record: Record, context: Context) -> str:
    """Return the line of the header about the user. It depends on whether the caller sees the
    profile."""
    user = record.user
    profiles = registry.model_resource("profile").visible_rows(context).filter(user=user.pk)
    sex, born = profiles.values_list("gender", "date_of_birth").first() or ("", None)
    return header.patient_line(user.pk, user.get_full_name(), sex, born)


def _make_file(asked: Question, record: Record, who: str) -> EdfOutput:
    """Return the file of the requested datatypes, or by default of those that such files have."""
    channels, placed = _channels_of_file(asked, record), not asked.query.datatypes
    signals = [
        EdfSignal(datatype, one.source, one.samples)
        for datatype, one in channels
        if _is_signal(one) and (one.samples or (placed and datatype.pk in PLACES))
    ]
    trains = [Train(datatype, one) for datatype, one in channels if not _is_signal(one)]
    return _measure_annotations(asked, record, who, signals, trains)


def _channels_of_file(asked: Question, record: Record) -> list[tuple[Datatype, ChannelSlice]]:
    """Return the channels of a file in order. Those with a place are included even without data."""
    found = {series.datatype: series.stretches[0] for series in asked.plan.series}
    datatypes = Datatype.objects.in_bulk([*PLACES, *found])
    if asked.query.datatypes:
        order = sorted(found, key=lambda pk: (_PLACE.get(pk, len(PLACES)), pk))
    else:
        order = [*PLACES, *_also_usual(datatypes.values())]
    channels = []
    for pk in order:
        datatype = datatypes[pk]
        stretch = found.get(pk) or _channel_without_samples(record, datatype)
        channels.append((datatype, stretch))
    return channels


def _also_usual(datatypes: Iterable[Datatype]) -> list[int]:
    """Return the default channels of a download without a place: signals before events."""
    usual = [
        datatype
        for datatype in datatypes
        if datatype.download != ON_REQUEST and datatype.pk not in _PLACE
    ]
    usual.sort(key=lambda datatype: (datatype.hexo_freq is None, datatype.pk))
    return [datatype.pk for datatype in usual]


def _channel_without_samples(record: Record, datatype: Datatype) -> ChannelSlice:
    """Return a synchronous channel without samples."""
    start = (record.start or 0) + datatype.first_sample
    return ChannelSlice(unrecorded(record.pk, datatype, start), range(0), 0, 0)


def _is_signal(stretch: ChannelSlice) -> bool:
    step, dtype = stretch.source.step, stretch.source.dtype
    return bool(step) and SECOND % step == 0 and np.dtype(dtype).itemsize == 2


def _measure_annotations(
    asked: Question, record: Record, who: str, signals: list[EdfSignal], trains: list[Train]
) -> EdfOutput:
    """Return the file of these channels. The events are read once to find how much room they
    need."""
    origin = record.start or 0
    count = AnnotationCount()
    for train, piece in _read_trains(trains):
        _count_annotations(count, train.annotate_piece(piece, origin), origin)
    seconds = _span_of_all([*(signal.seconds for signal in signals), count.seconds])
    if not seconds:
        raise NotFound(NOTHING)
    _check_length(len(seconds))
    notes = annotation_lists.annotate_texts(_end_notes(asked, record, origin, seconds, signals))
    _count_annotations(count, notes, origin)
    notes = Annotations(notes.ticks - seconds.start * SECOND, notes.texts, notes.sizes)
    room = count.find_room(len(seconds))
    file = EdfOutput(record, who, origin, seconds, signals, trains, notes, room)
    _check_size(file)
    return file


def _count_annotations(count: AnnotationCount, marks: Annotations, origin: int) -> None:
    """Count annotations, whose ticks are from `origin`. Raise BadRequest if they are too far
    away."""
    if len(marks.ticks):
        _check_length(int(marks.ticks[-1]) // SECOND + 1)
    count.add(marks.ticks, marks.sizes_at(origin % SECOND))


def _span_of_all(ranges: Iterable[range]) -> range:
    """Return the span from the first second of any to the last."""
    known = [one for one in ranges if one]
    if not known:
        return range(0)
    return range(min(one.start for one in known), max(one.stop for one in known))


def _end_notes(
    asked: Question, record: Record, origin: int, seconds: range, signals: list[EdfSignal]
) -> Iterator[tuple[int, str]]:
    """Yield the end of the record, and of each signal that ends before the file, in ticks."""
    for signal in signals:
        if signal.source.count < seconds.stop * signal.rate:
            tick = max(signal.source.count * signal.source.step, seconds.start * SECOND)
            yield tick, annotation_texts.SIGNAL_ENDS.write(name=signal.datatype.name)
    end, query = record.end, asked.query
    if end is None or not query.lower <= end < query.upper:
        return
    if seconds.start * SECOND <= end - origin <= seconds.stop * SECOND:
        yield end - origin, annotation_texts.RECORDING_ENDS


def _check_size(file: EdfOutput) -> None:
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
