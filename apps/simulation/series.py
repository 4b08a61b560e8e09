"""Series of numbers in time: noise with a given spectrum, delays, running sums and steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Single: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Events: TypeAlias = tuple[Ints, Ints]
"""Events: offsets in ticks from the start, and values."""

BLOCK = 600
"""Raw signals are made this many seconds at a time, so that memory stays small."""


def split_blocks(seconds: int) -> Iterator[tuple[int, int]]:
    """Yield first and last (excluded) second of each stretch that is made at once."""
    for first in range(0, seconds, BLOCK):
        yield first, min(first + BLOCK, seconds)


def shaped_noise(
    random: np.random.Generator, count: int, rate: float, power: Callable[[Floats], Floats]
) -> Floats:
    """Return Gaussian noise of variance one: `count` values at `rate` Hz.

    `power` is its spectrum at frequencies in Hz, up to a factor. The noise is shaped at 2,048 or
    more frequencies, so that short stretches have narrow bands too.
    """
    size = 1 << max(12, (count - 1).bit_length())
    hertz = np.arange(size // 2 + 1, dtype=np.float64) * (rate / size)
    shape = np.sqrt(power(hertz[1:]))
    real, imaginary = random.standard_normal((2, len(shape)))
    coloured = shape * (real + 1j * imaginary)
    spectrum = np.concatenate(([0], coloured))  # no constant part
    values: Floats = np.fft.irfft(spectrum, size)[:count]
    to_one = size / (2 * math.sqrt(np.sum(shape**2)))
    return values * to_one


def bell_spectrum(centre: float, width: float) -> Callable[[Floats], Floats]:
    """Return a spectrum that is a bell around `centre` Hz."""
    return lambda hertz: np.exp(-(((hertz - centre) / width) ** 2))


def fractal_spectrum(corner: float, floor: float = 0.0003) -> Callable[[Floats], Floats]:
    """Return a spectrum that falls as 1/f from `floor` Hz and ends above `corner` Hz."""
    return lambda hertz: np.exp(-((hertz / corner) ** 4)) / np.maximum(hertz, floor)


def follow_target(target: Floats, rise: float, fall: float) -> Floats:
    """Return what follows a target given each second, with one time constant up and one down."""
    up, down = -math.expm1(-1 / rise), -math.expm1(-1 / fall)
    level, levels = float(target[0]) if len(target) else 0.0, []
    for goal in target.tolist():
        level += (goal - level) * (up if goal > level else down)
        levels.append(level)
    return np.array(levels)


def hold_last(values: Floats) -> Floats:
    """Return values of whole seconds, with the last one also at the end of the last second."""
    return np.append(values, values[-1:])


def interpolate_at(values: NDArray[Any], seconds: Floats) -> Floats:
    """Return a series of one value per second, interpolated at any moments in seconds."""
    read: Floats = np.interp(seconds, np.arange(len(values)), values)
    return read


def values_at(values: NDArray[Any], seconds: Floats) -> NDArray[Any]:
    """Return the values of the seconds of these moments; outside, that of the nearest second."""
    return values[np.clip(seconds.astype(np.int64), 0, len(values) - 1)]


def draw_lines(values: Floats, factor: int) -> Single:
    """Return straight lines between n + 1 values: n * `factor` samples, without the last value."""
    # 0, 4, 2 with a factor of 2 become 0, 2, 4, 3.
    ramp = np.arange(factor, dtype=np.float32) / factor
    starts = values[:-1].astype(np.float32)
    steps = np.diff(values).astype(np.float32)
    lines = starts[:, None] + steps[:, None] * ramp
    return lines.ravel().astype(np.float32, copy=False)


def add_by_turns(total: Single, starts: Ints, rows: Single, turns: int) -> None:
    """Add rows of samples to a series in place, each from its index in `starts` on.

    Every so many rows (`turns`) are added at once; those must not overlap, because only one of two
    that meet would count.
    """
    span = np.arange(rows.shape[-1])
    for turn in range(turns):
        total[starts[turn::turns, None] + span] += rows[turn::turns]


def find_crossings(rate: Floats, step: float, levels: Floats) -> Floats:
    """Return when the integral of a rate per second, given every `step` seconds, reaches
    `levels`."""
    # A rate of 2 per second reaches the levels 1 and 3 after 0.5 and 1.5 s.
    integral = np.concatenate(([0.0], np.cumsum(rate) * step))
    moments: Floats = np.interp(levels, integral, np.arange(len(integral)) * step)
    return moments


def to_counts(values: NDArray[Any], most: int = 65_535) -> NDArray[np.uint16]:
    """Return whole unsigned counts of 16 bits, limited to their range."""
    whole: NDArray[np.uint16] = np.rint(np.clip(values, 0, most)).astype(np.uint16)
    return whole
