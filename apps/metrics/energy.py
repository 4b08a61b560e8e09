"""The power that a body spends, after Mifflin and Keytel, from the heart rate.

At rest it is Mifflin's resting rate. From 0.6 of the highest heart rate on it is Keytel's line;
in between it rises evenly from the one to the other. Two values of a genuine download, the resting
power and the slope above the heart rate at rest, follow from this (contract, metrics 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

JOULE_PER_KCAL = 4184

_WATT_PER_KCAL_A_DAY = 0.048379
_WATT_PER_KJ_A_MINUTE = 16.66
_MAN, _WOMAN = SEXES = "M", "F"
_MIFFLIN = {_MAN: 5.0, _WOMAN: -165.0}
_KEYTEL = {
    _MAN: (-95.7735, 0.271, 0.394, 0.404, 0.634),
    _WOMAN: (-59.3954, 0.274, 0.103, 0.380, 0.450),
}
"""The constant, and what each year, kg, mL/kg/min of VO2max and beat per minute adds to it."""

_EXERCISE = 0.6
"""The share of the highest heart rate from which on Keytel's line holds."""


@dataclass(frozen=True, slots=True)
class Physique:
    """What the power depends on: years, kg, m, beats per minute, and mL/kg/min of VO2max.

    `sex` is M or F.
    """

    sex: str
    age: int
    weight: float
    height: float
    hr_rest: float
    hr_max: float
    vo2max: float


def resting_power(body: Physique) -> float:
    """Return the power at rest in watt."""
    kcal_a_day = 10.1 * body.weight + 625 * body.height - 5 * body.age + _MIFFLIN[body.sex]
    return _WATT_PER_KCAL_A_DAY * kcal_a_day


def power(heart_rates: NDArray[Any], body: Physique) -> NDArray[np.float64]:
    """Return the power in watt at each heart rate, unrounded."""
    rest, low = resting_power(body), body.hr_rest
    high = max(_EXERCISE * body.hr_max, low + 1)  # a profile may have them the wrong way round
    rates = heart_rates.astype(np.float64)
    start, per_beat = _exercise_line(body)
    slope = (start + per_beat * high - rest) / (high - low)
    blended = rest + slope * np.maximum(rates - low, 0)
    found: NDArray[np.float64] = np.where(rates >= high, start + per_beat * rates, blended)
    return found


def _exercise_line(body: Physique) -> tuple[float, float]:
    """Keytel's power in exercise: what it would be at a rate of 0, and what each beat adds."""
    constant, years, kilograms, oxygen, beats = _KEYTEL[body.sex]
    known = constant + years * body.age + kilograms * body.weight + oxygen * body.vo2max
    return known * _WATT_PER_KJ_A_MINUTE, beats * _WATT_PER_KJ_A_MINUTE
