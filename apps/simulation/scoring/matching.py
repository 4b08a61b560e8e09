"""Which found event is which true one: each at most once.

Events are matched as by `bxb`, the beat-by-beat comparison for EC57 (ANSI/AAMI): in order of time,
the nearer of two neighbours wins. That is greedy, not optimal: of two events that are near to two
others, one can go without a partner, but only if they are closer together than twice the window.
The two lists can change places.
"""

from __future__ import annotations

from math import inf
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Pairs: TypeAlias = tuple[Ints, Ints]
"""Numbers of true events and, in the same places, of the found ones that belong to them."""

ROUNDING = 1e-9
"""Seconds by which decimal fractions may miss the window, which includes its ends."""


def match_events(true: Floats, found: Floats, window: float) -> Pairs:
    """Return the pairs of events at ascending times that are at most `window` apart."""
    ours, theirs = [*true.tolist(), inf, inf], [*found.tolist(), inf, inf]
    pairs: list[tuple[int, int]] = []
    one = other = 0
    while ours[one] < inf and theirs[other] < inf:
        first, second = ours[one], theirs[other]
        if first <= second:
            together = _belong(first, ours[one + 1], second, theirs[other + 1], window)
        else:
            together = _belong(second, theirs[other + 1], first, ours[one + 1], window)
        if together:
            pairs.append((one, other))
        # The earlier of two that do not belong together has no partner.
        one += together or first <= second
        other += together or first > second
    return _as_arrays(pairs)


def _belong(
    early: float, after_early: float, late: float, after_late: float, window: float
) -> bool:
    """Return whether two events are a pair, given the next ones of both lists.

    They are not if the later one is at least as near to the successor of the earlier one, unless
    that one has a nearer partner itself.
    """
    apart = late - early
    if apart == 0:
        return True
    rival = abs(after_early - late)
    return apart <= window + ROUNDING and (apart < rival or abs(after_late - after_early) < rival)


def match_spans(true: tuple[Floats, Floats], found: tuple[Floats, Floats]) -> Pairs:
    """Return the pairs of stretches that overlap, the longest overlap first, each stretch once.

    Stretches are given by their starts and their stops.
    """
    overlaps = [
        (-shared, one, int(other))
        for one, (start, stop) in enumerate(zip(*true, strict=True))
        for other, shared in _overlaps(start, stop, found)
    ]
    ours: set[int] = set()
    theirs: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for _, one, other in sorted(overlaps):
        if one not in ours and other not in theirs:
            ours.add(one)
            theirs.add(other)
            pairs.append((one, other))
    return _as_arrays(sorted(pairs))


def _overlaps(start: float, stop: float, found: tuple[Floats, Floats]) -> list[tuple[int, float]]:
    """Return the numbers of the stretches that overlap with one, and for how long each."""
    shared = np.minimum(found[1], stop) - np.maximum(found[0], start)
    numbers = np.flatnonzero(shared > 0)
    return list(zip(numbers.tolist(), shared[numbers].tolist(), strict=True))


def _as_arrays(pairs: list[tuple[int, int]]) -> Pairs:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
