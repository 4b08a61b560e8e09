"""Excerpts of the store as activities."""

from __future__ import annotations

from dataclasses import replace

from apps.exchange.activity import Activity, Lap, Session, Totals
from apps.exchange.excerpts import Excerpt
from apps.exchange.points import PooledPoints
from apps.exchange.summaries import Interval, summarize


def activity_of(excerpt: Excerpt) -> Activity:
    """Return the activity of an excerpt, whose points are read once for its totals."""
    points = PooledPoints(excerpt)
    whole = Interval(excerpt.start - 1, excerpt.end)
    parts = [Interval(lap.start, lap.end) for lap in excerpt.laps]
    totals, *of_laps = summarize(points, [whole, *parts])
    laps = tuple(
        Lap(lap.start, lap.end, each, lap.name, lap.is_gap)
        for lap, each in zip(excerpt.laps, of_laps, strict=True)
    )
    session = Session(
        excerpt.start,
        excerpt.end,
        excerpt.activitytype,
        points,
        laps,
        _with_given(totals, excerpt),
        excerpt.name,
        excerpt.note,
    )
    return Activity((session,), key=excerpt.key)


def _with_given(totals: Totals, excerpt: Excerpt) -> Totals:
    """Return totals with what somebody gave where nothing was recorded."""
    distance = excerpt.distance if totals.distance is None else totals.distance
    energy = excerpt.energy if totals.energy is None else totals.energy
    return replace(totals, distance=distance, energy=energy)
