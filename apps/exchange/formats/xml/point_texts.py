"""Points to text. All points of which the same is known share a template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

It begins with %s for the time.
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


def lines(points: Points, fields: Sequence[PointField], assemble: Assemble) -> list[str]:
    """Return the text of each point."""
    known = [~np.isnan(field.values) for field in fields]
    codes = np.zeros(len(points), np.int64)
    for number, mask in enumerate(known):
        codes |= mask.astype(np.int64) << number
    stamps = times.to_texts(points.times)
    texts = np.empty(len(points), object)
    for code in np.unique(codes).tolist():
        rows = np.flatnonzero(codes == code)
        texts[rows] = _of_one_kind(code, rows, stamps, fields, assemble)
    found: list[str] = texts.tolist()
    return found


def _of_one_kind(
    code: int,
    rows: NDArray[np.int64],
    stamps: NDArray[Any],
    fields: Sequence[PointField],
    assemble: Assemble,
) -> list[str]:
    """Return the texts of points of which the fields in the bits of `code` are known."""
    chosen = [field for number, field in enumerate(fields) if code >> number & 1]
    parts = [f.template if code >> number & 1 else "" for number, f in enumerate(fields)]
    columns = [field.values[rows].tolist() for field in chosen]
    template = assemble(parts)
    return [*map(template.__mod__, zip(stamps[rows].tolist(), *columns, strict=True))]
