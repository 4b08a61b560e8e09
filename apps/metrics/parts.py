"""The parts of a report: a record, a range, or what a user recorded in a time, each cut to the
time that is asked about.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apps.api.errors import BadRequest
from apps.metrics.questions import MOST_DAYS, TICKS_PER_DAY
from apps.metrics.shapes import TimeRange
from apps.metrics.stretches import OPEN, Piece, Span, TrackPart
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Stretch


@dataclass(frozen=True, slots=True)
class ReportPart:
    """What a report is about, or a part of it: a subject and the time range that stands for it.

    `record` is the id of a record that was named.
    """

    subject: Subject
    timerange: TimeRange
    record: int | None = None

    def within(self, span: Span) -> ReportPart | None:
        """Return what lies in a span, None where nothing was recorded in it.

        What still goes on ends where it is recorded up to.
        """
        start, end, user = self.timerange
        last = min(span.end, self.subject.recorded_up_to if end is None else end)
        stretches = tuple(_pieces_within(self.subject.stretches, span))
        ways = tuple(_pieces_within(self.subject.ways, span))
        spans = tuple(_spans_within(self.subject.spans, Span(span.start, last)))
        if not spans or not (stretches or ways):
            return None
        subject = replace(self.subject, spans=spans, stretches=stretches, ways=ways)
        return replace(
            self, subject=subject, timerange=TimeRange(max(start, span.start), last, user)
        )


def whole_part(subject: Subject, record: int | None = None) -> ReportPart:
    """Return a subject as a part, with its own time; null for the end of what still goes on."""
    end = None if subject.end >= OPEN else subject.end
    return ReportPart(subject, TimeRange(subject.start, end, subject.wearer.user), record)


def split_days(parts: Iterable[ReportPart]) -> list[list[ReportPart]]:
    """Return what each day UTC has of the parts, in the order of time, without empty days.

    Raises BadRequest for more days than a report may have.
    """
    found: dict[Span, list[ReportPart]] = defaultdict(list)
    cuts = 0
    for part in parts:
        recorded: list[Stretch | TrackPart] = [*part.subject.stretches, *part.subject.ways]
        for day in _days(sorted(recorded, key=lambda piece: piece.start)):
            cuts += 1
            if cuts > MOST_DAYS:
                raise BadRequest(f"A report by day covers at most {MOST_DAYS} days.")
            cut = part.within(day)
            assert cut is not None
            found[day].append(cut)
    return [found[day] for day in sorted(found)]


def _days(stretches: Iterable[Stretch | TrackPart]) -> Iterator[Span]:
    """Yield the days that stretches and ways reach into, each once, in the order of time."""
    start = None
    for stretch in stretches:
        first = stretch.start - stretch.start % TICKS_PER_DAY
        start = first if start is None else max(first, start)
        while start < stretch.end:
            yield Span(start, start + TICKS_PER_DAY)
            start += TICKS_PER_DAY


def _pieces_within(pieces: Sequence[Piece], span: Span) -> Iterator[Piece]:
    for piece in pieces[_places(pieces, span)]:
        yield piece._replace(start=max(piece.start, span.start), end=min(piece.end, span.end))


def _spans_within(spans: Sequence[Span], span: Span) -> Iterator[Span]:
    for each in spans[_places(spans, span)]:
        yield Span(max(each.start, span.start), min(each.end, span.end))


def _places(pieces: Sequence[Stretch] | Sequence[TrackPart] | Sequence[Span], span: Span) -> slice:
    """Where the pieces stand that have a moment in a span; pieces of one person share none."""
    first = bisect_right(pieces, span.start, key=lambda piece: piece.end)
    return slice(first, bisect_left(pieces, span.end, lo=first, key=lambda piece: piece.start))
