"""The ground truth of a simulation as a document: what happened, whatever the sensors showed.

All times are ticks from the start of the record. `beats.kinds` has a letter for each beat, as usual
in ECG databases: N normal, V premature ventricular.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.simulation import found_beats, heart
from apps.simulation.breath import Breaths
from apps.simulation.heart import Beats
from apps.simulation.profiles import POSTURES
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

LETTERS = {heart.NORMAL: "N", heart.VENTRICULAR: "V"}
_NAMES = {code: name for name, code in POSTURES.items()}


def describe_beats(beats: Beats, found: Beats, stop: int) -> dict[str, Any]:
    """Return the R waves before the tick `stop`, and their kinds as one text.

    `missed` are those of them that the device did not find, and `false` what it took for one.
    """
    within = beats.ticks < stop
    ticks = beats.ticks[within].tolist()
    letters = [LETTERS[int(kind)] for kind in beats.kinds[within]]
    missed, false = found_beats.missed_ticks(beats, found), found_beats.false_ticks(found)
    return {
        "ticks": ticks,
        "kinds": "".join(letters),
        "missed": missed[missed < stop].tolist(),
        "false": false[false < stop].tolist(),
    }


def describe_breaths(found: Breaths, stop: int) -> dict[str, Any]:
    """Return the breaths that begin from the start on and before the tick `stop`.

    `volumes` are mL of the person, for the breaths of `inspirations` and `expirations`.
    """
    starts = np.rint(found.starts * SECOND).astype(np.int64)
    turns = np.rint((found.starts + found.inhale) * SECOND).astype(np.int64)
    within = (starts >= 0) & (starts < stop)
    return {
        "inspirations": starts[within].tolist(),
        "expirations": turns[within].tolist(),
        "volumes": found.volumes[within].round(1).tolist(),
    }


def describe_artefacts(timeline: Timeline, stop: int) -> list[dict[str, Any]]:
    """Return the faults of sensors with their times."""
    return [
        {
            "kind": each.kind,
            "target": each.target,
            "start": each.start,
            "stop": min(each.stop, stop),
            "strength": each.strength,
        }
        for each in timeline.artefacts
        if each.start < stop
    ]


def describe_postures(timeline: Timeline, seconds: int) -> list[dict[str, Any]]:
    """Return the orientation of the person, in stretches without a gap."""
    spans = _find_spans(timeline.posture[:seconds])
    return [{"posture": _NAMES[code], "start": a, "stop": b} for code, a, b in spans]


def describe_stages(timeline: Timeline, seconds: int) -> list[dict[str, Any]]:
    """Return the sleep stages in stretches without a gap, by the codes of datatype 280."""
    spans = _find_spans(timeline.stage[:seconds])
    return [{"stage": code, "start": a, "stop": b} for code, a, b in spans]


def _find_spans(codes: NDArray[np.int8]) -> Iterator[tuple[int, int, int]]:
    """Yield code, first and last (excluded) tick of each run of the same code."""
    # The codes 6, 6, 2 give (6, 0, 512) and (2, 512, 768).
    edges = (np.flatnonzero(np.diff(codes)) + 1).tolist()
    firsts = [0, *edges]
    lasts = [*edges, len(codes)]
    for first, last in zip(firsts, lasts, strict=True):
        yield int(codes[first]), first * SECOND, last * SECOND


HOME = 45.504, -73.587, 60.0
"""Where tracks begin: degrees of latitude and longitude, and metres above the sea."""

_METRES_A_DEGREE = 111_195.0
_HEADING = 40
"""The random stream that turns the way."""


def describe_track(timeline: Timeline, seconds: int) -> dict[str, Any]:
    """Return speed (m/s) and position each second, for profiles with a GPS; else nothing.

    The way bends like streets and paths. Heights follow the slope of the plan.
    """
    if not timeline.profile.gps:
        return {}
    turns = timeline.random(_HEADING).standard_normal(timeline.seconds) * 0.05
    heading, speed = np.cumsum(turns * (timeline.speed > 0)), timeline.speed
    north = np.cumsum(speed * np.cos(heading)) / _METRES_A_DEGREE
    east = np.cumsum(speed * np.sin(heading)) / _METRES_A_DEGREE
    places = {
        "speed": speed.round(3),
        "latitude": (HOME[0] + north).round(7),
        "longitude": (HOME[1] + east / np.cos(np.radians(HOME[0]))).round(7),
        "altitude": (HOME[2] + np.cumsum(speed * timeline.grade)).round(2),
    }
    return {"track": {name: values[:seconds].tolist() for name, values in places.items()}}
