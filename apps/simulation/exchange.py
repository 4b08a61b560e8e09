"""What a person breathes in and out: oxygen, carbon dioxide and air, by load and thresholds.

Up to the first threshold, carbon dioxide rises a little less than oxygen. From there on, lactate is
buffered and sets more of it free (V-slope, Beaver 1986). Ventilation follows carbon dioxide up to
the second threshold, from which acid drives it beyond that (respiratory compensation, Wasserman
2012). All volumes are mL a minute and kg.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.simulation.profiles import Person
from apps.simulation.series import Floats, follow_target
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

_TIDAL = 7.0
"""Volume of a breath at rest."""
_SMALL, _GROWN = 5, 16
"""Years up to which children breathe much quicker, and quicker, and use more oxygen at rest."""
_GROWN_UP = 18
"""Years from which on lungs have the size of those of adults."""

_RESTING_QUOTIENT = 0.80
_AEROBIC, _BUFFERING = 0.92, 1.47
"""Carbon dioxide for each mL of oxygen below and above the first threshold."""
_AIR_PER_DIOXIDE = 24.1
_COMPENSATION = 17.6
"""Air for each mL of oxygen above the second threshold, beside what carbon dioxide needs."""

_RISE, _FALL = 30.0, 60.0
"""Seconds within which lungs follow a load."""


def followed_load(timeline: Timeline) -> Floats:
    """Return the share of the oxygen reserve that a person uses each second, which follows the
    load."""
    return follow_target(timeline.effort, _RISE, _FALL)


def resting_oxygen(person: Person) -> float:
    """Return the oxygen at rest: one metabolic equivalent, and more in children (Harrell 2005)."""
    return 3.5 + 0.2 * max(_GROWN - person.age, 0)


def resting_rate(person: Person) -> float:
    """Return breaths a minute at rest: 14.5 in adults, 23 at 5 years, 43 when born (Fleming
    2011)."""
    small = max(_SMALL - person.age, 0)
    return 14.5 + 0.75 * max(_GROWN - person.age, 0) + 0.66 * small**2


def vital_capacity(person: Person) -> float:
    """Return the mL that a breath can have at most (Quanjer 1993; children Polgar 1971).

    It is four breaths at rest or more, however short and heavy a person of a profile is.
    """
    if person.age < _GROWN_UP:
        factor, power = (4.4e-3, 2.67) if person.sex == "M" else (3.3e-3, 2.72)
        volume = factor * (100 * person.height) ** power
    else:
        metre, less = (5.76, 4.34) if person.sex == "M" else (4.43, 2.89)
        volume = 1000 * (metre * person.height - 0.026 * max(person.age, 25) - less)
    return float(max(volume, 4 * _TIDAL * person.weight))


def _reserve(person: Person) -> float:
    """Return the oxygen between rest and the most."""
    return person.vo2max - resting_oxygen(person)


def oxygen(person: Person, load: Floats) -> Floats:
    """Return the oxygen that is taken up at loads from 0 (rest) to 1 (VO2max)."""
    taken: Floats = resting_oxygen(person) + load * _reserve(person)
    return taken


def carbon_dioxide(person: Person, load: Floats) -> Floats:
    """Return the carbon dioxide that is given off."""
    calm = np.minimum(load, person.vt1)
    above = np.maximum(load - person.vt1, 0)
    resting = _RESTING_QUOTIENT * resting_oxygen(person)
    given: Floats = resting + _reserve(person) * (_AEROBIC * calm + _BUFFERING * above)
    return given


def ventilation(person: Person, load: Floats) -> Floats:
    """Return the air that is breathed."""
    resting = _RESTING_QUOTIENT * resting_oxygen(person)
    acid = np.maximum(load - person.vt2, 0) * _reserve(person)
    needed = _AIR_PER_DIOXIDE * (carbon_dioxide(person, load) - resting)
    air: Floats = _TIDAL * resting_rate(person) + needed + _COMPENSATION * acid
    return air


def breathing_rate(person: Person, load: Floats) -> Floats:
    """Return breaths a minute. Above the second threshold breaths hardly become deeper, only
    quicker."""
    driven = (14 + 20 * load) * load + 22 * np.maximum(load - person.vt2, 0)
    quick: Floats = resting_rate(person) + driven
    return quick


def describe_exercise(timeline: Timeline, seconds: int) -> dict[str, Any]:
    """Return what a test with a ramp finds in the first `seconds`; nothing without a ramp.

    `vo2`, `vco2` and `ve` are mL a minute, one value each second. `vt1` and `vt2` have the tick at
    which oxygen first reaches the threshold, and oxygen there; they are null if it does not.
    `peak` is the same for the most oxygen, and `vo2max` what the person could use at best.
    """
    if all(bout.effort_end is None for bout in timeline.profile.plan):
        return {}
    person = timeline.profile.person
    load = followed_load(timeline)[:seconds]
    taken = oxygen(person, load) * person.weight
    return {
        "exercise": {
            "vo2": taken.round(1).tolist(),
            "vco2": (carbon_dioxide(person, load) * person.weight).round(1).tolist(),
            "ve": (ventilation(person, load) * person.weight).round().tolist(),
            "vt1": _first_reached(taken, load >= person.vt1),
            "vt2": _first_reached(taken, load >= person.vt2),
            "peak": _first_reached(taken, taken == taken.max()),
            "vo2max": round(person.vo2max * person.weight, 1),
        }
    }


def _first_reached(taken: Floats, reached: NDArray[np.bool_]) -> dict[str, Any] | None:
    if not reached.any():
        return None
    second = int(np.argmax(reached))
    return {"tick": second * SECOND, "vo2": round(float(taken[second]), 1)}
