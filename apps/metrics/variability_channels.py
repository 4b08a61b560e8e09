"""The channels of heart rate variability: one sample per five minutes (datatypes 271 to 279)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.metrics import variability
from apps.metrics.variability import ENOUGH, Ints, Whole

Events: TypeAlias = tuple[Whole, Whole]
"""Intervals: the ticks at which they end, rising, and how many ticks they last."""
Counts: TypeAlias = NDArray[np.uint16]

VARIABILITY = (271, 272, 273, 274, 275, 276, 277, 278, 279)

_SHORTEST, _LONGEST = 77, 512
"""Intervals from 0.3 to 2 s count where nothing says which of them are good."""


@dataclass(frozen=True)
class Variability:
    """Of one window: `mean` (AVNN) and `deviation` (SDNN) in s, `successive` (RMSSD) in ms, the
    power of the bands in ms^2, the triangular index, and in % the intervals that count.

    All but that share are 0 where too few intervals count.
    """

    mean: float = 0.0
    deviation: float = 0.0
    successive: float = 0.0
    low: float = 0.0
    high: float = 0.0
    triangular: float = 0.0
    valid: float = 0.0

    @property
    def low_share(self) -> float:
        """The low band in % of both bands."""
        return variability.low_share(self.low, self.high)

    @property
    def high_share(self) -> float:
        """The high band in % of both bands."""
        return variability.low_share(self.high, self.low)


def select_valid(rr: Events, quality: Events | None, nn: Events | None) -> Events:
    """Return the intervals that count, of RR (datatype 18), their quality (1004) and NN (318).

    Quality 0 decides; without quality NN does, and without both what a heart can do.
    """
    ends, ticks = rr
    if quality is not None:
        moments, bits = quality
        which = (ticks > 0) & _are_among(ends, moments[bits == 0])
        return ends[which], ticks[which]
    if nn is not None:
        return nn
    which = (ticks >= _SHORTEST) & (ticks <= _LONGEST)
    return ends[which], ticks[which]


def _are_among(moments: Whole, good: Whole) -> NDArray[np.bool_]:
    """Which moments are among the good ones; both rise, so that nothing has to be sorted."""
    if not len(good):
        return np.zeros(len(moments), np.bool_)
    places = np.searchsorted(good, moments).clip(max=len(good) - 1)
    found: NDArray[np.bool_] = good[places] == moments
    return found


def measure_window(valid: Events, intervals: int) -> Variability:
    """Return the variability of one window, given what counts of so many intervals in it."""
    ends, ticks = valid
    share = 100 * len(ticks) / intervals if intervals else 0.0
    if len(ticks) < ENOUGH:
        return Variability(valid=share)
    power = variability.spectrum(ends, ticks)
    return Variability(
        mean=variability.avnn(ticks) or 0.0,
        deviation=variability.sdnn(ticks) or 0.0,
        successive=variability.successive_change(ticks) or 0.0,
        low=variability.low_power(power),
        high=variability.high_power(power),
        triangular=variability.triangular_index(ticks) or 0.0,
        valid=share,
    )


def measure_windows(valid: Events, rr: Events, starts: Ints) -> list[Variability]:
    """Return the variability of the windows that begin at those ticks.

    `rr` are all intervals, among them first ones, which last 0 ticks and are none.
    """
    ends, ticks = valid
    places = variability.window_slices(ends, starts)
    every = variability.window_slices(rr[0][rr[1] > 0], starts)
    return [
        measure_window((ends[which], ticks[which]), all_of.stop - all_of.start)
        for which, all_of in zip(places, every, strict=True)
    ]


def as_channels(found: Sequence[Variability]) -> dict[int, Counts]:
    """Return datatypes 271 to 279 of windows that follow each other, in the catalogue's counts."""
    return {
        271: _counts([one.mean for one in found], 4096),
        272: _counts([one.deviation for one in found], 4096),
        273: _counts([one.low_share for one in found], 100),
        274: _counts([one.valid for one in found], 100),
        275: _counts([one.triangular for one in found], 100),
        276: _counts([one.low for one in found], 10),
        277: _counts([one.high for one in found], 10),
        278: _counts([one.successive / 1000 for one in found], 4096),
        279: _counts([one.high_share for one in found], 100),
    }


def _counts(values: Sequence[float], per_unit: int) -> Counts:
    """Return whole counts of 16 bits; what does not fit stays at the end of their range."""
    whole = np.rint(np.array(values, np.float64) * per_unit)
    return whole.clip(0, 65_535).astype(np.uint16)
