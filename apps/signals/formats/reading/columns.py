"""The columns of a table: existing cells in pieces, and what is stored of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.signals.formats.reading.spool import Spool
from apps.signals.storage import ingestion, scaling
from apps.signals.storage.series import Arrays, Series

EXACT = 0.01
"""How far a decimal text may be from a count or tick, since it is rounded somewhere."""

LITRES = {("mL/min", "L/min"): 1000.0, ("mL", "L"): 1000.0}
"""The factors for the units of some files (wire F9)."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ColumnNumbers:
    """Existing numbers of a column: their places, as rows of the file and as ticks, and the unit in
    the title or None.

    `fractions` says that the file writes some with a decimal point, and `first` how many come
    before these.
    """

    datatype: Datatype
    unit: str | None
    rows: Integers
    ticks: Integers
    numbers: Floats
    fractions: bool = False
    first: int = 0

    def device_counts(self) -> NDArray[np.int64 | np.float64]:
        """Return the counts of the device. Raise IngestionError for the first value that is not a
        count.

        Asynchronous channels without a scale and without codes may have fractions, such as
        positions on the earth.
        """
        scale = _scale_of(self.datatype, self.unit)
        return counts_of(self.column, self.datatype, self.numbers, scale, fractions=self.fractions)

    @property
    def column(self) -> ingestion.IncomingColumn:
        """The name and the rows of the numbers."""
        return ingestion.IncomingColumn(self.datatype.name, self.rows, self.first)


def counts_of(
    column: ingestion.IncomingColumn,
    datatype: Datatype,
    numbers: Floats,
    scale: tuple[float, float],
    *,
    fractions: bool = False,
) -> NDArray[np.int64 | np.float64]:
    """Return the counts of numbers that are written with that gain and offset.

    `fractions` says that some are written with a decimal point. Raise IngestionError for the first
    number that is not a count.
    """
    gain, offset = scale
    counts = (numbers - offset) / gain
    whole = np.rint(counts)
    if may_be_of_fractions(datatype) and (fractions or np.any(counts != whole)):
        return counts
    wrong = np.flatnonzero((np.abs(counts - whole) > EXACT) | (np.abs(whole) > 2**53))
    if len(wrong):
        at = int(wrong[0])
        raise column.error(at, f"{numbers[at]:.10g} is not a multiple of {gain:g}")
    return whole.astype(np.int64)


def may_be_of_fractions(datatype: Datatype) -> bool:
    """Return whether values of that kind need not be whole."""
    return datatype.hexo_freq is None and datatype.gain == 1 and not datatype.codes


def _scale_of(datatype: Datatype, unit: str | None) -> tuple[float, float]:
    """Return gain and offset between a count and what is written."""
    if unit is None:
        shown = scaling.scale(datatype)
        return (1.0, 0.0) if shown is None else (datatype.gain, datatype.offset)
    factor = LITRES.get((datatype.unit, unit))
    if factor is not None:
        return datatype.gain / factor, datatype.offset / factor
    if datatype.unit and unit.casefold() == datatype.unit.casefold():
        return datatype.gain, datatype.offset
    return (1.0, 0.0) if scaling.scale(datatype) is None else (datatype.gain, datatype.offset)


class TableColumn:
    """All cells of a column, of which only a piece is in memory."""

    def __init__(self, spool: Spool, datatype: Datatype, unit: str | None) -> None:
        self.spool, self.datatype, self.unit = spool, datatype, unit
        self.count = 0
        self.first: int | None = None
        self.fractions = False

    def add(self, rows: Integers, ticks: Integers, numbers: Floats, *, fractions: bool) -> None:
        """Store the next cells. Each has a number."""
        if not len(rows):
            return
        if self.first is None:
            self.first = int(ticks[0])
        self.count += len(rows)
        self.fractions |= fractions or self._is_uneven(numbers)
        self.spool.add(self, np.concatenate([rows, ticks, numbers.view(np.int64)]))

    def _is_uneven(self, numbers: Floats) -> bool:
        if not may_be_of_fractions(self.datatype):
            return False
        gain, offset = _scale_of(self.datatype, self.unit)
        counts = (numbers - offset) / gain
        return bool(np.any(counts != np.rint(counts)))

    def pieces(self) -> Iterator[ColumnNumbers]:
        """Yield the cells in the order in which they were added."""
        first = 0
        for packed in self.spool.read(self):
            rows, ticks, bits = packed.reshape(3, -1)
            numbers = bits.view(np.float64)
            yield ColumnNumbers(
                self.datatype, self.unit, rows, ticks, numbers, self.fractions, first
            )
            first += len(rows)

    def make_series(self, start: int, origin: int) -> Series:
        """Return what is stored for a record that begins at tick `start`; ticks count from
        `origin`.

        Reading it raises IngestionError for samples that are not on their grid, events out of
        order, and values that the channel cannot have.
        """
        if self.datatype.hexo_freq is None:
            of_fractions = may_be_of_fractions(self.datatype) and self.fractions
            dtype = "float64" if of_fractions else "int64"
            return Series(self.count, dtype, lambda: self._event_arrays(origin))
        dtype = ingestion.sample_type(self.datatype)
        return Series(self.count, dtype, lambda: self._sample_arrays(start - origin, start, dtype))

    def _sample_arrays(self, shift: int, start: int, dtype: str) -> Iterator[Arrays]:
        for cells in self.pieces():
            column = cells.column
            ingestion.require_grid(column, self.datatype, start, cells.ticks + shift)
            samples = ingestion.fit(column, cells.device_counts(), dtype)
            yield (samples,)

    def _event_arrays(self, origin: int) -> Iterator[Arrays]:
        after = 0
        for cells in self.pieces():
            offsets = cells.ticks - origin
            ingestion.require_order(cells.column, offsets, after)
            yield offsets, cells.device_counts()
            after = int(offsets[-1])
