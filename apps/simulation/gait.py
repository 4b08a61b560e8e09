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
    """Return how strong the shaking is. Of walking it grows nearly with the square of the cadence;
    running keeps its flight."""
    walking = (cadence / 115) ** 3 * (cadence > 0)
    running = 1 + (cadence - 165) / 150
    return np.where(cadence < JOGGING, walking, running).astype(np.float32)


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
    """Return walking at 115 steps per minute: 0.2 to 0.3 g up and down, less forward, least to the
    sides.

    Even harmonics of the stride go up and forward, odd ones to the sides (typical trunk
    accelerations of adults at their own pace).
    """
    up = (
        0.24 * _stride_cosine(1, 0.06)
        + 0.14 * _stride_cosine(2, 0.05)
        + 0.06 * _stride_cosine(4, 0.05)
    )
    forward = (
        0.16 * _stride_cosine(1, 0.85)
        + 0.07 * _stride_cosine(2, 0.9)
        + 0.03 * _stride_cosine(4, 0.05)
    )
    left = 0.1 * _stride_cosine(0.5, 0.2) + 0.07 * _stride_cosine(1.5, 0.1)
    return _device_axes(up, forward, left)


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
    up = pushing - 1 + blow - blow.mean()
    forward = 0.3 * _stride_cosine(1, 0.6) + 0.25 * (blow.mean() - blow)
    left = 0.22 * _stride_cosine(0.5, 0.3) + 0.12 * _stride_cosine(1.5, 0.1)
    return _device_axes(up, forward, left)


WALKING, RUNNING = _walking_stride(), _running_stride()
