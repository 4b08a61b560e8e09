"""Sensor faults: when they happen, and what they do to the counts.

Every artefact is an event with a start, a stop and a target, drawn from the rates of a profile. Raw
channels and quality channels are made from the same events, so they agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from apps.simulation.profiles import ArtefactRate
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Counts: TypeAlias = Union["NDArray[np.int16]", "NDArray[np.uint16]"]
Wave: TypeAlias = NDArray[np.float32]

LONGEST = 900 * SECOND
"""The longest artefact. With a limit, few have to be checked for one block of samples."""

_BRIEFEST = 2.5
"""Seconds; a band counts as disconnected when it gives zero for 2 s (catalogue, datatype 1001)."""


@dataclass(frozen=True)
class Artefact:
    """A fault of `target` from `start` to `stop`, in ticks from the record's start.

    `strength` is from 0 to 1. Kinds and targets are those of the profiles.
    """

    kind: str
    target: str
    start: int
    stop: int
    strength: float

    @property
    def seconds(self) -> slice:
        """The seconds of the record that it touches."""
        return slice(self.start // SECOND, -(-self.stop // SECOND))

    def hits(self, channel: str) -> bool:
        """Return whether the channel is affected; `ecg` means all of its leads."""
        return channel == self.target or channel.startswith(f"{self.target}_")


@dataclass(frozen=True)
class ChannelSwing:
    """The lowest and highest count of a channel, its level without signal, and its usual swing.

    The swing is the height of an R wave, a breath or a pulse. Artefacts are measured by it.
    """

    low: int
    high: int
    level: int
    swing: float


SCALES = {
    "ecg": ChannelSwing(0, 4095, 1360, 200.0),
    "thoracic": ChannelSwing(0, 65_535, 0, 1500.0),
    "abdominal": ChannelSwing(0, 65_535, 0, 1500.0),
    "ppg": ChannelSwing(0, 65_535, 0, 2000.0),
}
"""ECG: 12 bit of 6.4 uV, zero at 1360 (catalogue, datatype 4113); a loose band gives zero."""


def draw_artefacts(
    rates: Sequence[ArtefactRate], moving: NDArray[np.bool_], random: np.random.Generator
) -> tuple[Artefact, ...]:
    """Return the artefacts of a record by start; `moving` tells for each second who is moving."""
    found = [artefact for rate in rates for artefact in _draw_kind(rate, moving, random)]
    return tuple(sorted(found, key=lambda artefact: (artefact.start, artefact.target)))


def _draw_kind(
    rate: ArtefactRate, moving: NDArray[np.bool_], random: np.random.Generator
) -> Iterator[Artefact]:
    allowed = {"any": np.ones_like(moving), "moving": moving, "still": ~moving}[rate.during]
    drawn = random.random(len(moving)) < rate.per_hour / 3600
    begins = np.flatnonzero(drawn & allowed)
    count = len(begins)
    # Gamma with shape 3: mostly near the mean, never zero, now and then much longer.
    lasting = random.gamma(3, rate.seconds / 3, count).clip(_BRIEFEST, LONGEST / SECOND)
    within = random.integers(0, SECOND, count)
    strength = (rate.strength * random.uniform(0.6, 1.4, count)).clip(0.05, 1)
    free = 0
    for second, ticks, seconds, hard in zip(begins, within, lasting, strength, strict=True):
        start = int(second) * SECOND + int(ticks)
        stop = min(start + int(seconds * SECOND), len(moving) * SECOND)
        if start >= free and stop - start >= 2 * SECOND:
            free = stop + SECOND
            yield Artefact(rate.kind, rate.target, start, stop, round(float(hard), 3))


def find_touching(
    artefacts: Sequence[Artefact], target: str, first: int, last: int
) -> Iterator[Artefact]:
    """Yield those of the artefacts (in order of start) that affect that channel in these ticks."""
    begin = bisect_left(artefacts, first - LONGEST, key=_start_of)
    end = bisect_left(artefacts, last, key=_start_of)
    for artefact in artefacts[begin:end]:
        if artefact.stop > first and artefact.hits(target):
            yield artefact


def _start_of(artefact: Artefact) -> int:
    return artefact.start


def apply_artefacts(
    counts: Counts,
    first_tick: int,
    step: int,
    artefacts: Sequence[Artefact],
    target: str,
    random: np.random.Generator,
    *,
    mains: float = 50.0,
    scale: ChannelSwing | None = None,
) -> None:
    """Change one block of a raw channel in place, as the artefacts that affect it would.

    The samples of the block are at `first_tick` + i * `step` ticks from the record's start.
    `target` is the channel's name among the targets of the profiles ("ecg_I", "thoracic" ...).
    `mains` is in Hz. Without a `scale`, that of the target's channel on a Hexoskin is used.
    """
    scale = scale or SCALES[target.split("_", 1)[0]]
    last = first_tick + len(counts) * step
    for artefact in find_touching(artefacts, target, first_tick, last):
        begin = max(0, -((first_tick - artefact.start) // step))
        end = min(len(counts), -((first_tick - artefact.stop) // step))
        ticks = first_tick + np.arange(begin, end, dtype=np.int64) * step
        here = Moment(artefact, ticks, scale, mains, random)
        changed = EFFECTS[artefact.kind](here, counts[begin:end].astype(np.float32))
        counts[begin:end] = np.rint(changed).clip(scale.low, scale.high).astype(counts.dtype)


@dataclass(frozen=True)
class Moment:
    """An artefact within one block: the ticks of the affected samples, and the values it needs."""

    artefact: Artefact
    ticks: NDArray[np.int64]
    scale: ChannelSwing
    mains: float
    random: np.random.Generator

    @property
    def height(self) -> float:
        """The strength in counts."""
        return self.artefact.strength * self.scale.swing

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds since the artefact began."""
        return (self.ticks - self.artefact.start) / SECOND

    @property
    def part(self) -> NDArray[np.float64]:
        """The part of the artefact that has passed, from 0 to 1."""
        return (self.ticks - self.artefact.start) / (self.artefact.stop - self.artefact.start)

    def draw_noise(self) -> Wave:
        """Return white noise of standard deviation one."""
        return self.random.standard_normal(len(self.ticks), np.float32)


def _disconnect(here: Moment, wave: Wave) -> Wave:
    """Return what a disconnected input gives: a band only zeros, others a nearly flat line (API
    reference, Breathing Rate Status)."""
    flat = np.full_like(wave, here.scale.level)
    return flat if here.scale.level == 0 else flat + here.draw_noise()


_EDGE, _RINGING = 0.04, 0.3
"""Seconds within which a signal reaches a rail or leaves it, and those at the end in which it
swings beyond its level: a genuine record gets there in ten samples."""


def _saturate(here: Moment, wave: Wave) -> Wave:
    """Return what a charge on an electrode does: the signal is at a rail, and swings back."""
    high = here.artefact.start % 2 == 0
    rail = here.scale.high if high else here.scale.low
    left = (here.artefact.stop - here.artefact.start) / SECOND - _RINGING - here.seconds
    there = np.clip(np.minimum(here.seconds, left) / _EDGE, 0, 1)
    beyond = -0.15 * np.exp(np.minimum(left, 0) / 0.1) * (left < 0)
    pulled: Wave = wave + ((rail - here.scale.level) * beyond).astype(np.float32)
    return (pulled + (rail - pulled) * there.astype(np.float32)).astype(np.float32)


def _add_noise(here: Moment, wave: Wave) -> Wave:
    """Return muscle noise: wide noise that comes and goes."""
    bursts = 0.6 + 0.4 * np.sin(2 * np.pi * 0.7 * here.seconds)
    return wave + (here.height * 0.6 * bursts).astype(np.float32) * here.draw_noise()


def _add_movement(here: Moment, wave: Wave) -> Wave:
    """Return what a sliding electrode or a tugged band gives: large slow waves, in the band of the
    signal."""
    swing = 1.2 * here.height * np.sin(np.pi * here.part) ** 0.5
    moved = wave.copy()
    for hertz in (0.6, 1.3, 2.9, 5.3):
        phase = 2 * np.pi * hertz * here.seconds + here.artefact.start % 7 + hertz
        moved += (swing * np.sin(phase) / hertz**0.5).astype(np.float32)
    return moved


def _add_hum(here: Moment, wave: Wave) -> Wave:
    hum = np.sin(2 * np.pi * here.mains * here.ticks / SECOND)
    return wave + (0.8 * here.height * hum).astype(np.float32)


def _shift_baseline(here: Moment, wave: Wave) -> Wave:
    """Return jumps of the level, which then creeps back."""
    sign = 1 if here.artefact.start % 2 else -1
    return wave + (sign * 2 * here.height * np.exp(-4 * here.part)).astype(np.float32)


EFFECTS: dict[str, Callable[[Moment, Wave], Wave]] = {
    "disconnected": _disconnect,
    "saturated": _saturate,
    "noise": _add_noise,
    "movement": _add_movement,
    "mains": _add_hum,
    "baseline": _shift_baseline,
}


def flag_seconds(artefacts: Iterable[Artefact], seconds: int) -> NDArray[np.bool_]:
    """Return for each second of the record whether any of the artefacts affects it."""
    going = np.zeros(seconds, np.bool_)
    for artefact in artefacts:
        going[artefact.seconds] = True
    return going
