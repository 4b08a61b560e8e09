"""A night: stages in cycles of an hour and a half, and turning over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import NREM, REM, WAKE
from apps.simulation.profiles import POSTURES
from apps.simulation.series import Floats

_CYCLE = 90 * 60
_REM_SHARE = (0.10, 0.20, 0.26, 0.32, 0.36)
"""The REM share of successive cycles of a night. It grows towards the morning, to a fifth in all
(typical adult night)."""

_TURNS = 2.2 / 3600
"""Changes of position per second: some two an hour (typical adult night)."""

_PREFERRED = {"supine": 0.36, "prone": 0.08, "left": 0.27, "right": 0.29}
"""The shares of the night in which adults lie in each position: more than half of it on their
sides."""

Codes = NDArray[np.int8]


def by_stage(stage: Codes, *, nrem: float, rem: float, wake: float) -> Floats:
    """Return one of three values for each stage of sleep."""
    return np.select([stage == NREM, stage == REM], [nrem, rem], wake)


def plan_night(
    asleep: NDArray[np.bool_], posture: Codes, random: np.random.Generator
) -> tuple[Codes, Codes]:
    """Return stage and posture of each second, from the planned sleep and the first posture.

    Out of bed, the stage is wake and the posture is as planned.
    """
    stage, lying = np.full(len(asleep), WAKE, np.int8), posture.copy()
    edges = np.flatnonzero(np.diff(asleep, prepend=False, append=False))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        seconds = int(end - begin)
        stage[begin:end] = draw_stages(seconds, random)
        lying[begin:end] = draw_positions(seconds, int(posture[begin]), random)
    return stage, lying


def draw_stages(seconds: int, random: np.random.Generator) -> Codes:
    """Return the stages of one sleep: falling asleep, cycles, and short arousals."""
    lengths, codes = zip(*_draw_sections(seconds, random), strict=True)
    found = np.repeat(np.array(codes, np.int8), lengths)[:seconds]
    arousals = np.flatnonzero(random.random(seconds) < 1.5 / 3600)
    for second in arousals:
        found[second : second + int(random.integers(30, 120))] = WAKE
    return found


def _draw_sections(seconds: int, random: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Yield lengths and stages for at least so many seconds."""
    # A nap of minutes has its share of sleep too, so falling asleep takes at most a tenth.
    onset = min(int(random.gamma(4, 180)), seconds // 10)
    yield onset, WAKE
    passed, cycle = onset, 0
    while passed < seconds:
        length = int(_CYCLE * random.uniform(0.85, 1.15))
        share = _REM_SHARE[min(cycle, len(_REM_SHARE) - 1)] * random.uniform(0.8, 1.2)
        dreaming, waking = int(length * share), int(random.gamma(2, 40))
        yield from ((length - dreaming, NREM), (dreaming, REM), (waking, WAKE))
        passed, cycle = passed + length + waking, cycle + 1


def draw_positions(seconds: int, first: int, random: np.random.Generator) -> Codes:
    """Return how somebody lies, each second of a sleep that begins in posture `first`."""
    turns = random.random(seconds) < _TURNS
    turns[0] = False
    turn = np.cumsum(turns)
    ways = np.array([POSTURES[name] for name in _PREFERRED], np.int8)
    drawn = random.choice(ways, int(turn[-1]) + 1, p=list(_PREFERRED.values()))
    drawn[0] = first
    codes: Codes = drawn[turn]
    return codes
