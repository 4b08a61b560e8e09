"""Points to text. All points of which the same is known share a template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from apps.exchange.activity import Column, Floats, Points
from apps.exchange.formats.xml import times

BLOCK = 4096
"""Points that are written at a time."""


class PointField(NamedTuple):
    """A column to write: NaN where nothing is known, and the template of a value.

    It has %d for whole numbers, and %.2f or the like for others.
    """

    values: Floats
    template: str


Assemble = Callable[[Sequence[str]], str]
"""Return the template of a point from those of its fields, which are "" where they are unknown.

It has %s for the time, after the fields that are written before it.
"""


def blocks(points: Points) -> Iterator[Points]:
    """Return points in blocks that are quick to write and take little memory."""
    for first in range(0, len(points), BLOCK):
        part = slice(first, first + BLOCK)
        columns = {column: values[part] for column, values in points.columns.items()}
        yield Points(points.times[part], columns)


def whole(values: Floats, least: int, most: int) -> Floats:
    """Return values as whole numbers, and NaN for those outside of what a format allows."""
    rounded: Floats = np.rint(values)
    with np.errstate(invalid="ignore"):
        return np.where((rounded >= least) & (rounded <= most), rounded, np.nan)


def finite(values: Floats) -> Floats:
    """Return values, and NaN for those that are not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def positions(points: Points) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes with 7 digits, NaN where not both can be written.

    Longitudes are less than 180, as schemas want it: 180 degrees is -180.
    """
    latitudes = np.round(points.column(Column.LATITUDE), 7)
    longitudes = np.round(points.column(Column.LONGITUDE), 7)
    longitudes = np.where(longitudes == 180, -180, longitudes)
    with np.errstate(invalid="ignore"):
        whole = (np.abs(latitudes) <= 90) & (np.abs(longitudes) <= 180)
    return np.where(whole, latitudes, np.nan), np.where(whole, longitudes, np.nan)


def lines(
    points: Points, fields: Sequence[PointField], assemble: Assemble, before_time: int = 0
) -> list[str]:
    """Return the text of each point. So many fields come before its time."""
    codes = np.zeros(len(points), np.int64)
    for number, field in enumerate(fields):
        codes |= (~np.isnan(field.values)).astype(np.int64) << number
    stamps = times.to_texts(points.times)
    texts = np.empty(len(points), object)
    for code in np.unique(codes).tolist():
        known = [bool(code >> number & 1) for number in range(len(fields))]
        template = assemble([f.template if k else "" for f, k in zip(fields, known, strict=True)])
        rows = np.flatnonzero(codes == code)
        columns = [f.values[rows].tolist() for f, k in zip(fields, known, strict=True) if k]
        columns.insert(sum(known[:before_time]), stamps[rows].tolist())
        texts[rows] = [*map(template.__mod__, zip(*columns, strict=True))]
    found: list[str] = texts.tolist()
    return found
