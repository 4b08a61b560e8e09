"""The channels that metrics are made of, and how their counts become numbers of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MeasuredChannel:
    """A datatype of which a count c means c * `gain` / `divisor` in the unit of its metrics.

    The gain is that of JSON (fixtures/catalog/datatype.json); the divisor leads from the unit of
    the datatype to that of the metric, as from mL to L.
    """

    datatype: int
    name: str
    gain: float = 1.0
    divisor: float = 1.0

    def scale(self, count: float) -> float:
        """Return the number that a count means."""
        return count * self.gain / self.divisor

    def scale_all(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        """Return the numbers that counts mean."""
        return counts.astype(np.float64) * self.gain / self.divisor

    def __str__(self) -> str:
        return f"{self.name} ({self.datatype})"


HEART_RATE = MeasuredChannel(19, "heart rate")
BREATHING_RATE = MeasuredChannel(33, "breathing rate")
MINUTE_VENTILATION = MeasuredChannel(36, "minute ventilation", 13.28, 1000)
TIDAL_VOLUME = MeasuredChannel(37, "tidal volume", 13.28, 1000)
ENERGY = MeasuredChannel(42, "energy")
ACTIVITY = MeasuredChannel(49, "activity", 1 / 256)
STEP = MeasuredChannel(52, "steps")
CADENCE = MeasuredChannel(53, "cadence")

LF_NORM = MeasuredChannel(273, "normalized LF power", 0.01)
LF = MeasuredChannel(276, "LF power", 0.1)
HF = MeasuredChannel(277, "HF power", 0.1)
HF_NORM = MeasuredChannel(279, "normalized HF power", 0.01)

RR, QUALITY, NN = 18, 1004, 318
"""Beat intervals, the flags of each, and the intervals between normal beats, in ticks."""

POSITION, PHASE = 270, 280
"""Events that say in which position somebody sleeps from there on, and in which phase."""
