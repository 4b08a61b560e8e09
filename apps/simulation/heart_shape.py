"""The shape of somebody's heartbeat: what its waves look like in leads I and II.

Waves are bells in the frontal plane of the body, each with a height and an axis in degrees, from
which the leads follow: lead I looks along 0 degrees, lead II along 60. Everybody has their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from apps.simulation.profiles import Person
from apps.simulation.series import Floats

RATE = 256
"""Samples per second of a waveform."""
BEFORE, WIDTH = 84, 264
"""A waveform begins this many samples before its R wave, and has this length."""
_ENDING = 40
"""Samples within which it ends at the line."""
PHASES = 8
"""The positions of R waves between two samples for which waveforms are made."""
LEVELS: Floats = np.geomspace(0.28, 1.7, 28)
"""Seconds between beats for which waveforms are made."""

Bell = tuple[float, float, float, float]
"""Centre and width in s (R wave at 0), height in mV and axis in degrees."""

_LOOKS = 0.0, 60.0
"""The axes of leads I and II."""
HIGH_PASS = 1.5
"""Hz below which the amplifier weakens a signal, by a filter of first order: in genuine records the
S wave is deep, T is low, and the line dips after T, so that the beat has no area."""
_Q_ONSET = 0.045
"""Seconds from the beginning of the Q wave to the R wave."""
_T_END = 0.400
"""Seconds of QT of the bells below at 60 beats per minute, as measured behind the amplifier."""


@dataclass(frozen=True)
class HeartShape:
    """What differs between hearts: heights as shares of the usual ones, axes in degrees, QRS width
    as a share, and seconds that PR is longer; `qtc` is QT in s at 60 beats per minute."""

    size: float
    axis: float
    p_size: float
    p_axis: float
    s_size: float
    t_size: float
    t_axis: float
    width: float
    pr: float
    qtc: float


def draw_shape(person: Person, random: np.random.Generator) -> HeartShape:
    """Return somebody's heart: usual for healthy adults (axis 0 to 62 degrees; QT by Fridericia
    405 ms in men and 420 in women, as Rautaharju 2009).

    Children have shorter PR and QRS, at 5 years by some 30 ms and 15 %, and QT is the same in girls
    and boys; by Bazett it is that of adults, so that it is shorter by Fridericia (Rijnbeek 2001).
    Beyond 40 years, each lengthens PR by 0.4 ms (Magnani 2010) and turns the axis to the left by
    0.3 degrees.
    """
    growing, aged = max(16 - person.age, 0), max(person.age - 40, 0)
    axis = _draw_axis(person, random)
    women = 0.015 if person.sex == "F" and not growing else 0.0
    return HeartShape(
        size=float(np.clip(random.normal(1, 0.15), 0.72, 1.35)),
        axis=axis,
        p_size=float(np.clip(random.normal(1, 0.2), 0.65, 1.5)),
        p_axis=float(np.clip(random.normal(52, 9), 30, 70)),
        s_size=float(random.uniform(0.4, 1.6)),
        t_size=float(np.clip(random.normal(1, 0.2), 0.65, 1.5)),
        t_axis=float(np.clip(axis + random.normal(4, 9), 5, 65)),
        width=float(random.uniform(0.92, 1.1)) * (1 - 0.014 * growing),
        pr=float(random.normal(0, 0.010)) - 0.0027 * growing + 0.0004 * aged,
        qtc=float(np.clip(random.normal(0.405, 0.012), 0.375, 0.435)) + women - 0.0028 * growing,
    )


def _draw_axis(person: Person, random: np.random.Generator) -> float:
    """Return the axis of the QRS complex. In the newborn the right heart is the stronger one, which
    shows as a negative lead I; within a year the left one has outgrown it."""
    drawn = random.standard_normal()
    if person.age < 1:
        return float(np.clip(120 + 10 * drawn, 104, 136))
    aged = max(person.age - 40, 0)
    return float(np.clip(42 + 15 * drawn - 0.3 * aged, 0, 62))


def _normal_beat(shape: HeartShape, interval: float) -> list[Bell]:
    """Return a normal beat. PR shortens a little, and QT with the third root of the interval
    (Fridericia)."""
    quick = interval**0.3
    pace = interval ** (1 / 3) * shape.qtc / _T_END
    top = (0.295 + _Q_ONSET) * pace - _Q_ONSET
    wide = shape.width
    return [
        (-(0.155 + shape.pr) * quick, 0.020 * quick, 0.151 * shape.p_size, shape.p_axis),
        (-0.026 * wide, 0.008 * wide, -0.125, shape.axis + 2),
        (0.0, 0.0105 * wide, 1.68 * shape.size, shape.axis),
        (0.028 * wide, 0.0095 * wide, -0.323 * shape.s_size, shape.axis + 10),
        (top, 0.048 * pace, 0.253 * shape.t_size, shape.t_axis),
        (top + 0.030 * pace, 0.030 * pace, 0.133 * shape.t_size, shape.t_axis - 4),
    ]


def _ventricular_beat(shape: HeartShape, interval: float) -> list[Bell]:
    """Return a premature beat from a ventricle: no P, wide, and T against the QRS complex."""
    pace = min(interval, 1.0) ** (1 / 3)
    axis = 56 + (shape.axis - 42) / 2
    return [
        (0.006, 0.030, 2.05 * shape.size, axis),
        (0.085, 0.028, -0.60 * shape.size, axis - 2),
        (0.31 * pace, 0.070 * pace, -0.55 * shape.t_size, axis - 3),
    ]


@lru_cache(maxsize=4)
def make_waveforms(shape: HeartShape, fibrillating: bool) -> NDArray[np.float32]:
    """Return waveforms in mV by kind of beat, lead I and II, interval and position between
    samples."""
    made = np.empty((2, 2, len(LEVELS), PHASES, WIDTH), np.float32)
    places = (np.arange(PHASES) + 0.5) / PHASES
    seconds = (np.arange(WIDTH) - BEFORE - places[:, None]) / RATE
    for level, interval in enumerate(LEVELS.tolist()):
        normal = _normal_beat(shape, interval)[1 if fibrillating else 0 :]
        for kind, bells in enumerate((normal, _ventricular_beat(shape, interval))):
            made[kind, :, level] = _sum_bells(bells, seconds)
    return _amplify(made)


def _amplify(waves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return waveforms as the amplifier passes them on."""
    kept = 1 / (1 + 2 * math.pi * HIGH_PASS / RATE)
    since = np.arange(WIDTH)[:, None] - np.arange(WIDTH)
    slow = np.where(since >= 0, (1 - kept) * kept ** np.maximum(since, 0), 0.0)
    ending = np.clip((WIDTH - np.arange(WIDTH)) / _ENDING, 0, 1)
    passed: NDArray[np.float32] = ((waves - waves @ slow.T) * ending).astype(np.float32)
    return passed


def _sum_bells(bells: list[Bell], seconds: Floats) -> NDArray[np.float64]:
    """Return the sum of bells at those moments, in lead I and in lead II."""
    total = np.zeros((2, *seconds.shape))
    for centre, width, height, axis in bells:
        bell = np.exp(-0.5 * ((seconds - centre) / width) ** 2)
        total += height * _seen(axis)[:, None, None] * bell
    return total


def _seen(axis: float) -> Floats:
    """Return what each lead shows of a vector of height one."""
    return np.array([math.cos(math.radians(axis - look)) for look in _LOOKS])


def turned(shape: HeartShape, degrees: Floats) -> Floats:
    """Return by what factor each lead shows the QRS complex higher when the heart has turned by so
    many degrees, in two rows."""
    axes = shape.axis - np.array(_LOOKS)[:, None]
    factors: Floats = np.cos(np.radians(axes + degrees)) / np.cos(np.radians(axes))
    return factors
