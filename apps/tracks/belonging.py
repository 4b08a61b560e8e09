"""Which tracks are the way of a range or record: the one rule for metrics and for files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple


class TrackDuring(NamedTuple):
    """A track whose points reach into a time. `start` and `end` are ticks; `range` and `record` are
    the ids of what it belongs to, 0 for none. Every write of its points makes a new `version`."""

    track: int
    start: int
    end: int
    version: int
    range: int
    record: int


def choose_tracks(
    found: Sequence[TrackDuring], *, of_range: int = 0, of_records: Collection[int] = ()
) -> Sequence[TrackDuring]:
    """Return those that count of the tracks of a person in the time of a range or record.

    Those of the range itself count; where there are none, those of the records in its time, or of
    the record itself; where there are none either, all of them.
    """
    own = [each for each in found if each.range == of_range] if of_range else []
    recorded = [each for each in found if each.record in of_records]
    return own or recorded or found
