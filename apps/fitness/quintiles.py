"""Fifths of a population: their limits, and the fifth of a value."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from statistics import NormalDist

ZONES = ("1", "2", "3", "4", "5")


def of_normal(mean: float, sd: float) -> list[float]:
    """Return the four limits of the fifths of a normal distribution, to four places, in ascending
    order."""
    return [round(cut, 4) for cut in NormalDist(mean, sd).quantiles(n=5)]


def zone_of(cuts: Sequence[float], value: float) -> int:
    """Return the fifth of a value, 1 (lowest) to 5 (highest). A limit belongs to the fifth
    above."""
    return bisect_right(cuts, value) + 1


def zone_bounds(cuts: Sequence[float] | None) -> dict[str, list[float | None] | str]:
    """Return the limits of each zone, `na` without a distribution (behaviour 11)."""
    if cuts is None:
        return dict.fromkeys(ZONES, "na")
    ends = [None, *cuts, None]
    return {name: ends[at : at + 2] for at, name in enumerate(ZONES)}


def age_in_years(born: date, today: date) -> int:
    """Return the completed years of life."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
