"""What fitness tests say: heart rates at rest, at most and in recovery, and VO2max.

Heart rates are samples of 1 Hz (datatype 19), of which 0 is none. What a test does not tell is
None.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[Any]
"""Whole numbers of any width, as they come from the store."""

CALM = 60
"""Seconds whose mean is a heart rate at rest."""
RECOVERY = 120
"""Seconds after an effort at which recovery is read (catalogue, datatype 10106)."""
GROWN_UP = 18
"""Leger's line is for ages up to this one, at which adults stay."""

_POUNDS = 1 / 0.45359237
"""Pounds in a kg."""


def resting_heart_rate(heart_rate: Whole) -> float | None:
    """Return the lowest mean of a minute, in beats per minute; the minute has no second without."""
    if len(heart_rate) < CALM:
        return None
    minutes = np.lib.stride_tricks.sliding_window_view(heart_rate, CALM)
    whole = minutes.min(axis=1) > 0
    return float(minutes[whole].mean(axis=1).min()) if whole.any() else None


def highest_heart_rate(heart_rate: Whole) -> int | None:
    """Return the highest rate in beats per minute."""
    return (int(heart_rate.max(initial=0)) or None) if len(heart_rate) else None


def heart_rate_recovery(heart_rate: Whole, last: int) -> int | None:
    """Return by how many beats per minute the rate falls in two minutes after an effort.

    `last` is the place of the last sample of the effort.
    """
    if not 0 <= last < len(heart_rate) - RECOVERY:
        return None
    effort, later = int(heart_rate[last]), int(heart_rate[last + RECOVERY])
    return effort - later if effort and later else None


def cooper_vo2max(kilometres: float) -> float:
    """Return VO2max in mL/kg/min by the way run in 12 minutes (support pages)."""
    return 22.351 * kilometres - 11.288


def rockport_vo2max(
    weight: float, age: float, sex: str, minutes: float, heart_rate: float
) -> float:
    """Return VO2max in mL/kg/min by a walk of one mile and the heart rate at its end.

    `weight` is in kg, `age` in years; `sex` is M or F.
    """
    body = -0.0769 * weight * _POUNDS - 0.3877 * age + (6.315 if sex == "M" else 0.0)
    return 132.853 + body - 3.2649 * minutes - 0.1565 * heart_rate


def leger_vo2max(speed: float, age: float) -> float:
    """Return VO2max in mL/kg/min by the last speed of a shuttle run in km/h."""
    years = min(age, GROWN_UP)
    return 31.025 + 3.238 * speed - 3.248 * years + 0.1536 * speed * years


def mile_and_half_vo2max(minutes: float) -> float:
    """Return VO2max in mL/kg/min by the time of a run of one and a half miles."""
    return 3.5 + 483 / minutes
