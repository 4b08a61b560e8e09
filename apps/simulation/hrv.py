"""Heart rate variability of NN intervals over five minutes, as the server computes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.simulation.series import Events, Floats, Ints, counts
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Channel = NDArray[np.uint16]

WINDOW, MINUTE = 300, 60
"""Seconds of the windows of 271 to 279, and between the samples of 260 and 262."""
ENOUGH = 128
"""Fewer beats than these give no variability (behaviour 5)."""

RATE = 4
"""The sampling rate of intervals for their spectrum, in Hz."""
SEGMENT = 512
"""The samples of a segment of the spectrum. Segments overlap by half (Welch)."""
LOW, HIGH = (0.04, 0.15), (0.15, 0.40)
"""Hz of the low and the high band (Task Force of ESC and NASPE, 1996)."""
_BIN = 2
"""The ticks of a bin of the histogram: 1/128 s, as in the Task Force's paper."""


@dataclass(frozen=True)
class Variability:
    """The values of one window.

    Mean, deviation and successive differences are in s, the bands of the spectrum in ms^2. The
    triangular index and the share of RR intervals that count, 0 to 1, follow. All are zero if there
    are too few beats.
    """

    mean: float = 0.0
    deviation: float = 0.0
    successive: float = 0.0
    low: float = 0.0
    high: float = 0.0
    triangular: float = 0.0
    valid: float = 0.0

    @property
    def low_part(self) -> float:
        """The low band in % of both bands."""
        return 100 * self.low / (self.low + self.high) if self.low + self.high else 0.0

    @property
    def high_part(self) -> float:
        """The high band in % of both bands."""
        return 100 * self.high / (self.low + self.high) if self.low + self.high else 0.0


def variability(nn: Events, rr: Events) -> Variability:
    """Return the variability of one window, from the NN and RR intervals that end in it (offsets
    and ticks)."""
    ticks, apart = nn
    valid = len(ticks) / len(rr[0]) if len(rr[0]) else 0.0
    if len(ticks) < ENOUGH:
        return Variability(valid=valid)
    moments, lasting = (one.astype(np.float64) / SECOND for one in nn)
    low, high = bands(moments, 1000 * lasting)
    return Variability(
        mean=float(apart.mean()) / SECOND,
        deviation=float(apart.std(ddof=1)) / SECOND,
        successive=successive(ticks, apart) / SECOND,
        low=low,
        high=high,
        triangular=len(apart) / float(np.bincount(apart // _BIN).max()),
        valid=valid,
    )


def successive(ticks: Ints, apart: Ints) -> float:
    """Return RMSSD in ticks: over intervals that follow each other without a gap."""
    follows = np.diff(ticks) == apart[1:]
    steps = np.diff(apart)[follows].astype(np.float64)
    return float(np.sqrt(np.mean(steps**2))) if len(steps) else 0.0


def bands(seconds: Floats, milliseconds: Floats) -> tuple[float, float]:
    """Return the power in ms^2 in the low and in the high band of intervals that end at
    `seconds`."""
    even = np.arange(seconds[0], seconds[-1], 1 / RATE)
    hertz, power = spectrum(np.interp(even, seconds, milliseconds))
    low, high = (
        float(power[(hertz >= first) & (hertz < last)].sum() * RATE / SEGMENT)
        for first, last in (LOW, HIGH)
    )
    return low, high


def spectrum(values: Floats) -> tuple[Floats, Floats]:
    """Return frequencies in Hz and power per Hz, by Welch's method: Hann windows, means removed.

    If there are fewer values than a segment, they are continued by their mean, which adds no power.
    """
    if len(values) < SEGMENT:
        values = np.append(values, np.full(SEGMENT - len(values), values.mean()))
    segments = np.lib.stride_tricks.sliding_window_view(values, SEGMENT)[:: SEGMENT // 2]
    angles = 2 * np.pi * np.arange(SEGMENT) / SEGMENT
    hann = 0.5 - 0.5 * np.cos(angles)
    means = segments.mean(axis=1, keepdims=True)
    waves = np.fft.rfft((segments - means) * hann)
    norm = RATE * (hann**2).sum()
    power = (np.abs(waves) ** 2).mean(axis=0) / norm
    power[1:-1] *= 2
    hertz = np.arange(SEGMENT // 2 + 1, dtype=np.float64) * (RATE / SEGMENT)
    return hertz, power


def windows(events: Events, edges: Iterator[tuple[int, int]]) -> Iterator[Events]:
    """Yield the events after the first and up to the second of each pair of seconds."""
    ticks, values = events
    for first, last in edges:
        which = slice(*np.searchsorted(ticks, (first * SECOND, last * SECOND), side="right"))
        yield ticks[which], values[which]


def whole(seconds: int) -> list[tuple[int, int]]:
    """Return the windows of five minutes that a record holds in full."""
    return [(end - WINDOW, end) for end in range(WINDOW, seconds + 1, WINDOW)]


def trailing(seconds: int) -> list[tuple[int, int]]:
    """Return for each full minute the five minutes before its end, or as much of them as there
    is."""
    return [(max(0, end - WINDOW), end) for end in range(MINUTE, seconds + 1, MINUTE)]


def over(nn: Events, rr: Events, edges: list[tuple[int, int]]) -> list[Variability]:
    """Return the variability in each of the windows."""
    valid = windows(nn, iter(edges))
    every = windows(rr, iter(edges))
    return [variability(*pair) for pair in zip(valid, every, strict=True)]


def channels(nn: Events, rr: Events, seconds: int) -> dict[int, Channel]:
    """Return datatypes 271 to 279, one sample per five minutes, as counts of the catalogue's gains.

    `nn` and `rr` are the events of datatypes 318 and 18.
    """
    found = over(nn, _intervals(rr), whole(seconds))
    return {
        271: _counts([one.mean for one in found], 4096),
        272: _counts([one.deviation for one in found], 4096),
        273: _counts([one.low_part for one in found], 100),
        274: _counts([100 * one.valid for one in found], 100),
        275: _counts([one.triangular for one in found], 100),
        276: _counts([one.low for one in found], 10),
        277: _counts([one.high for one in found], 10),
        278: _counts([one.successive for one in found], 4096),
        279: _counts([one.high_part for one in found], 100),
    }


def deprecated(nn: Events, rr: Events, seconds: int) -> dict[int, Channel]:
    """Return datatypes 260 and 262, one sample a minute, and 261, one a second.

    SDANN (260) is the deviation of the means of all five minutes so far, in counts of 1/4096 s like
    the related ones. The others are the low band in % of both bands, over the last five minutes.
    """
    means = np.array([one.mean for one in over(nn, _intervals(rr), whole(seconds))])
    known = [means[: end // WINDOW] for end in range(MINUTE, seconds + 1, MINUTE)]
    ratio = [round(one.low_part) for one in over(nn, _intervals(rr), trailing(seconds))]
    each = np.repeat([0, *ratio], MINUTE)[:seconds]
    return {
        260: _counts([_deviation(part[part > 0]) for part in known], 4096),
        261: counts(each),
        262: _counts([float(one) for one in ratio], 1),
    }


def _deviation(means: Floats) -> float:
    return float(means.std(ddof=1)) if len(means) > 1 else 0.0


def _intervals(rr: Events) -> Events:
    """Return RR intervals without the first value, which is not an interval."""
    return rr[0][1:], rr[1][1:]


def _counts(values: list[float], per_unit: float) -> Channel:
    return counts(np.array(values, np.float64) * per_unit)
