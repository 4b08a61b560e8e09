"""statistics.csv of a binary download: a line of titles, one of units, one of values.

The form is that of downloads of 2021 (wire 5.4). What stands in its columns is worked out above
this app, by whoever has introduced themselves with `provide`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.signals.formats.download.info_members import FIRST_COLUMNS, NO_UNIT


@dataclass(frozen=True, slots=True)
class Window:
    """What one line sums up: a record from `start` to `end` ticks, None while it still goes on."""

    record: int
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class ColumnHeading:
    """What stands above the values of a metric."""

    title: str
    unit: str


class Lines(Protocol):
    """What the files of a download are to say."""

    def cells(self) -> list[list[str]]:
        """Return the texts in the columns for each window; one statement.

        Raise Gone for a record that is not there any more.
        """

    def fingerprint(self) -> bytes:
        """Return what tells the cells from others of the same signals; no sample is read."""


class Metrics(Protocol):
    """Who knows what records come to."""

    def columns(self) -> Sequence[ColumnHeading]:
        """Return the columns in their order; one statement."""

    def lines(self, windows: Sequence[Window]) -> Lines:
        """Return what there is to say of windows of records; two statements."""


_provided: list[Metrics] = []


def provide(metrics: Metrics) -> None:
    """Have the columns and cells of all files come from there; called once, at start."""
    _provided[:] = [metrics]


def provided() -> Metrics:
    """Return where columns and cells come from."""
    return _provided[0]


def text(columns: Sequence[ColumnHeading], first: Sequence[object], cells: Sequence[str]) -> bytes:
    """Return the file: `first` are the values of FIRST_COLUMNS, `cells` those of `columns`."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([
        [*FIRST_COLUMNS, *(column.title for column in columns)],
        [*(NO_UNIT for _ in FIRST_COLUMNS), *(column.unit for column in columns)],
        ["" if value is None else str(value) for value in (*first, *cells)],
    ])  # fmt: skip
    return written.getvalue().encode()
