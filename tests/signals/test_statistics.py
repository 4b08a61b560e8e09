"""statistics.csv of binary downloads; what stands in it is in tests/metrics."""

from __future__ import annotations

import csv
import io

from apps.signals.formats.download import statistics
from apps.signals.formats.download.statistics import ColumnHeading


def test_a_line_of_titles_one_of_units_one_of_values() -> None:
    columns = [ColumnHeading("Act Avg", "g"), ColumnHeading("a,b", "c,d")]
    text = statistics.text(columns, ("/x/", None, 5, None), ["0.5", ""])
    rows = list(csv.reader(io.StringIO(text.decode())))
    assert rows == [
        ["uri", "start_date", "start", "end", "Act Avg", "a,b"],
        ["na", "na", "na", "na", "g", "c,d"],
        ["/x/", "", "5", "", "0.5", ""],
    ]
