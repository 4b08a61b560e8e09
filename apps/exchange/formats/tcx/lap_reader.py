"""A Lap of a TCX file, as it stands there."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element as Element

from apps.exchange.activity import Totals
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.xml import numbers, times
from apps.exchange.formats.xml.reading import child_text
from hexostore.hexotime import TICKS_PER_SECOND

_LONGEST = 366 * 24 * 3600
"""Seconds. A greater TotalTimeSeconds tells nothing."""


@dataclass(frozen=True, slots=True)
class FileLap:
    """A lap with its points, which are those from `first` to before `stop`.

    `ticks` is TotalTimeSeconds, which most programs stop during pauses; `between` is a lap that
    only holds the points outside of laps.
    """

    start: int | None
    ticks: int
    first: int
    stop: int
    totals: Totals
    name: str
    between: bool


def read_lap(element: Element, first: int, stop: int, *, own: bool) -> FileLap:
    """Return a lap. Raise FileError for a malformed time or number."""
    stated = element.get("StartTime", "").strip()
    seconds = numbers.to_number(child_text(element, "TotalTimeSeconds"))
    return FileLap(
        times.to_ticks(stated) if stated else None,
        round(seconds * TICKS_PER_SECOND) if 0 < seconds < _LONGEST else 0,
        first,
        stop,
        _totals(element),
        child_text(element, "Notes"),
        own and _has_own(element, elements.BETWEEN_LAPS),
    )


def _totals(element: Element) -> Totals:
    calories = _number(element, "Calories")
    return Totals(
        distance=_number(element, "DistanceMeters"),
        energy=None if calories is None else calories * elements.JOULES_PER_CALORIE,
        average_heart_rate=_number(element, "AverageHeartRateBpm", "Value"),
        maximum_heart_rate=_number(element, "MaximumHeartRateBpm", "Value"),
        average_breathing_rate=_own_number(element, elements.AVERAGE_BREATHING_RATE),
        maximum_speed=_number(element, "MaximumSpeed"),
    )


def _number(element: Element, *names: str) -> float | None:
    return numbers.known(numbers.to_number(child_text(element, *names)))


def _own_number(element: Element, name: str) -> float | None:
    text = element.findtext(f"{{*}}Extensions/{{{elements.OWN}}}{name}")
    return numbers.known(numbers.to_number(text))


def _has_own(element: Element, name: str) -> bool:
    return element.find(f"{{*}}Extensions/{{{elements.OWN}}}{name}") is not None
