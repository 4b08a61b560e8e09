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
from apps.simulation.gestures import Gestures
from apps.simulation.heart import Beats
from apps.simulation.profiles import POSTURES
from apps.simulation.route import lay_route
from apps.simulation.series import Ints
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


def describe_breaths(taken: Breaths, found: Ints, stop: int) -> dict[str, Any]:
    """Return the breaths that begin from the start on and before the tick `stop`.

    `volumes` are mL of the person, for the breaths of `inspirations` and `expirations`. `missed`
    are the inspirations that the device did not find, and `false` what it `found` in excess.
    """
    starts = np.rint(taken.starts * SECOND).astype(np.int64)
    turns = np.rint((taken.starts + taken.inhale) * SECOND).astype(np.int64)
    within = (starts >= 0) & (starts < stop)
    missed, false = _faults_of(starts[within], found[found < stop])
    return {
        "inspirations": starts[within].tolist(),
        "expirations": turns[within].tolist(),
        "volumes": taken.volumes[within].round(1).tolist(),
        "missed": missed,
        "false": false,
    }


def describe_steps(made: Ints, found: Ints, stop: int) -> dict[str, list[int]]:
    """Return the steps before the tick `stop`, those that the device missed, and those that it
    `found` in excess."""
    steps = made[made < stop]
    missed, false = _faults_of(steps, found[found < stop])
    return {"steps": steps.tolist(), "missed_steps": missed, "false_steps": false}


def _faults_of(true: Ints, found: Ints) -> tuple[list[int], list[int]]:
    """Return which of the true ticks were not found, and which of the found ones are not true."""
    return np.setdiff1d(true, found).tolist(), np.setdiff1d(found, true).tolist()


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


def describe_apnoeas(timeline: Timeline, stop: int) -> list[dict[str, Any]]:
    """Return the pauses of breath that begin before the tick `stop`.

    `closed` is the tick from which a person breathes against a closed airway, if at all, and
    `arousal` tells whether the sleeper wakes up at the end.
    """
    return [
        {
            "kind": each.kind,
            "start": each.start,
            "stop": each.stop,
            "closed": each.closed if each.closed < each.stop else None,
            "arousal": each.arousal > 0,
        }
        for each in timeline.apnoeas
        if each.start < stop
    ]


def describe_coughs(found: Gestures, stop: int) -> list[int]:
    """Return the ticks at which coughs begin, before the tick `stop`."""
    starts = np.rint(found.starts[found.coughs] * SECOND).astype(np.int64)
    ticks: list[int] = starts[starts < stop].tolist()
    return ticks


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


def describe_track(timeline: Timeline, seconds: int) -> dict[str, Any]:
    """Return speed (m/s) and position each second, for profiles with a GPS; else nothing.

    The way is a round (apps/simulation/route.py).
    """
    if not timeline.profile.gps:
        return {}
    route = lay_route(timeline)
    digits = {"speed": 3, "latitude": 7, "longitude": 7, "altitude": 2}
    return {"track": {name: route[name][:seconds].round(n).tolist() for name, n in digits.items()}}
