"""What the device finds in the respiration bands: breaths, volumes, rates and ventilation.

It finds most breaths, misses some in movement, and takes some movements for breaths. Formulas are
those of a genuine record, whose counts they give again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics.event_series import hold, running
from apps.simulation.bands import ML_PER_COUNT, REFERENCE_KG, Trunk
from apps.simulation.series import Events, Floats, Ints, to_counts, values_at
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

CYCLES = 7
"""Breathing rate and ventilation are means of this many cycles (behaviour 10)."""
SLOWEST, FASTEST, UNKNOWN = 2, 60, 10
"""Breathing rates are limited to the first two. The third is used until a cycle is known."""

_SMOOTHING = 0.15, 0.44, 0.31, 0.10
"""How a new breathing rate is phased in over four seconds (a genuine record: 10, 13, 22, 29)."""

_SHALLOWEST = 3
"""Counts of the level that a breath must have to be found."""
_DECEPTIVE = 14
"""Counts by which a gesture must lower the level to pass for a breath."""

_MISSED_STILL, _MISSED_STIRRED, _MISSED_SPOILT = 0.003, 0.12, 0.25
"""Shares of the breaths that are missed by somebody still, that more by somebody who never is, and
in noise or movement of a band."""

_HABITS = 1033
"""The random stream."""


@dataclass(frozen=True)
class Detected:
    """Breaths as the device finds them.

    They have the ticks at which they begin (`inspirations`) and at which the air turns
    (`expirations`), and the breathing level at those (`top`, `bottom`).
    """

    inspirations: Ints
    expirations: Ints
    top: Ints
    bottom: Ints

    @property
    def counts(self) -> Ints:
        """Raw tidal volumes in counts: the difference of the levels less 1 (a genuine record)."""
        depth: Ints = np.maximum(self.top - self.bottom - 1, 0)
        return depth


def detect_breaths(trunk: Trunk) -> Detected:
    """Return the breaths that the device finds within the record while both bands are
    connected."""
    timeline = trunk.timeline
    starts, turns = _merge(_seen_breaths(trunk), _deceptive_gestures(trunk))
    inside = (starts >= 0) & (turns < timeline.seconds * SECOND)
    for lost in timeline.artefacts:
        if lost.kind == "disconnected" and lost.target in {"thoracic", "abdominal"}:
            inside &= (turns < lost.start) | (starts >= lost.stop)
    starts, turns = starts[inside], turns[inside]
    top, bottom = trunk.level(starts), trunk.level(turns)
    deep = top - bottom >= _SHALLOWEST
    return Detected(starts[deep], turns[deep], top[deep], bottom[deep])


def _seen_breaths(trunk: Trunk) -> tuple[Ints, Ints]:
    """Return starts and turns of the breaths but those that are missed."""
    timeline, breaths = trunk.timeline, trunk.breaths
    starts = np.rint(breaths.starts * SECOND).astype(np.int64)
    turns = np.rint((breaths.starts + breaths.inhale) * SECOND).astype(np.int64)
    chance = _MISSED_STILL + _MISSED_STIRRED * values_at(timeline.stirred(), breaths.starts)
    for spoilt in timeline.artefacts:
        if spoilt.kind in {"movement", "noise"} and spoilt.target in {"thoracic", "abdominal"}:
            chance[(starts >= spoilt.start) & (starts < spoilt.stop)] = _MISSED_SPOILT
    seen = timeline.random(_HABITS).random(len(starts)) >= chance
    seen &= turns > starts
    return starts[seen], turns[seen]


def _deceptive_gestures(trunk: Trunk) -> tuple[Ints, Ints]:
    """Return starts and turns of gestures that lower the level like a breath, between breaths."""
    gestures, breaths = trunk.gestures, trunk.breaths
    begins, turns = gestures.starts, gestures.starts + gestures.lengths / 2
    which = breaths.find_breath(begins)
    turned = breaths.starts[which] + breaths.inhale[which]
    ends = breaths.starts[which] + breaths.lengths[which]
    late = begins >= turned + 0.2 * (ends - turned)
    deceptive = late & (turns <= ends - 0.1) & (gestures.chest + gestures.belly <= -_DECEPTIVE)
    return tuple(  # type: ignore[return-value]
        np.rint(each[deceptive] * SECOND).astype(np.int64) for each in (begins, turns)
    )


def _merge(seen: tuple[Ints, Ints], false: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return both in order, without those that begin before another has turned."""
    starts, turns = (np.concatenate(pair) for pair in zip(seen, false, strict=True))
    order = np.argsort(starts, kind="stable")
    starts, turns = starts[order], turns[order]
    apart = np.ones(len(starts), np.bool_)
    apart[1:] = starts[1:] > np.maximum.accumulate(turns)[:-1]
    return starts[apart], turns[apart]


def inspiration_events(found: Detected) -> Events:
    """Return datatype 34: offsets in ticks, and the breathing level at each."""
    return found.inspirations, found.top


def expiration_events(found: Detected) -> Events:
    """Return datatype 35: offsets in ticks, and the breathing level at each."""
    return found.expirations, found.bottom


def tidal_volume(found: Detected, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 37, 1 Hz, counts of 13.28 mL: that of the last breath.

    The first breath does not count: a genuine device gives 0 until the second.
    """
    return to_counts(hold(found.expirations[1:], found.counts[1:], seconds, 0.0))


@dataclass(frozen=True)
class Cycles:
    """Sums over the last seven cycles at most, at the `ticks` at which each of those ends."""

    ticks: Ints
    number: Ints
    seconds: Floats
    counts: Floats


def breathing_cycles(found: Detected) -> Cycles:
    """Return cycles from expiration to expiration (a genuine record). If they are too long for a
    rate, they do not count."""
    lasting = np.diff(found.expirations) / SECOND
    whole = lasting <= 60 / SLOWEST
    seconds, number = running(lasting[whole], CYCLES)
    volumes, _ = running(found.counts[1:][whole].astype(np.float64), CYCLES)
    return Cycles(found.expirations[1:][whole], number, seconds, volumes)


def breathing_rate(found: Detected, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 33, 1 Hz, per minute: the mean of the last seven cycles, 10 before the first
    one ends.

    It is limited to 2 to 60, stays at the last known value (behaviour 10), and climbs to a new one
    within four seconds.
    """
    seen = breathing_cycles(found)
    rate = np.clip(60 * seen.number / seen.seconds, SLOWEST, FASTEST)
    held = hold(seen.ticks, rate, seconds, UNKNOWN)
    before = np.full(len(_SMOOTHING) - 1, float(UNKNOWN))
    return to_counts(np.convolve(np.concatenate((before, held)), _SMOOTHING, "valid"))


def minute_ventilation(found: Detected, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 36, 1 Hz, counts of 13.28 mL/min: the mean volume of the last seven cycles
    times their rate, 0 before the first one ends."""
    seen = breathing_cycles(found)
    return to_counts(hold(seen.ticks, 60 * seen.counts / seen.seconds, seconds, 0.0))


def tidal_volume_adjusted(raw: NDArray[np.uint16], weight: float) -> NDArray[np.uint16]:
    """Return datatype 39, mL: the raw counts of datatype 37, times the weight in kg over 65."""
    return to_counts(raw * (ML_PER_COUNT * weight / REFERENCE_KG))


def minute_ventilation_adjusted(raw: NDArray[np.uint16], weight: float) -> NDArray[np.uint16]:
    """Return datatype 38, counts of 10 mL/min: those of datatype 36, times the weight over 65."""
    return to_counts(raw * (ML_PER_COUNT * weight / REFERENCE_KG / 10))
