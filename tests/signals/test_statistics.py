"""statistics.csv of binary downloads."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.models import Datatype
from apps.signals.formats.download import statistics
from apps.signals.formats.download.info_members import FIRST_COLUMNS
from apps.signals.formats.download.statistics import Summary
from apps.signals.storage.reader import Piece, StoredChannel

SOURCE = StoredChannel(37, 19, 0, 256, 0, "uint16")
GAUGE = Datatype(dataid=36, name="minute_ventilation", unit="mL/min", gain=13.28, offset=1.0)
CATALOG = Path(__file__).parents[2] / "fixtures" / "catalog"


@given(st.lists(st.lists(st.integers(0, 65_535), max_size=9), max_size=4))
def test_summaries_of_pieces_are_those_of_the_whole(pieces: list[list[int]]) -> None:
    summary = Summary()
    for values in pieces:
        summary.take(Piece(SOURCE, np.array(values, np.uint16), 0, 256))
    every = [value for values in pieces for value in values]
    assert summary.count == len(every)
    assert summary.total == sum(every)
    assert not every or (summary.least, summary.most) == (min(every), max(every))


@pytest.mark.parametrize(
    ("kind", "unit", "expected"),
    [
        ("count", "", 4),
        ("min", "mL/min", 2 * 13.28 + 1),
        ("max", "L/min", (9 * 13.28 + 1) / 1000),
        ("mean", "mL/min", 5 * 13.28 + 1),
        ("sum", "mL/min", 20 * 13.28 + 4),
    ],
)
def test_values_in_the_unit_of_the_metric(kind: str, unit: str, expected: float) -> None:
    assert Summary(4, 20, 2, 9).value(kind, GAUGE, unit) == pytest.approx(expected, rel=1e-15)


def test_columns_are_metrics_of_the_catalogue() -> None:
    metrics = json.loads((CATALOG / "metric.json").read_text())["metric"]
    datatypes = json.loads((CATALOG / "datatype.json").read_text())["datatype"]
    names = [column["metric"] for column in statistics.columns()]
    assert len(names) == len(set(names)) == 59
    assert set(names) <= {metric["name"] for metric in metrics.values()}
    known = {each["dataid"]: each for each in datatypes.values()}
    for column in statistics.columns():
        assert ("datatype" in column) == ("of" in column)
        if "of" in column:
            assert column["of"] in {"mean", "min", "max", "sum", "count"}
            assert known[column["datatype"]]["hexo_freq"] == (
                None if column["of"] == "count" else 256
            )


def test_cells_that_hold_commas_are_quoted() -> None:
    titles = [*FIRST_COLUMNS, *(each["metric"] for each in statistics.columns())]
    units = ["na"] * 4 + ["a,b"] + [""] * (len(titles) - 5)
    activity = Datatype(dataid=49, gain=0.5)
    text = statistics.text(
        (titles, units), ("/x/", None, 5, None), {49: (activity, Summary(2, 3, 1, 2))}
    )
    rows = list(csv.reader(io.StringIO(text.decode())))
    assert rows[:2] == [titles, units]
    assert rows[2][:8] == ["/x/", "", "5", "", "0.75", "0.5", "1", ""]
    assert set(rows[2][8:]) == {""}
