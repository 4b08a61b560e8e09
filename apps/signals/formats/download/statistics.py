"""statistics.csv of a binary download: a line of titles, one of units, one of values.

The form is that of downloads of 2021 (wire 5.4). fixtures/archive/statistics.json has the columns
in order with their sources. The other columns need data that is not recorded, and are empty.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from apps.catalog.models import Datatype, Metric
from apps.signals.formats.download.info_members import FIRST_COLUMNS, NO_UNIT
from apps.signals.storage.reader import Piece

_FACTORS = {("mL", "L"): 0.001, ("mL/min", "L/min"): 0.001}
"""From the unit of a datatype to that of its metrics, if they differ."""


@cache
def columns() -> list[dict[str, Any]]:
    """Return the columns: the name of the metric and, if known, its `datatype` and what it is `of`
    the values."""
    file = settings.BASE_DIR / "fixtures" / "archive" / "statistics.json"
    found: list[dict[str, Any]] = json.loads(file.read_text())
    return found


def sources() -> set[int]:
    """Return the datatypes whose values are summarized."""
    return {each["datatype"] for each in columns() if each.get("of", "count") != "count"}


@dataclass
class Summary:
    """Number, sum, minimum and maximum of counts."""

    count: int = 0
    total: int = 0
    least: int = 0
    most: int = 0

    def take(self, piece: Piece) -> None:
        """Add the values of a piece."""
        if not len(piece.values):
            return
        least, most = int(piece.values.min()), int(piece.values.max())
        if self.count:
            least, most = min(self.least, least), max(self.most, most)
        self.count += len(piece.values)
        self.total += int(piece.values.sum())
        self.least, self.most = least, most

    def value(self, kind: str, datatype: Datatype, unit: str) -> float:
        """Return the mean, min, max, sum or count in that unit. Raise ZeroDivisionError for a mean
        of nothing."""
        if kind == "count":
            return self.count
        gain, offset = datatype.gain, datatype.offset
        factor = _FACTORS.get((datatype.unit, unit), 1)
        if kind == "sum":
            return (self.total * gain + self.count * offset) * factor
        counts = {"mean": self.total / self.count, "min": self.least, "max": self.most}
        return (counts[kind] * gain + offset) * factor


def heading() -> tuple[list[str], list[str]]:
    """Return titles and units of all columns, from the catalogue of metrics, with one statement.

    A metric that is not in the catalogue has its name as title. The whole catalogue is read,
    because a statement that never changes is prepared once, unlike one with a long list of names.
    """
    names = [each["metric"] for each in columns()]
    rows = Metric.objects.order_by().values_list("name", "title", "unit__si_short")
    known = {name: (title or name, unit) for name, title, unit in rows}
    found = [known.get(name, (name, "")) for name in names]
    return [*FIRST_COLUMNS, *(title for title, _ in found)], [
        *(NO_UNIT for _ in FIRST_COLUMNS),
        *(u for _, u in found),
    ]


def text(
    heads: tuple[list[str], list[str]],
    first: Sequence[object],
    found: Mapping[int, tuple[Datatype, Summary]],
) -> bytes:
    """Return the file. `first` are the values of FIRST_COLUMNS, and `found` are summaries by
    datatype."""
    values = ["" if value is None else str(value) for value in first]
    for column, unit in zip(columns(), heads[1][len(FIRST_COLUMNS) :], strict=True):
        values.append(_cell(column, unit, found))
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([*heads, values])
    return written.getvalue().encode()


def _cell(
    column: Mapping[str, Any], unit: str, found: Mapping[int, tuple[Datatype, Summary]]
) -> str:
    datatype, summary = found.get(column.get("datatype", 0), (None, Summary()))
    if datatype is None or not summary.count:
        return ""
    return f"{summary.value(column['of'], datatype, unit):.15g}"
