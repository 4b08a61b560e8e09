"""Which samples a time of a person is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from apps.signals.storage.gathering import Stretch

OPEN = 2**62
"""The end of what still goes on, in ticks: later than any sample."""


class Span(NamedTuple):
    """A time from `start` to `end`, in ticks since 1970; its samples stand at start < t <= end.

    The sample number k of a channel of one a second stands at 256 (k + 1), so that a span of 300
    seconds has 300 samples (contract, metrics 11).
    """

    start: int
    end: int


def clip(record: int, recorded: Span, wanted: Span) -> Stretch | None:
    """Return the part of a record that lies in the span that is wanted, None without one."""
    start, end = max(recorded.start, wanted.start), min(recorded.end, wanted.end)
    return Stretch(record, start, end) if start < end else None


class TrackPart(NamedTuple):
    """The part of a track from `start` to `end`, in ticks since 1970; `version` is the track's."""

    track: int
    start: int
    end: int
    version: int = 0

    def within(self, span: Span) -> TrackPart | None:
        """Return what lies of it in a span, None without any."""
        start, end = max(self.start, span.start), min(self.end, span.end)
        return self._replace(start=start, end=end) if start < end else None


Piece = TypeVar("Piece", Stretch, TrackPart)


def merge(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return the stretches of one person in the order of time, each moment once; or the ways.

    Where two records overlap, the one that began earlier keeps the time that both have, or with
    the same start the one of the lower id. The stretch of one record is given in pieces where it
    is cut by another.
    """
    kept: list[Piece] = []
    reached = None
    for piece in sorted(pieces, key=lambda each: (each.start, each[0], each.end)):
        start = piece.start if reached is None else max(piece.start, reached)
        if start < piece.end:
            kept.append(piece._replace(start=start))
            reached = piece.end
    return tuple(_joined(kept))


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Yield the pieces, two of one record or track that follow each other without a gap as
    one."""
    before: Piece | None = None
    for piece in pieces:
        if before is None:
            before = piece
        elif (before[0], before.end) == (piece[0], piece.start):
            before = before._replace(end=piece.end)
        else:
            yield before
            before = piece
    if before is not None:
        yield before


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in the order of time, those that overlap or touch joined to one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)
