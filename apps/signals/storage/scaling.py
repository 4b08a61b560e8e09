"""From the counts of a device to the numbers in JSON (wire 5.6 and trap 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype

Counts = NDArray[Any]


@dataclass(frozen=True)
class Scale:
    """A count c means c * `gain` + `offset` in the unit of its datatype."""

    gain: float
    offset: float = 0.0

    def apply(self, counts: Counts) -> NDArray[np.float64]:
        """Return the physical values, in plain double arithmetic: 331 * 13.28 is
        4395.679999999999."""
        return counts.astype(np.float64) * self.gain + self.offset


def scale(datatype: Datatype) -> Scale | None:
    """Return how CSV shows the counts; None for the counts themselves.

    It is the same as in JSON, except that intervals between events stay counts of ticks (wire 5.4).
    """
    if datatype.json != "physical" or in_ticks(datatype):
        return None
    return Scale(datatype.gain, datatype.offset)


def in_ticks(datatype: Datatype) -> bool:
    """Return whether the values of an asynchronous datatype are times in ticks."""
    return datatype.hexo_freq is None and datatype.unit == "s" and datatype.gain == 1 / 256
