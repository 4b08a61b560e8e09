"""Channels of heart rate variability of a simulated record, by the formulas of the metrics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.metrics import variability, variability_channels
from apps.simulation.series import Events, Floats, Ints, to_counts
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Channel = NDArray[np.uint16]

WINDOW, MINUTE = 300, 60
"""Seconds of the windows of 271 to 279, and between the samples of 260 and 262."""


def window_channels(nn: Events, rr: Events, seconds: int) -> dict[int, Channel]:
    """Return datatypes 271 to 279, one sample per five minutes, as counts of the catalogue's gains.

    `nn` and `rr` are the events of datatypes 318 and 18.
    """
    return variability_channels.as_channels(
        variability_channels.measure_windows(nn, rr, _window_starts(seconds))
    )


def deprecated_channels(nn: Events, rr: Events, seconds: int) -> dict[int, Channel]:
    """Return datatypes 260 and 262, one sample a minute, and 261, one a second.

    SDANN (260) is the deviation of the means of all five minutes so far, in counts of 1/4096 s like
    the related ones. The others are the low band in % of both bands, over the last five minutes.
    """
    found = variability_channels.measure_windows(nn, rr, _window_starts(seconds))
    means = np.array([one.mean for one in found])
    known = [means[: end // WINDOW] for end in range(MINUTE, seconds + 1, MINUTE)]
    recent = variability_channels.measure_windows(nn, rr, _trailing_starts(seconds))
    ratio = [round(one.low_share) for one in recent]
    return {
        260: to_counts(np.array([_sample_deviation(part[part > 0]) for part in known]) * 4096),
        261: to_counts(np.repeat([0, *ratio], MINUTE)[:seconds]),
        262: to_counts(np.array(ratio)),
    }


def _window_starts(seconds: int) -> Ints:
    """The ticks at which the windows begin that a record holds in full."""
    return variability.full_windows(0, seconds * SECOND)


def _trailing_starts(seconds: int) -> Ints:
    """The ticks at which the windows begin that end with a full minute; before the record too."""
    ends = np.arange(MINUTE, seconds + 1, MINUTE, dtype=np.int64)
    begins: Ints = (ends - WINDOW) * SECOND
    return begins


def _sample_deviation(means: Floats) -> float:
    return float(means.std(ddof=1)) if len(means) > 1 else 0.0
