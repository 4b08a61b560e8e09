"""Pauses of breath in sleep, and the arousals that end most of them.

They are more frequent on the back and in REM (Cartwright 1984, Oksenberg 1997). In a central pause
nothing drives the breath. In an obstructive one the airway is closed, and chest and belly work
against each other, harder and harder. A mixed one begins as the first kind and ends as the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import REM, WAKE
from apps.simulation.profiles import POSTURES
from apps.simulation.series import Floats, find_crossings
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Codes = NDArray[np.int8]

CENTRAL, OBSTRUCTIVE, MIXED = "central", "obstructive", "mixed"

_SHARES = {OBSTRUCTIVE: 0.6, MIXED: 0.2, CENTRAL: 0.2}
"""The kinds of pauses of a profile that has all kinds. Obstructive ones are the usual ones."""

_ON_BACK, _IN_REM = 1.9, 1.6
"""How many times more frequent pauses are there than on the side, and than in NREM."""

_BRIEFEST, _LONGEST = 11.0, 38.0
"""Seconds. An apnoea lasts 10 s or more by definition (AASM)."""

_APART = 14.0
"""The fewest seconds between two pauses, in which a person breathes."""

_AROUSING = 0.85
"""The share of pauses that end with an arousal."""

_SETTLED = 40
"""Seconds asleep before the first pause."""


@dataclass(frozen=True)
class Apnoea:
    """A pause of breath from `start` to `stop`, in ticks from the record's start.

    `closed` is the tick from which the airway is closed, or `stop` if it stays open. `arousal` is
    how strong the arousal at its end is: 1 is usual, 0 is none. `awake` is its length in seconds.
    """

    kind: str
    start: int
    stop: int
    closed: int
    arousal: float
    awake: int

    @property
    def end(self) -> float:
        """The second at which breath is regained."""
        return self.stop / SECOND


class Sleeper(Protocol):
    """What has a length in seconds and pauses of breath."""

    @property
    def seconds(self) -> int:
        """The length."""

    @property
    def apnoeas(self) -> Sequence[Apnoea]:
        """The pauses in order."""


def plan_apnoeas(
    stage: Codes, posture: Codes, per_hour: float, kind: str, random: np.random.Generator
) -> tuple[Apnoea, ...]:
    """Return the pauses of a night: as many per hour of sleep as told, of one kind or of "all"."""
    if not per_hour or not (stage != WAKE).any():
        return ()
    rate = _rate_of_pauses(stage, posture, per_hour)
    # Gamma with shape 4: pauses follow each other more evenly than by chance alone.
    steps = random.gamma(4, 1 / 4, int(rate.sum() * 1.5) + 20)
    marks = np.cumsum(steps)
    begins = find_crossings(rate, 1.0, marks[marks < rate.sum()])
    return tuple(_place_pauses(begins, stage, kind, random))


def _rate_of_pauses(stage: Codes, posture: Codes, per_hour: float) -> Floats:
    """Return pauses per second. Their mean over the time asleep is as told."""
    asleep = stage != WAKE
    weight = np.where(posture == POSTURES["supine"], _ON_BACK, 1.0)
    weight *= np.where(stage == REM, _IN_REM, 1.0) * asleep
    rate: Floats = weight * (per_hour / 3600 / weight[asleep].mean())
    return rate


def _place_pauses(
    begins: Floats, stage: Codes, kind: str, random: np.random.Generator
) -> Iterator[Apnoea]:
    """Yield pauses that do not overlap and that lie within sleep."""
    free = float(_SETTLED)
    for drawn in begins.tolist():
        begin = max(drawn, free)
        lasting = float(np.clip(_BRIEFEST + random.gamma(2.0, 4.5), _BRIEFEST, _LONGEST))
        which = str(random.choice(list(_SHARES), p=list(_SHARES.values())))
        which = which if kind == "all" else kind
        closing = {CENTRAL: 1.0, OBSTRUCTIVE: 0.0, MIXED: random.uniform(0.35, 0.55)}[which]
        strength = random.uniform(0.7, 1.3) * (random.random() < _AROUSING)
        awake = int(random.integers(5, 15))
        # Sleep must have begun, and must not end during the pause.
        around = stage[int(begin) - _SETTLED // 2 : int(begin + lasting) + 3]
        if begin + lasting + 5 > len(stage) or around.max() == WAKE:
            continue
        free = begin + lasting + _APART
        start, stop = int(begin * SECOND), int((begin + lasting) * SECOND)
        closed = int(start + closing * (stop - start))
        yield Apnoea(which, start, stop, closed, round(strength, 3), awake)


def rouse(stage: Codes, apnoeas: Sequence[Apnoea]) -> Codes:
    """Return the stages with the short awakenings that arousals are."""
    roused = stage.copy()
    for pause in apnoeas:
        if pause.arousal:
            woken = int(pause.end)
            roused[woken : woken + pause.awake] = WAKE
    return roused


def breath_regained(sleeper: Sleeper, peak: float, *, unaroused: float = 0.0) -> Floats:
    """Return a wave each second after each pause: it rises to its height within `peak` seconds and
    dies away.

    Its height is the strength of the arousal, or `unaroused` without any.
    """
    rises = np.zeros(sleeper.seconds)
    past = np.arange(int(peak * 12)) / peak
    wave = past * np.exp(1 - past)
    for pause in sleeper.apnoeas:
        here = rises[int(pause.end) : int(pause.end) + len(wave)]
        here += (pause.arousal or unaroused) * wave[: len(here)]
    return rises


def heart_rate_rise(sleeper: Sleeper) -> Floats:
    """Return by how many beats per minute arousals quicken the heart each second, beside waking
    up.

    Heart rate rises by 10 to 20 within some seconds and falls again (cyclical variation,
    Guilleminault 1984).
    """
    return 9.5 * breath_regained(sleeper, 5.0, unaroused=0.25)


def pressure_rise(sleeper: Sleeper) -> Floats:
    """Return by how many mmHg systolic pressure rises each second after pauses: some 25 (Ringler
    1990)."""
    return 26.0 * breath_regained(sleeper, 6.0, unaroused=0.3)


def breath_deepening(sleeper: Sleeper) -> Floats:
    """Return by which share the breaths after a pause are deeper, each second."""
    return 0.9 * breath_regained(sleeper, 3.0, unaroused=0.5)


def closed_efforts(
    sleeper: Sleeper, seconds: Floats, random: np.random.Generator
) -> Iterator[tuple[slice, Floats]]:
    """Yield, for each closed airway, which of the ascending moments it lasts, and how hard somebody
    breathes against it.

    1 is the effort of a breath at rest. It grows from a third to more than that, with an effort
    every three seconds or so.
    """
    for pause in sleeper.apnoeas:
        pace, growth = random.uniform(2.8, 3.8), random.uniform(1.0, 1.9)
        first, last = np.searchsorted(seconds, (pause.closed / SECOND, pause.end))
        if last <= first:
            continue
        past = seconds[first:last] - pause.closed / SECOND
        lasting = max(pause.end - pause.closed / SECOND, pace)
        whole = max(round(lasting / pace), 1)
        turns = past / lasting * whole
        height = 0.35 + growth * past / lasting
        yield slice(int(first), int(last)), height * (0.5 - 0.5 * np.cos(2 * np.pi * turns))
