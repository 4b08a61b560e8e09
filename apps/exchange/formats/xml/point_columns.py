"""Points while they are read: first texts, a batch at a time, then columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from apps.exchange.activity import Column, Floats, Ticks
from apps.exchange.formats.xml import numbers, times

Texts = dict[int, str | None]
"""Texts by the number of their point."""

Columns = dict[Column, Floats]

NO_TIME = np.iinfo(np.int64).min
"""What a point without a time has in the place of ticks."""

_BATCH = 4096


class PointTexts:
    """Takes the texts of points, and turns a batch of them into numbers at a time.

    Readers put texts into `times` and `values` under the number `count`.
    """

    def __init__(self) -> None:
        self.times: Texts = {}
        self.values: dict[Column, Texts] = {column: {} for column in Column}
        self._empty()

    def _empty(self) -> None:
        self.count = self._begin = 0
        self._times: list[Ticks] = []
        self._columns: dict[Column, list[Floats]] = {}

    def end_point(self) -> None:
        """Go on to the next point."""
        self.count += 1
        if self.count - self._begin == _BATCH:
            self._convert()

    def take(self) -> tuple[Ticks, Columns]:
        """Return all points in the order of the file, and begin anew."""
        self._convert()
        ticks = np.concatenate([np.empty(0, np.int64), *self._times])
        columns = {column: np.concatenate(parts) for column, parts in self._columns.items()}
        self._empty()
        return ticks, columns

    def _convert(self) -> None:
        size = self.count - self._begin
        self._times.append(self._ticks(size))
        for column, texts in self.values.items():
            if texts or column in self._columns:
                parts = self._columns.setdefault(column, [np.full(self._begin, np.nan)])
                parts.append(self._floats(texts, size))
        self._begin = self.count
        for texts in (self.times, *self.values.values()):
            texts.clear()

    def _ticks(self, size: int) -> Ticks:
        stated = {row: text.strip() for row, text in self.times.items() if text and text.strip()}
        ticks = np.full(size, NO_TIME, np.int64)
        ticks[self._rows(stated)] = times.to_ticks_each([*stated.values()])
        return ticks

    def _floats(self, texts: Texts, size: int) -> Floats:
        values = np.full(size, np.nan)
        values[self._rows(texts)] = numbers.to_numbers(texts.values())
        return values

    def _rows(self, texts: Mapping[int, object]) -> Ticks:
        return np.fromiter(texts, np.int64, len(texts)) - self._begin
