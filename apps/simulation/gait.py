"""How walking and running shake the trunk: waves over one stride, from heel strike to heel strike.

A phase of 0 or 1 is the strike of one foot or the other; a stride is two steps.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Wave: TypeAlias = NDArray[np.float32]
Floats: TypeAlias = NDArray[np.float64]

JOGGING = 145.0
"""Above this cadence, in steps per minute, a person runs. Walkers seldom exceed 140."""

USUAL = 115
"""The cadence of walking for which its waves are given."""

_POINTS = 256
"""The points of a table for one step. A stride has twice as many."""

_CONTACT = 0.65
"""The share of a running step with a foot on the ground. The rest is flight (at 10 to 12 km/h)."""

_LAME = 0.06
"""How much stronger one foot strikes than the other: a few per cent in healthy people."""


def trunk_acceleration(phase: Wave, cadence: Wave) -> Wave:
    """Return the acceleration of the trunk in g along the device's axes (3 by samples), without
    gravity.

    `phase` counts steps, from 0 on; `cadence` is the steps per minute of each sample.
    """
    point = (phase * _POINTS).astype(np.int32) % (2 * _POINTS)
    running = cadence >= JOGGING
    if not running.any():
        return WALKING[:, point] * shaking_strength(cadence)
    tables = np.concatenate((WALKING, RUNNING), axis=1)
    return tables[:, point + 2 * _POINTS * running] * shaking_strength(cadence)


def shaking_strength(cadence: Wave) -> Wave:
    """Return how strong the shaking is. Activity of walking, which has a part of the steps' own
    frequency too, grows with it nearly in proportion to the cadence, as in genuine shifts. Running
    keeps its flight."""
    walking = (cadence / USUAL) ** 0.7
    running = 1 + (cadence - 165) / 150
    return np.where(cadence < JOGGING, walking, running).astype(np.float32)


def felt_activity(cadence: Floats) -> Floats:
    """Return the activity (49) in g that these waves come to at a cadence, fitted to what the
    device's formula makes of them."""
    walking = 0.39 * (cadence / USUAL) ** 1.12
    running = 0.733 + 0.0096 * (cadence - 165)
    felt: Floats = np.where(cadence < JOGGING, walking, running)
    return felt


def _device_axes(up: Floats, forward: Floats, left: Floats) -> Wave:
    """Return the device's x (down), y (back) and z (left) from accelerations of the body."""
    uneven = np.where(np.arange(2 * _POINTS) < _POINTS, 1 + _LAME, 1 - _LAME)
    return np.array([-up * uneven, -forward * uneven, left], np.float32)


def _stride_cosine(times: float, lag: float) -> Floats:
    """Return a cosine over a stride, with so many periods per step, delayed by a share of the
    step."""
    phase = np.arange(2 * _POINTS) / _POINTS
    wave: Floats = np.cos(2 * np.pi * times * (phase - lag))
    return wave


def _walking_stride() -> Wave:
    """Return walking at 115 steps per minute: rms of 0.34 g up and down, 0.29 forward, 0.31 to the
    sides.

    Even harmonics of the stride go up and forward, odd ones to the sides (typical trunk
    accelerations of adults at their own pace). Those of the heel strike reach up to 13 Hz. Above
    2.65 Hz they come to the 0.39 g that devices show at this cadence (median of 77 genuine shifts;
    nine of ten have 0.30 to 0.53 g).
    """
    up = _stride_harmonics(
        1, (0.27, 0.26, 0.2, 0.15, 0.11, 0.08), (0.06, 0.05, 0.08, 0.1, 0.1, 0.1)
    )
    forward = _stride_harmonics(
        1, (0.14, 0.26, 0.21, 0.15, 0.1, 0.07), (0.7, 0.55, 0.75, 0.9, 0, 0.2)
    )
    left = _stride_harmonics(0.5, (0.13, 0.28, 0.23, 0.15, 0.1), (0.3, 0.6, 0.75, 0.4, 0.35))
    return _device_axes(up, forward, left)


def _stride_harmonics(lowest: float, heights: tuple[float, ...], lags: tuple[float, ...]) -> Floats:
    """Return a sum of cosines of `lowest`, one more, two more ... periods per step, each delayed by
    its share of the step."""
    waves = [
        height * _stride_cosine(lowest + more, lag)
        for more, (height, lag) in enumerate(zip(heights, lags, strict=True))
    ]
    total: Floats = np.sum(waves, axis=0)
    return total


def _running_stride() -> Wave:
    """Return running: half a sine while a foot is on the ground, nothing in flight, 1 g on average.

    In flight the sensor feels no weight, so the wave less gravity goes down to -1 g. Each strike
    adds a short blow.
    """
    phase = np.arange(2 * _POINTS) / _POINTS % 1
    contact = (phase / _CONTACT).clip(0, 1)
    # A half sine of this height is 1 on average over the whole step, flight included.
    pushing = np.sin(np.pi * contact) * np.pi / (2 * _CONTACT)
    after_strike = (phase - 0.06) / 0.03
    blow = 0.9 * np.exp(-(after_strike**2))
    ringing = _ring(phase - 0.06)
    up = pushing - 1 + blow - blow.mean() + 0.7 * ringing
    forward = 0.3 * _stride_cosine(1, 0.6) + 0.25 * (blow.mean() - blow) + 1.6 * ringing
    left = 0.22 * _stride_cosine(0.5, 0.3) + 0.3 * _stride_cosine(1.5, 0.1) + 1.5 * ringing
    return _device_axes(up, forward, left)


def _ring(since: Floats) -> Floats:
    """Return how the trunk rings on after a blow, by the share of the step since then: it swings
    four times a step, and has died away before the flight."""
    decaying = np.exp(-since.clip(0) / 0.25) * (since > 0)
    wave: Floats = decaying * np.sin(2 * np.pi * 4 * since)
    level: Floats = wave - wave.mean()
    return level


WALKING, RUNNING = _walking_stride(), _running_stride()
