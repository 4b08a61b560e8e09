"""The track of a record as a picture without a map: nothing is asked of other servers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from apps.console.explore.pictures import Frame, draw_line, thin_evenly
from apps.metrics.subject import of_records
from apps.tracks.reading import PlacedPoints, read_points

MOST = 2000
"""The points of a drawn line."""

PLAN = Frame(480, 360)
HEIGHTS = Frame(480, 120)
EDGE = 10
"""Units around a plan."""

EARTH = 6_371_000.0
"""Its mean radius, in metres."""


class DrawnWay(NamedTuple):
    """The lines of a plan (north is up) and of heights over distance; metres."""

    plan: str
    start: tuple[float, float]
    end: tuple[float, float]
    heights: str
    lowest: float | None
    highest: float | None
    length: float
    points: int
    scale: tuple[float, float]
    """The metres of the scale bar, and its width in the picture."""


def draw_way(record: int) -> DrawnWay | None:
    """Return the track that counts for a record, None if there is none; four statements."""
    subject = of_records({record}).get(record)
    if subject is None or not subject.ways:
        return None
    found = read_points([(way.track, way.start, way.end) for way in subject.ways])
    joined = PlacedPoints(
        *(np.concatenate([getattr(each, name) for each in found]) for name in _NAMES)
    )
    return _drawn(joined) if len(joined.times) > 1 else None


_NAMES = ("times", "longitudes", "latitudes", "altitudes", "speeds")


def _drawn(points: PlacedPoints) -> DrawnWay:
    latitudes, longitudes = np.radians(points.latitudes), np.radians(points.longitudes)
    middle = float(latitudes.mean())
    east = (longitudes - longitudes.min()) * math.cos(middle) * EARTH
    north = (latitudes - latitudes.min()) * EARTH
    along = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(east), np.diff(north)))))
    width, height = PLAN.width - 2 * EDGE, PLAN.height - 2 * EDGE
    units = min(width / (east.max() or 1), height / (north.max() or 1))
    kept = thin_evenly(len(east), MOST)
    xs, ys = EDGE + east * units, PLAN.height - EDGE - north * units
    heights, known = points.altitudes, np.isfinite(points.altitudes).any()
    limits = (float(np.nanmin(heights)), float(np.nanmax(heights))) if known else None
    profile = ""
    if limits is not None:
        profile = draw_line(along[kept] / (along[-1] or 1), heights[kept], HEIGHTS, limits)
    return DrawnWay(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs[kept], ys[kept], strict=True)),
        (float(xs[0]), float(ys[0])),
        (float(xs[-1]), float(ys[-1])),
        profile,
        limits and limits[0],
        limits and limits[1],
        float(along[-1]),
        len(east),
        _scale(units),
    )


def _scale(units: float) -> tuple[float, float]:
    """Return a round number of metres that takes about a fifth of the picture, and its width."""
    # 0.3 units a metre: 96 units are 320 m, so the bar is 200 m long and 60 units wide.
    wanted = PLAN.width / 5 / units
    power = 10.0 ** math.floor(math.log10(wanted))
    metres = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    return metres, metres * units
