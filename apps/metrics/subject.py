"""What metrics are asked of: a record, a range, or several of them as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.metrics.stretches import OPEN, Piece, Span, TrackPart, clip, merge, union
from apps.metrics.ways import choose_ways, tracks_during, ways_of_users
from apps.metrics.wearer import SEVERAL, Wearer, wearers
from apps.records.models import Record
from apps.signals.storage.gathering import Stretch
from apps.signals.storage.last_items import last_ticks
from apps.tracks.belonging import TrackDuring
from apps.tracks.models import Track

COMPLETE = "complete"
"""The status of a record of which everything is there and processed."""

RESTING, SLEEP, REST_TEST = 8, 12, 106
HRV_TYPES = frozenset([RESTING, SLEEP, REST_TEST])
"""The activity types whose ranges are processed for the variability of the heart rate."""
SLEEP_TYPES, REST_TESTS = frozenset([SLEEP]), frozenset([REST_TEST])

DISTANCE = 1
"""The activity attribute by which people tell how far they went, in km."""


class SubjectKind(Enum):
    """Whether metrics are asked of records or of ranges."""

    RECORD = "record"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class FitnessTest:
    """The training routine of a range, and the `distance` in km that somebody entered for it."""

    routine: int
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A time of a person, in one piece or several, with the samples that lie in it.

    `spans` are the times themselves, `stretches` what was recorded in them, `ways` the parts of
    tracks; all are in the order of time, and no moment of one person is in two of them.
    `activitytypes` are those of the ranges, None that of a range without one. `complete` says that
    there are records and that all of them are processed. `test` is there for a single range that
    follows a routine.
    """

    wearer: Wearer
    spans: tuple[Span, ...]
    stretches: tuple[Stretch, ...]
    kind: SubjectKind
    activitytypes: frozenset[int | None] = frozenset()
    complete: bool = True
    test: FitnessTest | None = None
    ways: tuple[TrackPart, ...] = ()

    @property
    def start(self) -> int:
        """The tick at which the first span begins."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """The tick at which the last span ends."""
        return self.spans[-1].end

    @property
    def recorded_from(self) -> int:
        """The tick of the first recorded moment; that of the first span where there is none."""
        return self.stretches[0].start if self.stretches else self.start

    @property
    def ticks(self) -> int:
        """How long the spans are together; what still goes on, as far as it is recorded."""
        return sum(self.end_of(span) - span.start for span in self.spans)

    @property
    def recorded_up_to(self) -> int:
        """The tick of the last recorded moment; that at which it starts where there is none."""
        return max([self.start, *(each[-1].end for each in (self.stretches, self.ways) if each)])

    def end_of(self, span: Span) -> int:
        """Return the tick at which one of its spans ends; of what still goes on, the last recorded
        moment."""
        return span.end if span.end < OPEN else max(span.start, self.recorded_up_to)

    def stretches_by_age(self) -> list[tuple[Stretch, ...]]:
        """Return the stretches in groups at whose start the wearer has one age, in the order of
        time: a single group, unless there was a birthday in between."""
        groups = groupby(self.stretches, lambda stretch: self.wearer.age(stretch.start))
        return [tuple(group) for _, group in groups] or [()]

    @property
    def is_one_person(self) -> bool:
        """Whether what is told of it is about one person."""
        return self.wearer != SEVERAL

    @property
    def may_have_hrv(self) -> bool:
        """Whether it is a record, or ranges of rest and sleep only."""
        return self.kind is SubjectKind.RECORD or self.activitytypes <= HRV_TYPES

    @property
    def is_sleep(self) -> bool:
        """Whether it is ranges of sleep only."""
        return self.kind is SubjectKind.RANGE and self.activitytypes <= SLEEP_TYPES

    @property
    def is_rest_test(self) -> bool:
        """Whether it is rest tests only."""
        return self.kind is SubjectKind.RANGE and self.activitytypes <= REST_TESTS


def of_records(records: Collection[int]) -> dict[int, Subject]:
    """Return the records of these ids as subjects, by id; two statements.

    A record without a start has no samples and is left out, as one that there is not. What was
    recorded of one without an end reaches up to its last sample, here and below; two more
    statements tell.
    """
    tracks = RawSQL(tracks_during(Record._meta.db_table), ())  # noqa: S611 - made of names of ours
    found = Record.objects.filter(pk__in=set(records)).annotate(during=tracks)
    rows = _recorded(found, "during")
    people = wearers({row.user for row in rows})
    return {row.record: _of_record(people[row.user], row) for row in rows}


def during(span: Span) -> Q:
    """Return the condition on records and ranges that have begun before the end of a span, and not
    ended before its start."""
    return Q(start__lt=span.end) & (Q(end__gt=span.start) | Q(end=None))


def of_times(
    users: Collection[int],
    wanted: Span,
    among: QuerySet[Record],
    tracks: QuerySet[Track] | None = None,
) -> dict[int, Subject]:
    """Return what each user recorded in a span, by the user's id; two statements, or three.

    `among` are the records that count, and `tracks` the tracks. A user without any is a subject
    without stretches and ways.
    """
    found: dict[int, list[tuple[Stretch, str]]] = {user: [] for user in users}
    for row in _recorded(among.filter(during(wanted), user__in=found)):
        stretch = clip(row.record, row.recorded, wanted)
        if stretch is not None:
            found[row.user].append((stretch, row.status))
    ways: dict[int, tuple[TrackPart, ...]]
    ways = {} if tracks is None else ways_of_users(tracks.filter(user__in=found), wanted)
    people = wearers(found)
    return {
        user: _of_time(people[user], wanted, rows, ways.get(user, ()))
        for user, rows in found.items()
    }


def _of_time(
    wearer: Wearer,
    wanted: Span,
    found: Sequence[tuple[Stretch, str]],
    ways: tuple[TrackPart, ...],
) -> Subject:
    stretches = merge(stretch for stretch, _ in found)
    pieces: list[Stretch | TrackPart] = [*stretches, *ways]
    spans = union(Span(each.start, each.end) for each in pieces)
    complete = bool(found) and all(status == COMPLETE for _, status in found)
    return Subject(
        wearer,
        spans or (wanted,),
        stretches,
        SubjectKind.RECORD,
        complete=complete,
        ways=ways,
    )


def of_ranges(ranges: Collection[int]) -> dict[int, Subject]:
    """Return the ranges of these ids as subjects, by id; two statements."""
    rows = _rows_of_ranges(sorted(set(ranges)))
    people = wearers({user for (_, user, *_), _ in rows})
    return {
        pk: replace(
            _of_range(people[user], Span(start, _end(end)), kind, during),
            ways=choose_ways(
                [TrackDuring(*each) for each in tracks],
                Span(start, _end(end)),
                of_range=pk,
                of_records={row.record for row in during},
            ),
        )
        for (pk, user, start, end, *kind, tracks), during in rows
    }


def pool(subjects: Sequence[Subject]) -> Subject:
    """Return several subjects as one, in which time that one person has in two counts once.

    What depends on the wearer is null for several people. Those of whom nothing was recorded count
    neither as people nor as incomplete. Raises ValueError for no subjects.
    """
    if not subjects:
        raise ValueError("no subjects to pool")
    recorded = [each for each in subjects if each.stretches] or subjects
    people = {each.wearer for each in recorded}
    kinds = {each.kind for each in subjects}
    return Subject(
        people.pop() if len(people) == 1 else SEVERAL,
        union(span for each in subjects for span in each.spans),
        _pooled((each.wearer.user, each.stretches) for each in subjects),
        SubjectKind.RANGE if kinds == {SubjectKind.RANGE} else SubjectKind.RECORD,
        frozenset[int | None]().union(*(each.activitytypes for each in subjects)),
        all(each.complete for each in recorded),
        subjects[0].test if len(subjects) == 1 else None,
        _pooled((each.wearer.user, each.ways) for each in subjects),
    )


def _pooled(found: Iterable[tuple[int, Sequence[Piece]]]) -> tuple[Piece, ...]:
    by_person: dict[int, list[Piece]] = {}
    for user, pieces in found:
        by_person.setdefault(user, []).extend(pieces)
    merged = [piece for pieces in by_person.values() for piece in merge(pieces)]
    return tuple(sorted(merged, key=lambda piece: (piece.start, piece[0])))


@dataclass(frozen=True, slots=True)
class _RecordRow:
    """A record that has begun; `end` is null while it goes on, `last` is its last sample then."""

    record: int
    user: int
    start: int
    end: int | None
    status: str
    tracks: Sequence[Sequence[int]] = ()
    last: int | None = None

    @property
    def span(self) -> Span:
        """The time of the record."""
        return Span(self.start, _end(self.end))

    @property
    def recorded(self) -> Span:
        """The part of it that was recorded; it is empty where nothing was."""
        if self.end is not None:
            return Span(self.start, self.end)
        return Span(self.start, self.start if self.last is None else self.last)


def _recorded(records: QuerySet[Record], *more: str) -> list[_RecordRow]:
    """The records that have begun."""
    rows = records.filter(start__isnull=False).order_by()
    columns = rows.values_list("pk", "user_id", "start", "end", "status", *more)
    begun = [_RecordRow(*row) for row in columns if row[2] is not None]
    return list(_with_last_samples(begun))


def _with_last_samples(rows: Sequence[_RecordRow]) -> Iterator[_RecordRow]:
    found = last_ticks({row.record for row in rows if row.end is None})
    for row in rows:
        yield replace(row, last=found[row.record]) if row.record in found else row


def _end(end: int | None) -> int:
    return OPEN if end is None else end


def _of_record(wearer: Wearer, row: _RecordRow) -> Subject:
    stretch = clip(row.record, row.recorded, row.span)
    found = [TrackDuring(*each) for each in row.tracks]
    has_own = any(each.record == row.record for each in found)
    return Subject(
        wearer,
        (row.span,),
        () if stretch is None else (stretch,),
        SubjectKind.RECORD,
        complete=row.status == COMPLETE,
        ways=choose_ways(found, row.span if has_own else row.recorded, of_records={row.record}),
    )


# As in apps/records/status.py the records are looked for by their period, for which there is an
# index; the sum keeps the planner from going through all records of the owner instead.
_RANGES = f"""
    SELECT range.id, range.user_id, range.start, range.end,
           range.activitytype_id, range.trainingroutine_id, entered.value, during.tracks,
           record.id, record.start, record.end, record.status
    FROM records_range AS range
    CROSS JOIN LATERAL (SELECT {tracks_during("range")} AS tracks) AS during
    LEFT JOIN records_activityattributevalue AS entered
      ON entered.range_id = range.id AND entered.activityattribute_id = %s
    LEFT JOIN records_record AS record
      ON record.user_id + 0 = range.user_id AND record.start IS NOT NULL
     AND numrange(record.start, record.end, '[]') && numrange(range.start, range.end, '[]')
    WHERE range.id = ANY(%s)
    ORDER BY range.id, record.start, record.id
"""  # noqa: S608 - made of texts of ours
_HEAD = 8
"""The columns of a range, before those of a record."""


def _rows_of_ranges(ranges: list[int]) -> list[tuple[tuple[Any, ...], list[_RecordRow]]]:
    """The columns of each range, with the records of its owner in that time."""
    with connection.cursor() as cursor:
        cursor.execute(_RANGES, [DISTANCE, ranges])
        rows = cursor.fetchall()
    found = [(head, list(group)) for head, group in groupby(rows, key=lambda row: row[:_HEAD])]
    during = [
        _RecordRow(row[_HEAD], head[1], *row[_HEAD + 1 :])
        for head, group in found
        for row in group
        if row[_HEAD] is not None
    ]
    known = iter(_with_last_samples(during))
    return [
        (head, [next(known) for row in group if row[_HEAD] is not None]) for head, group in found
    ]


def _of_range(
    wearer: Wearer,
    span: Span,
    kind: Sequence[Any],
    during: Sequence[_RecordRow],
) -> Subject:
    """The subject of a range, given its activity type, its routine and the distance entered."""
    activitytype, routine, distance = kind
    clipped = (clip(row.record, row.recorded, span) for row in during)
    return Subject(
        wearer,
        (span,),
        merge(stretch for stretch in clipped if stretch is not None),
        SubjectKind.RANGE,
        frozenset([activitytype]),
        bool(during) and all(row.status == COMPLETE for row in during),
        None if routine is None else FitnessTest(routine, distance),
    )
