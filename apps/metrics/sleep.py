"""Sleep: how long each phase and position lasts, when somebody sleeps, and waking by movement.

Phases (datatype 280) and positions (270, 269) are changes: ticks, rising, and the codes that hold
from there on. Moments and spans are ticks of the same origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Whole: TypeAlias = NDArray[Any]
"""Whole numbers of any width, as they come from the store."""

WAKE, NREM, REM = 6, 2, 5
"""Codes of phases (catalogue, datatype 280)."""
ASLEEP = NREM, REM
UPRIGHT = 5
"""The code of the position that nobody sleeps in (catalogue, datatype 270)."""

MINUTE = 60
SHORTEST_SLEEP = 4 * 60
"""Minutes that a sleep lasts at least which is found without being told (support pages)."""
LONGEST_GAP = 15
"""Minutes of a break that does not end a sleep."""

COLE_KRIPKE = 4.64, 6.87, 3.75, 5.07, 16.19, 5.84, 4.024
"""Weights of the counts of a minute, from the fourth before it to the second after it."""
SCALE = 0.0031
"""Makes waking of a weighted sum of counts from 1 on; fitted on simulated nights, whose phases are
known: nine of ten minutes awake are found, and 96 of 100 asleep."""
CALM = 20
"""Seconds of a minute that a sleeper moves at most."""


class Stays(NamedTuple):
    """Stretches of time with one code each, in order: ticks from `begins` to `ends`."""

    begins: Ints
    ends: Ints
    codes: Ints


def find_stays(ticks: Whole, codes: Whole, start: int, end: int) -> Stays:
    """Return what holds from `start` to `end`, given changes from before the start on.

    Nothing is known of the time before the first change. What follows with the same code is one.
    """
    begins = np.clip(ticks, start, end).astype(np.int64)
    ends = np.append(begins[1:], end)
    lasting = ends > begins
    return join_stays([Stays(begins[lasting], ends[lasting], codes[lasting].astype(np.int64))])


def join_stays(parts: Sequence[Stays]) -> Stays:
    """Return stays of several stretches as one, in order; those that touch and agree are one."""
    begins, ends, codes = (np.concatenate(each) for each in zip(*parts, strict=True))
    same = np.zeros(len(codes), np.bool_)
    same[1:] = (codes[1:] == codes[:-1]) & (begins[1:] == ends[:-1])
    last = np.append(~same[1:], True)[: len(codes)]
    return Stays(begins[~same], ends[last], codes[~same])


def seconds_in(stays: Stays, *codes: int) -> float:
    """Return how many seconds were spent in any of the codes."""
    which = np.isin(stays.codes, codes)
    return float((stays.ends - stays.begins)[which].sum()) / SECOND


def count_changes(stays: Stays) -> int:
    """Return how often the code changes."""
    return int(np.count_nonzero(np.diff(stays.codes)))


def sleep_efficiency(phases: Stays, seconds_in_bed: float) -> float | None:
    """Return the share in % of the time in bed that somebody slept."""
    return 100 * seconds_in(phases, *ASLEEP) / seconds_in_bed if seconds_in_bed > 0 else None


def sleep_percent(phases: Stays) -> float | None:
    """Return the share in % slept of the time from first falling asleep to last waking up."""
    asleep = np.isin(phases.codes, ASLEEP)
    if not asleep.any():
        return None
    lasting = phases.ends[asleep][-1] - phases.begins[asleep][0]
    return 100 * seconds_in(phases, *ASLEEP) * SECOND / float(lasting)


def time_to_fall_asleep(phases: Stays, start: int) -> float | None:
    """Return the seconds from `start` to the first sleep."""
    asleep = phases.begins[np.isin(phases.codes, ASLEEP)]
    return float(asleep[0] - start) / SECOND if len(asleep) else None


def count_moving(activity: Whole) -> Ints:
    """Return how many seconds of each full minute somebody moves, by a channel of activity (49).

    The device gives 0 below 4/256 g. Seconds tell restlessness better than strength does: one
    turn in sleep is as strong as a whole minute awake, but short.
    """
    minutes = len(activity) // MINUTE
    moving = activity[: minutes * MINUTE].reshape(minutes, MINUTE) > 0
    found: Ints = moving.sum(axis=1, dtype=np.int64)
    return found


def find_waking(moving: Whole) -> Flags:
    """Return which minutes somebody is awake, by how they move (Cole and Kripke 1992).

    Beyond the ends nobody moves.
    """
    padded = np.pad(moving.astype(np.float64), (4, 2))
    weighed = np.correlate(padded, np.array(COLE_KRIPKE), "valid")
    waking: Flags = SCALE * weighed >= 1
    return waking


def phases_by_movement(activity: Whole) -> tuple[Ints, Ints]:
    """Return phases as changes from 0 on, waking or NREM, of a channel of activity (49).

    Movement does not tell REM, which is left out.
    """
    waking = find_waking(count_moving(activity))
    codes = np.where(waking, WAKE, NREM)
    changed = np.flatnonzero(np.diff(codes, prepend=-1))
    return changed * MINUTE * SECOND, codes[changed]


def find_sleeps(lying: Flags, calm: Flags) -> list[tuple[int, int]]:
    """Return the first and the last minute, excluded, of each sleep that minutes tell of.

    Somebody sleeps who lies and hardly moves; short breaks belong to the sleep.
    """
    resting = lying & calm
    edges = np.flatnonzero(np.diff(resting, prepend=False, append=False)).tolist()
    joined: list[tuple[int, int]] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if joined and begin - joined[-1][1] <= LONGEST_GAP:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return [(begin, end) for begin, end in joined if end - begin >= SHORTEST_SLEEP]
