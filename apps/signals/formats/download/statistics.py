"""statistics.csv of a binary download: a line of titles, one of units, one of values.

The form is that of downloads of 2021 (wire 5.4). fixtures/archive/statistics.json has the
columns in their order and what each is made of; the others need what is not recorded, and are
empty.
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
from apps.signals.storage.reader import Piece

FIRST = ("uri", "start_date", "start", "end")
"""Columns that are no metrics; their unit is `na`."""

_FACTORS = {("mL", "L"): 0.001, ("mL/min", "L/min"): 0.001}
"""From the unit of a datatype to that of its metrics, where they differ."""


@cache
def columns() -> list[dict[str, Any]]:
    """Name of the metric and, where it can be told, `datatype` and what it is `of` its values."""
    file = settings.BASE_DIR / "fixtures" / "archive" / "statistics.json"
    found: list[dict[str, Any]] = json.loads(file.read_text())
    return found


def sources() -> set[int]:
    """The datatypes whose values are summed up."""
    return {each["datatype"] for each in columns() if each.get("of", "count") != "count"}


@dataclass
class Summary:
    """Number, sum, least and greatest of counts."""

    count: int = 0
    total: int = 0
    least: int = 0
    most: int = 0

    def take(self, piece: Piece) -> None:
        """Adds the values of a piece."""
        if not len(piece.values):
            return
        least, most = int(piece.values.min()), int(piece.values.max())
        if self.count:
            least, most = min(self.least, least), max(self.most, most)
        self.count += len(piece.values)
        self.total += int(piece.values.sum())
        self.least, self.most = least, most

    def value(self, kind: str, datatype: Datatype, unit: str) -> float:
        """The mean, min, max, sum or count in that unit; ZeroDivisionError for a mean of none."""
        if kind == "count":
            return self.count
        gain, offset = datatype.gain, datatype.offset
        factor = _FACTORS.get((datatype.unit, unit), 1)
        if kind == "sum":
            return (self.total * gain + self.count * offset) * factor
        counts = {"mean": self.total / self.count, "min": self.least, "max": self.most}
        return (counts[kind] * gain + offset) * factor


def heading() -> tuple[list[str], list[str]]:
    """Titles and units of all columns, from the catalogue of metrics; one statement.

    A metric that the catalogue lacks has its name for a title. The whole catalogue is read, for
    a statement that never changes is prepared once, and a long list of names is not.
    """
    names = [each["metric"] for each in columns()]
    rows = Metric.objects.order_by().values_list("name", "title", "unit__si_short")
    known = {name: (title or name, unit) for name, title, unit in rows}
    found = [known.get(name, (name, "")) for name in names]
    return [*FIRST, *(title for title, _ in found)], [
        *("na" for _ in FIRST),
        *(u for _, u in found),
    ]


def text(
    heads: tuple[list[str], list[str]],
    first: Sequence[object],
    found: Mapping[int, tuple[Datatype, Summary]],
) -> bytes:
    """The file: `first` are the values of FIRST, `found` summaries by datatype."""
    values = ["" if value is None else str(value) for value in first]
    for column, unit in zip(columns(), heads[1][len(FIRST) :], strict=True):
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
