"""The channels that metrics are made of, and how their counts become numbers of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics.aggregates import Counted
from apps.signals.storage.gathering import Gathered


@dataclass(frozen=True, slots=True)
class Channel:
    """A datatype of which a count c means c * `gain` / `divisor` in the unit of its metrics.

    The gain is that of JSON (fixtures/catalog/datatype.json); the divisor leads from the unit of
    the datatype to that of the metric, as from mL to L.
    """

    datatype: int
    gain: float = 1.0
    divisor: float = 1.0

    def scaled(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        """Return the numbers that counts mean."""
        return counts.astype(np.float64) * self.gain / self.divisor

    def present(self, found: Gathered) -> Counted:
        """Return the samples that count: zero means that there are no data."""
        counted = found.counts_of(self.datatype)
        kept = counted.where(counted.values != 0)
        return Counted(self.scaled(kept.values), kept.counts)


RR_INTERVAL = Channel(18, 1 / 256)
HEART_RATE = Channel(19)
BREATHING_RATE = Channel(33)
MINUTE_VENTILATION = Channel(36, 13.28, 1000)
TIDAL_VOLUME = Channel(37, 13.28, 1000)
ACTIVITY = Channel(49, 1 / 256)
STEP = Channel(52)
CADENCE = Channel(53)
