"""The power that a body spends, after Mifflin and Keytel, from the heart rate.

At rest it is Mifflin's resting rate. From 0.6 of the highest heart rate on it is Keytel's line;
in between it rises evenly from the one to the other. Two values of a genuine download, the resting
power and the slope above the heart rate at rest, follow from this (contract, metrics 3.3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics.wearer import VO2MAX, Wearer

JOULE_PER_KCAL = 4184

_WATT_PER_KCAL_A_DAY = 0.048379
_WATT_PER_KJ_A_MINUTE = 16.66
_MAN, _WOMAN = "M", "F"
_MIFFLIN = {_MAN: 5.0, _WOMAN: -165.0}
_KEYTEL = {
    _MAN: (-95.7735, 0.271, 0.394, 0.404, 0.634),
    _WOMAN: (-59.3954, 0.274, 0.103, 0.380, 0.450),
}
"""The constant, and what each year, kg, mL/kg/min of VO2max and beat per minute adds to it."""

_EXERCISE = 0.6
"""The share of the highest heart rate from which on Keytel's line holds."""


def resting_power(wearer: Wearer, tick: int) -> float | None:
    """Return the power at rest in watt, None where the profile does not tell it.

    It takes sex, day of birth, weight and height; `tick` is when, for people grow older.
    """
    age = wearer.age(tick)
    if wearer.sex not in _MIFFLIN or age is None or not wearer.weight or not wearer.height:
        return None
    kcal_a_day = 10.1 * wearer.weight + 625 * wearer.height - 5 * age + _MIFFLIN[wearer.sex]
    return _WATT_PER_KCAL_A_DAY * kcal_a_day


def power(heart_rates: NDArray[Any], wearer: Wearer, tick: int) -> NDArray[np.float64] | None:
    """Return the power in watt at each heart rate, unrounded; None as for resting_power."""
    rest, highest = resting_power(wearer, tick), wearer.highest_rate(tick)
    if rest is None or highest is None:
        return None
    low = wearer.resting_rate
    high = max(_EXERCISE * highest, low + 1)  # a profile may have them the wrong way round
    rates = heart_rates.astype(np.float64)
    start, per_beat = _exercise_line(wearer, tick)
    slope = (start + per_beat * high - rest) / (high - low)
    blended = rest + slope * np.maximum(rates - low, 0)
    found: NDArray[np.float64] = np.where(rates >= high, start + per_beat * rates, blended)
    return found


def _exercise_line(wearer: Wearer, tick: int) -> tuple[float, float]:
    """Keytel's power in exercise: what it would be at a rate of 0, and what each beat adds."""
    constant, years, kilograms, oxygen, beats = _KEYTEL[wearer.sex]
    known = (
        constant
        + years * (wearer.age(tick) or 0)
        + kilograms * (wearer.weight or 0)
        + oxygen * (wearer.vo2max or VO2MAX)
    )
    return known * _WATT_PER_KJ_A_MINUTE, beats * _WATT_PER_KJ_A_MINUTE
