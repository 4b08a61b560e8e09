"""What is exported of a record or a range: its time, its laps, and where its points come from.

Whoever sees a record or a range also sees the records, ranges and tracks of the same user
(apps/access/visibility.py), so that these are found by their user.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from apps.exchange.equivalents import DATATYPES, DISTANCE, ENERGY, METRES_PER_KILOMETRE
from apps.exchange.sports import OTHER
from apps.metrics.stretches import OPEN, Span, clip, merge
from apps.metrics.subject import COMPLETE
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.models import Channel
from apps.signals.storage.gathering import Stretch
from apps.tracks.belonging import TrackDuring, choose_tracks
from apps.tracks.models import Track
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND
from hexostore.program_text import digest_program

_PROGRAM = Path(__file__).parent

CHANNELS = {dataid: column for column, dataid in DATATYPES.items()}
"""The columns that the datatypes of points become."""


class LapSpan(NamedTuple):
    """A lap from `start` to `end`, in ticks, or a gap between two."""

    start: int
    end: int
    name: str = ""
    is_gap: bool = False


class WayPart(NamedTuple):
    """The points of a track at `start` <= tick <= `end`."""

    track: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A time of a person from `start` to `end`, in ticks, and what there is of it.

    `stretches` are the parts of records, `gains` the factors of the channels that they have, and
    `ways` the parts of tracks. They are in the order of time, and no moment is in two of them.
    Laps follow each other without a gap; there are none where nobody made any. `distance` (m) and
    `energy` (J) are what somebody gave. `version` changes whenever a file made of it might, and
    `is_settled` says that none of the records is growing.
    """

    key: int
    start: int
    end: int
    activitytype: int
    name: str = ""
    note: str = ""
    stretches: tuple[Stretch, ...] = ()
    gains: dict[int, float] = field(default_factory=dict)
    ways: tuple[WayPart, ...] = ()
    laps: tuple[LapSpan, ...] = ()
    distance: float | None = None
    energy: float | None = None
    version: str = ""
    is_settled: bool = True


def of_range(row: Range) -> Excerpt:
    """Return the time of a range, with the samples of all records in it; four statements."""
    channels = _channels(_during(row.start, row.end).filter(record__user=row.user_id))
    tracks = _tracks_of_range(row)
    end = max(_ends(row.start, channels, tracks)) if row.end is None else row.end
    children = _children(row.user_id, row.start, end, max(row.rank, 0))
    given = _given(row.pk)
    return Excerpt(
        row.pk,
        row.start,
        end,
        row.activitytype_id or OTHER,
        row.name,
        row.note,
        laps=cut_laps(row.start, end, [LapSpan(*child[1:]) for child in children]),
        distance=None if DISTANCE not in given else given[DISTANCE] * METRES_PER_KILOMETRE,
        energy=given.get(ENERGY),
        version=digest(
            "range", row.pk, row.last_modified, row.start, row.end, row.activitytype_id,
            row.trainingroutine_id, row.name, row.note, channels, tracks, children, given,
        ),
        **_pooled(row.start, end, channels, tracks),
    )  # fmt: skip


def of_record(row: Record) -> Excerpt:
    """Return the time of a record that has begun; three statements."""
    assert row.start is not None
    channels = _channels(Channel.objects.filter(record=row.pk))
    found = [each.track for each in _tracks(row.user_id, row.start, row.end)]
    tracks = choose_tracks(found, of_records=(row.pk,))
    end = row.end
    if end is None:  # what others recorded later is none of its
        own = [track for track in tracks if track.record == row.pk]
        end = max(_ends(row.start, channels, own))
        tracks = [track for track in tracks if track.start <= end]
    children = _children(row.user_id, row.start, end, 0)
    return Excerpt(
        row.pk,
        row.start,
        end,
        OTHER,
        laps=cut_laps(row.start, end, [LapSpan(*child[1:]) for child in children]),
        version=digest("record", row.pk, row.start, row.end, channels, tracks, children),
        **_pooled(row.start, end, channels, tracks),
    )


class _ChannelRow(NamedTuple):
    """A channel with its record."""

    record: int
    begin: int
    end: int | None
    datatype: int
    version: bytes
    start: int
    step: int
    number: int
    gain: float
    status: str

    @property
    def last(self) -> int:
        """The tick of the last sample."""
        return self.start + (self.number - 1) * self.step


_COLUMNS = (
    "record_id", "record__start", "record__end", "datatype_id", "version", "start", "step", "count",
    "datatype__gain", "record__status",
)  # fmt: skip


def _channels(among: QuerySet[Channel]) -> list[_ChannelRow]:
    rows = among.filter(
        datatype__in=CHANNELS, step__isnull=False, count__gt=0, record__start__isnull=False
    )
    found = rows.order_by("record_id", "datatype_id").values_list(*_COLUMNS)
    return [_ChannelRow(*row) for row in found]


def _during(start: int, end: int | None) -> QuerySet[Channel]:
    """Return the channels of records that have begun before the end and not ended by the start."""
    lasting = Q(record__end__gt=start) | Q(record__end=None)
    return Channel.objects.filter(lasting, record__start__lt=OPEN if end is None else end)


def _tracks_of_range(row: Range) -> Sequence[TrackDuring]:
    found = _tracks(row.user_id, row.start, row.end)
    records = {each.track.record for each in found if each.is_recorded(row.start, row.end)}
    return choose_tracks([each.track for each in found], of_range=row.pk, of_records=records)


def _tracks(user: int, start: int, end: int | None) -> list[_TrackRow]:
    """Return the tracks of a user that reach into a time, with the periods of their records."""
    rows = Track.objects.filter(user=user, end_date__gte=hexotime.to_datetime(start))
    if end is not None:
        rows = rows.filter(start_date__lte=hexotime.to_datetime(end))
    columns = rows.order_by("start_date", "pk").values_list(
        "pk", "start_date", "end_date", "version", "range", "record",
        "record__start", "record__end",
    )  # fmt: skip
    return [
        _TrackRow(
            TrackDuring(key, _tick(begin), _tick(stop), version, of_range or 0, record or 0),
            record_start,
            record_end,
        )
        for key, begin, stop, version, of_range, record, record_start, record_end in columns
    ]


class _TrackRow(NamedTuple):
    """A track, and the period of its record if it has one that has begun."""

    track: TrackDuring
    record_start: int | None
    record_end: int | None

    def is_recorded(self, start: int, end: int | None) -> bool:
        """Return whether its record has some of a time."""
        if self.record_start is None or self.record_start > (OPEN if end is None else end):
            return False
        return self.record_end is None or self.record_end >= start


def _tick(moment: datetime | None) -> int:
    assert moment is not None
    return hexotime.from_datetime(moment)


def _children(user: int, start: int, end: int, above: int) -> list[tuple[int, int, int, str]]:
    """Return id, start, end and name of the ranges within a time that are of a lower level."""
    within = Range.objects.filter(user=user, start__gte=start, start__lt=end, end__lte=end)
    rows = within.filter(rank__gt=above, autodetected=False).order_by("start", "rank", "pk")
    return [
        (key, begin, stop, name)
        for key, begin, stop, name in rows.values_list("pk", "start", "end", "name")
        if stop is not None
    ]


def _given(key: int) -> dict[int, float]:
    """Return the distance and the energy that somebody gave for a range, by their attributes."""
    rows = ActivityAttributeValue.objects.filter(
        range=key, activityattribute__in=(DISTANCE, ENERGY)
    )
    return dict(rows.values_list("activityattribute_id", "value"))


def _ends(
    start: int, channels: Iterable[_ChannelRow], tracks: Iterable[TrackDuring]
) -> Iterator[int]:
    """Yield the ticks up to which something is known of a time that still goes on."""
    yield start
    yield from (row.last for row in channels)
    yield from (row.end for row in tracks)


def _pooled(
    start: int, end: int, channels: Sequence[_ChannelRow], tracks: Sequence[TrackDuring]
) -> dict[str, Any]:
    """Return the members of an excerpt that say where its points come from."""
    wanted = Span(start, end)
    parts = (clip(record, span, wanted) for record, span in _recorded(channels).items())
    # The first point of a track counts, unlike the start of a record, at which there is no sample.
    around = Span(start - 1, end)
    ways = (clip(row.track, Span(row.start - 1, row.end), around) for row in tracks)
    return {
        "stretches": merge(part for part in parts if part),
        "gains": {row.datatype: row.gain for row in channels},
        "ways": tuple(
            WayPart(at, first + 1, last) for at, first, last in merge(filter(None, ways))
        ),
        "is_settled": all(row.status == COMPLETE for row in channels),
    }


def _recorded(channels: Iterable[_ChannelRow]) -> dict[int, Span]:
    """Return the spans of records, each up to its last sample, so that what a record gets later is
    not read."""
    found: dict[int, Span] = {}
    for row in channels:
        before = found.get(row.record, Span(row.begin, row.begin))
        last = row.last if row.end is None else min(row.last, row.end)
        found[row.record] = Span(row.begin, max(before.end, last))
    return found


def cut_laps(start: int, end: int, children: Sequence[LapSpan]) -> tuple[LapSpan, ...]:
    """Return laps that follow each other from start to end; none without children.

    `children` are in the order of time. Each gets the time that those before it leave. Gaps of a
    second or more are laps of their own; a shorter one belongs to the lap before it, or to the
    first.
    """
    laps: list[LapSpan] = []
    for child in children:
        reached = laps[-1].end if laps else start
        begin = max(child.start, reached)
        if begin >= child.end:
            continue
        if begin - reached >= TICKS_PER_SECOND:
            laps.append(LapSpan(reached, begin, is_gap=True))
        laps.append(LapSpan(begin, child.end, child.name))
    if laps and end - laps[-1].end >= TICKS_PER_SECOND:
        laps.append(LapSpan(laps[-1].end, end, is_gap=True))
    return tuple(_without_gaps(start, end, laps))


def _without_gaps(start: int, end: int, laps: Sequence[LapSpan]) -> Iterator[LapSpan]:
    """Yield the laps, each of which lasts until the next one begins."""
    for place, (lap, following) in enumerate(pairwise([*laps, LapSpan(end, end)])):
        yield lap._replace(start=lap.start if place else start, end=following.start)


def digest(*everything: object) -> str:
    """Return a short text that is another one for other contents, and in another version of this
    app."""
    contents = digest_program(_PROGRAM), *everything
    return blake2b(repr(contents).encode(), digest_size=16).hexdigest()
