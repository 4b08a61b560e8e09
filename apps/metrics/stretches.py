"""Which samples a time of a person is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

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


def merge(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return the stretches of one person in the order of time, each moment once.

    Where two records overlap, the one that began earlier keeps the time that both have, or with
    the same start the one of the lower id. The stretch of one record is given in pieces where it
    is cut by another.
    """
    kept: list[Stretch] = []
    reached = None
    for stretch in sorted(stretches, key=lambda each: (each.start, each.record, each.end)):
        start = stretch.start if reached is None else max(stretch.start, reached)
        if start < stretch.end:
            kept.append(Stretch(stretch.record, start, stretch.end))
            reached = stretch.end
    return tuple(_joined(kept))


def _joined(stretches: Iterable[Stretch]) -> Iterable[Stretch]:
    """Yield the stretches, two of a record that follow each other without a gap as one."""
    before: Stretch | None = None
    for stretch in stretches:
        if before is None:
            before = stretch
        elif (before.record, before.end) == (stretch.record, stretch.start):
            before = Stretch(before.record, before.start, stretch.end)
        else:
            yield before
            before = stretch
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
