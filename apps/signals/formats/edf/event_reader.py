"""Annotations of an EDF file that are events of a channel, stored as they are read."""

from __future__ import annotations

from array import array
from math import isfinite

import numpy as np

from apps.catalog.models import Datatype
from apps.signals.formats.reading.columns import TableColumn
from apps.signals.formats.reading.members import DownloadMember
from apps.signals.formats.reading.spool import Spool

UNORDERED = 1_000_000
"""The most annotations of one kind that may be out of order, because they are sorted in memory."""

HELD = 1 << 16
"""The most annotations of one kind that are in memory before they are stored."""


class DatatypeAnnotations:
    """Annotations of one datatype. Their column has them in the order of time."""

    def __init__(self, spool: Spool, datatype: Datatype) -> None:
        self._column = TableColumn(spool, datatype, datatype.unit)
        self._ticks, self._numbers = array("q"), array("d")
        self._fractions, self._rising, self._last = False, True, 0

    def add(self, tick: int, text: str) -> None:
        """Add an annotation. Raise ValueError if the text is not a number."""
        number = float(text)
        if not isfinite(number):
            raise ValueError(text)
        self._rising &= tick >= self._last or not self._count
        self._last = tick
        self._numbers.append(number)
        self._ticks.append(tick)
        self._fractions |= "." in text
        if len(self._ticks) == HELD:
            self._put_away()

    @property
    def _count(self) -> int:
        return self._column.count + len(self._ticks)

    def _put_away(self) -> None:
        """Store what is in memory after the rest, in the order in which it came."""
        first = self._column.count + 1
        rows = np.arange(first, first + len(self._ticks))
        ticks, numbers = np.array(self._ticks, np.int64), np.array(self._numbers)
        self._column.add(rows, ticks, numbers, fractions=self._fractions)
        self._ticks, self._numbers = array("q"), array("d")

    def make_column(self, member: DownloadMember) -> TableColumn:
        """Return all of them. Raise ArchiveError if too many are out of order."""
        self._put_away()
        return self._column if self._rising else self._sort_column(member)

    def _sort_column(self, member: DownloadMember) -> TableColumn:
        column = self._column
        if column.count > UNORDERED:
            raise member.error(f"more than {UNORDERED} annotations that are out of order")
        pieces = list(column.pieces())
        ticks = np.concatenate([cells.ticks for cells in pieces])
        numbers = np.concatenate([cells.numbers for cells in pieces])
        order = np.argsort(ticks, kind="stable")
        made = TableColumn(column.spool, column.datatype, column.unit)
        rows = np.arange(1, len(ticks) + 1)
        made.add(rows, ticks[order], numbers[order], fractions=column.fractions)
        return made
