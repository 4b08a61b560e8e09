"""Series of numbers in time: noise of a given spectrum, lags, running sums and steps."""

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
"""What happens in its own time: offsets in ticks from the start, and values."""

BLOCK = 600
"""Raw signals are made so many seconds at a time, so that memory stays small."""


def blocks(seconds: int) -> Iterator[tuple[int, int]]:
    """First and last (excluded) second of each stretch that is made in one go."""
    for first in range(0, seconds, BLOCK):
        yield first, min(first + BLOCK, seconds)


def noise(
    random: np.random.Generator, count: int, rate: float, power: Callable[[Floats], Floats]
) -> Floats:
    """Gaussian noise of variance one: `count` values at `rate` Hz.

    `power` gives its spectrum at frequencies in Hz, up to a factor. It is shaped at no less
    than 2,048 frequencies, so that short stretches have narrow bands too.
    """
    size = 1 << max(12, (count - 1).bit_length())
    hertz = np.arange(size // 2 + 1, dtype=np.float64) * (rate / size)
    shape = np.sqrt(power(hertz[1:]))
    white = random.standard_normal((2, len(shape)))
    spectrum = np.concatenate(([0], shape * (white[0] + 1j * white[1])))
    values: Floats = np.fft.irfft(spectrum, size)[:count]
    return values * (size / (2 * math.sqrt(np.sum(shape**2))))


def band(centre: float, width: float) -> Callable[[Floats], Floats]:
    """A spectrum that is a bell around `centre` Hz."""
    return lambda hertz: np.exp(-(((hertz - centre) / width) ** 2))


def fractal(corner: float, floor: float = 0.0003) -> Callable[[Floats], Floats]:
    """A spectrum that falls as 1/f from `floor` Hz and is gone above `corner` Hz."""
    return lambda hertz: np.exp(-((hertz / corner) ** 4)) / np.maximum(hertz, floor)


def follow(target: Floats, rise: float, fall: float) -> Floats:
    """What runs after a target given each second, with one time constant up and one down."""
    up, down = -math.expm1(-1 / rise), -math.expm1(-1 / fall)
    level, levels = float(target[0]) if len(target) else 0.0, []
    for goal in target.tolist():
        level += (goal - level) * (up if goal > level else down)
        levels.append(level)
    return np.array(levels)


def at(values: NDArray[Any], seconds: Floats) -> Floats:
    """A series of one value per second, read between its values at any moments in seconds."""
    read: Floats = np.interp(seconds, np.arange(len(values)), values)
    return read


def of(values: NDArray[Any], seconds: Floats) -> NDArray[Any]:
    """The values of the seconds in which moments lie; the nearest second for those outside."""
    return values[np.clip(seconds.astype(np.int64), 0, len(values) - 1)]


def upsample(values: Floats, factor: int) -> Single:
    """Straight lines between n + 1 values: n * `factor` samples, the last value left out."""
    ramp = np.arange(factor, dtype=np.float32) / factor
    steps = np.diff(values).astype(np.float32)
    lines = values[:-1, None].astype(np.float32) + steps[:, None] * ramp
    return lines.ravel().astype(np.float32, copy=False)


def crossings(rate: Floats, step: float, levels: Floats) -> Floats:
    """When the integral of a rate per second, given every `step` seconds, reaches `levels`."""
    integral = np.concatenate(([0.0], np.cumsum(rate) * step))
    moments: Floats = np.interp(levels, integral, np.arange(len(integral)) * step)
    return moments


def counts(values: NDArray[Any], most: int = 65_535) -> NDArray[np.uint16]:
    """Whole unsigned counts of 16 bits, held at the ends of their range."""
    whole: NDArray[np.uint16] = np.rint(np.clip(values, 0, most)).astype(np.uint16)
    return whole
