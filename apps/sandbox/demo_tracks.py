"""The tracks of simulated demo records: where people walked and ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apps.records.models import Range, Record
from apps.simulation import recording, truth
from apps.simulation.simulator import Simulation
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

RANGES = {301204: 412077, 43419: 65108}
"""The ranges with a track, by the record in which they lie. Ranges that the documents print have
none but the printed ones."""


def make_tracks(records: Sequence[Record], simulate: Callable[[Record, int], Simulation]) -> None:
    """Store the tracks of those of the records that have one.

    `simulate` gives the simulation of a record up to a number of ticks.
    """
    ranges = Range.objects.filter(tracks=None).in_bulk(RANGES.values())
    for record in records:
        activity = ranges.get(RANGES.get(record.pk, 0))
        if activity is not None:
            _make_track(record, activity, simulate)


def _make_track(
    record: Record, activity: Range, simulate: Callable[[Record, int], Simulation]
) -> None:
    """Store where the range of a record went: its own part of what is simulated."""
    assert record.start is not None
    assert record.end is not None
    assert activity.end is not None
    simulation = simulate(record, record.end - record.start)
    first, last = (-(-(tick - record.start) // SECOND) for tick in (activity.start, activity.end))
    places = truth.describe_track(simulation.timeline, last)["track"]
    recording.store_track(record, places, since=max(0, first - 1), of=activity)
