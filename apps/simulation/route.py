"""The way of somebody with a GPS: it bends like streets and paths, and leads home again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.simulation.series import Floats
from apps.simulation.timeline import Timeline, slow_noise

HOME = 45.504, -73.587, 60.0
"""Where tracks begin: degrees of latitude and longitude, and metres above the sea."""

_METRES_A_DEGREE = 111_195.0
_HEADING = 40
"""The random stream that turns the way."""

_BENDS, _STREETS, _WANDER = 0.05, 0.35, 1.2
"""Radians by which the way turns a second, by which streets bend it for a minute, and by which it
strays from a round at most."""

_LEVEL = 0.2
"""A way with ups and downs that differ by no more than this share ends as high as it began."""


def lay_route(timeline: Timeline) -> dict[str, Floats]:
    """Return speed (m/s), latitude, longitude and altitude (m) at the end of each second.

    The way is a round of the length that the speed gives. Heights follow the slope of the plan.
    """
    speed = timeline.speed
    heading = _close_round(_turns_of_way(timeline), speed)
    north = np.cumsum(speed * np.cos(heading)) / _METRES_A_DEGREE
    east = np.cumsum(speed * np.sin(heading)) / _METRES_A_DEGREE
    return {
        "speed": speed,
        "latitude": HOME[0] + north,
        "longitude": HOME[1] + east / np.cos(np.radians(HOME[0])),
        "altitude": HOME[2] + _climb(speed, timeline.grade),
    }


def _turns_of_way(timeline: Timeline) -> Floats:
    """Return the heading each second, in radians: once round, with bends."""
    random = timeline.random(_HEADING)
    moving = timeline.speed > 0
    turned = np.cumsum(random.standard_normal(timeline.seconds) * _BENDS * moving)
    part = _part_of_way(timeline.speed)
    strayed = turned - part * turned[-1]
    widest = np.abs(strayed).max()
    heading: Floats = strayed * min(1, _WANDER / max(widest, 1e-9)) + 2 * np.pi * part
    streets = _STREETS * slow_noise(random, timeline.seconds, 60)
    return heading + streets + random.uniform(0, 2 * np.pi)


def _part_of_way(speed: Floats) -> Floats:
    """Return the part of the whole way that is behind, from 0 to 1."""
    gone = np.cumsum(speed)
    part: Floats = gone / max(float(gone[-1]), 1e-9)
    return part


def _close_round(heading: Floats, speed: Floats) -> Floats:
    """Return headings bent a little, once to and fro, so that the way ends where it began."""
    # Newton: the end is a function of how much the way is bent in two shapes.
    angle = 2 * np.pi * _part_of_way(speed)
    shapes = np.array([np.cos(angle), np.sin(angle)])
    bend = np.zeros(2)
    for _ in range(12):
        bent = heading + bend @ shapes
        ahead = np.array([np.cos(bent), np.sin(bent)])
        aside = np.array([-ahead[1], ahead[0]])
        end, slope = ahead @ speed, (aside * speed) @ shapes.T
        if abs(np.linalg.det(slope)) < 1e-9:
            break
        bend -= np.clip(np.linalg.solve(slope, end), -0.5, 0.5)
    closed: Floats = heading + bend @ shapes
    return closed


def _climb(speed: Floats, grade: NDArray[np.float64]) -> Floats:
    """Return metres above the start. What ups and downs nearly cancel is spread over the way."""
    rises = speed * grade
    net, whole = float(rises.sum()), float(np.abs(rises).sum())
    if abs(net) <= _LEVEL * whole:
        rises = rises - net * speed / max(float(speed.sum()), 1e-9)
    climbed: Floats = np.cumsum(rises)
    return climbed
