"""How far, how fast and how high somebody went, from the points of their tracks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics.stretches import TrackPart
from apps.tracks.geodesy import leg_lengths
from apps.tracks.reading import PlacedPoints, read_points
from hexostore.hexotime import TICKS_PER_SECOND

Floats = NDArray[np.float64]

MOVING = 0.5
"""From this speed on, in m/s, somebody moves: who stands still seems to drift more slowly."""

LEAST_CLIMB = 3.0
"""A change of height counts from so many metres on: what is less is mostly noise of the GPS."""


@dataclass(frozen=True, slots=True)
class Course:
    """The legs between points, and the heights of each way in the order of time.

    Of a leg `metres` and `seconds` are the part that lies on the way, at an even pace. `speeds` in
    m/s are those that the points tell, else length by time; NaN for points of one moment.
    """

    metres: Floats
    seconds: Floats
    speeds: Floats
    heights: tuple[Floats, ...] = ()


def read_courses(ways: Sequence[Sequence[TrackPart]]) -> list[Course]:
    """Return the course of each of the subjects whose ways are given; one statement, none where
    nobody has a way."""
    points = iter(read_points([each[:3] for of_one in ways for each in of_one]))
    return [_course([(way, next(points)) for way in of_one]) for of_one in ways]


def _course(pieces: Sequence[tuple[TrackPart, PlacedPoints]]) -> Course:
    legs = [_legs(way, points) for way, points in pieces if len(points.times)]
    if not legs:
        return NOWHERE
    metres, seconds, speeds = map(np.concatenate, zip(*legs, strict=True))
    return Course(metres, seconds, speeds, tuple(_heights(*piece) for piece in pieces))


_NONE = np.empty(0)
NOWHERE = Course(_NONE, _NONE, _NONE)
"""The course of somebody without a track."""


def _legs(way: TrackPart, points: PlacedPoints) -> tuple[Floats, Floats, Floats]:
    """Metres, seconds and speeds of the legs that lie on a way, at least in part."""
    times, metres = points.times, leg_lengths(points.longitudes, points.latitudes)
    seconds = np.diff(times) / TICKS_PER_SECOND
    share = _share_on(way, times)
    with np.errstate(divide="ignore", invalid="ignore"):
        paces = np.where(seconds > 0, metres / seconds, np.nan)
    told = points.speeds[1:]
    speeds = np.where(told >= 0, told, paces)  # devices write -1 for a speed they do not know
    on = share > 0
    return (metres * share)[on], (seconds * share)[on], speeds[on]


def _share_on(way: TrackPart, times: NDArray[np.int64]) -> Floats:
    """Which share of the time of each leg lies on a way; of a leg that takes none, all or none."""
    firsts, lasts = times[:-1], times[1:]
    inside = np.minimum(lasts, way.end) - np.maximum(firsts, way.start)
    whole = (inside == 0) & (firsts == lasts)
    share: Floats = np.where(whole, 1.0, np.maximum(inside, 0) / np.maximum(lasts - firsts, 1))
    return share


def _heights(way: TrackPart, points: PlacedPoints) -> Floats:
    inside = (points.times >= way.start) & (points.times <= way.end)
    heights: Floats = points.altitudes[inside & np.isfinite(points.altitudes)]
    return heights


def distance(course: Course) -> float | None:
    """Return the length of the way in metres, None without a track."""
    return float(course.metres.sum()) if len(course.metres) else None


def top_speed(course: Course) -> float | None:
    """Return the highest speed of a leg in m/s, None where nothing tells."""
    known = course.speeds[~np.isnan(course.speeds)]
    return float(known.max()) if len(known) else None


def moving_speed(course: Course) -> float | None:
    """Return the metres by the seconds of the legs on which somebody moves, None without one."""
    moving = course.speeds >= MOVING
    return _pace(course.metres[moving], course.seconds[moving])


def whole_speed(course: Course) -> float | None:
    """Return the metres by the seconds of all legs, None without one."""
    return _pace(course.metres, course.seconds)


def _pace(metres: Floats, seconds: Floats) -> float | None:
    total = float(seconds.sum())
    return float(metres.sum()) / total if total else None


def ascent(course: Course) -> float | None:
    """Return the sum of all climbs in metres, None where no height is known."""
    return _sum_of_climbs(course.heights)


def descent(course: Course) -> float | None:
    """Return the sum of all descents in metres, None where no height is known."""
    return _sum_of_climbs(-each for each in course.heights)


def _sum_of_climbs(heights: Iterable[Floats]) -> float | None:
    known = [each for each in heights if len(each)]
    return sum(map(_climb, known)) if known else None


def _climb(heights: Floats) -> float:
    """The sum of the climbs from one height to the next that differs enough."""
    climbed, level = 0.0, float(heights[0])
    for height in _turns(heights).tolist():
        if abs(height - level) >= LEAST_CLIMB:
            climbed += max(height - level, 0.0)
            level = height
    return climbed


def _turns(heights: Floats) -> Floats:
    """The heights at which going up and going down change, with the first and the last one."""
    differing: Floats = heights[np.append(True, np.diff(heights) != 0)]
    rises = np.diff(differing) > 0
    if not len(rises):
        return differing
    turns: Floats = differing[np.concatenate(([True], rises[1:] != rises[:-1], [True]))]
    return turns
