"""The columns of statistics.csv in downloads, and what stands in them.

fixtures/archive/statistics.json has the metrics in the order of the download of 2021; a column may
have a title and a unit of its own, and a text for what there is none of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from typing import Any

from django.conf import settings

from apps.catalog.models import Metric
from apps.metrics.definition import Value
from apps.metrics.definitions import DECLARED
from apps.metrics.evaluation import evaluate
from apps.metrics.stretches import OPEN, Span, clip
from apps.metrics.subject import Subject, of_records
from apps.signals.formats.download.statistics import ColumnHeading, Window
from apps.signals.storage.reader import Gone


@dataclass(frozen=True, slots=True)
class StatisticsColumn:
    """The metric of a column, what of its heading the catalogue has otherwise, and its empty
    cell."""

    metric: int
    heading: Mapping[str, str]
    empty: str


@cache
def statistics_columns() -> tuple[StatisticsColumn, ...]:
    """Return the columns in their order."""
    file = settings.BASE_DIR / "fixtures" / "archive" / "statistics.json"
    rows: list[dict[str, Any]] = json.loads(file.read_text())
    ids = {definition.name: definition.id for definition in DECLARED}
    return tuple(
        StatisticsColumn(ids[row["metric"]], _own_heading(row), row.get("empty", ""))
        for row in rows
    )


def _own_heading(row: Mapping[str, str]) -> dict[str, str]:
    return {name: row[name] for name in ("title", "unit") if name in row}


class StatisticsFile:
    """What downloads have of metrics, as apps.signals asks for it."""

    def columns(self) -> list[ColumnHeading]:
        """Return titles and units as the catalogue has them.

        All of it is read, for a statement that never changes is prepared once.
        """
        rows = Metric.objects.order_by().values_list("pk", "title", "unit__si_short")
        known = {pk: ColumnHeading(title, unit) for pk, title, unit in rows}
        unknown = ColumnHeading("", "")
        return [
            replace(known.get(each.metric, unknown), **each.heading)
            for each in statistics_columns()
        ]

    def lines(self, windows: Sequence[Window]) -> StatisticsLines:
        """Return what there is to say of windows of records; two statements."""
        return StatisticsLines(windows, of_records([window.record for window in windows]))


@dataclass(frozen=True)
class StatisticsLines:
    """The lines of the files of a download, from the records as they are."""

    windows: Sequence[Window]
    records: Mapping[int, Subject]

    def cells(self) -> list[list[str]]:
        """Return the values of each window, the shortest texts of them; one statement.

        Raise Gone for a record that is not there any more.
        """
        if gone := {window.record for window in self.windows} - self.records.keys():
            raise Gone(f"record {min(gone)}")
        subjects = [_clipped(self.records[window.record], window) for window in self.windows]
        metrics = [column.metric for column in statistics_columns()]
        return [_line(values) for values in evaluate(metrics, subjects)]

    def fingerprint(self) -> bytes:
        """Return what tells bodies and statuses from what they were."""
        known = sorted(self.records.items())
        return blake2b(repr(known).encode(), digest_size=16).digest()


def _clipped(record: Subject, window: Window) -> Subject:
    """The part of a record that a download has."""
    wanted = Span(window.start, OPEN if window.end is None else window.end)
    clipped = (clip(each.record, Span(each.start, each.end), wanted) for each in record.stretches)
    stretches = tuple(stretch for stretch in clipped if stretch is not None)
    ways = tuple(way for each in record.ways if (way := each.within(wanted)) is not None)
    return replace(record, spans=(wanted,), stretches=stretches, ways=ways)


def _line(values: dict[int, Value]) -> list[str]:
    found = [(values[column.metric], column.empty) for column in statistics_columns()]
    return [empty if value is None else str(value) for value, empty in found]
