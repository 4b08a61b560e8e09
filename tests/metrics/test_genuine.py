"""Metrics of two genuine downloads, held against the statistics.csv that came with them.

The downloads are not ours to ship. HEXOSTORE_GENUINE names a folder with one folder per record,
221732 of 2021 and 122445 of 2017; `pytest -s` prints a table of all metrics.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from apps.accounts.models import Profile, User
from apps.archives import loading
from apps.catalog.models import Metric
from apps.metrics import subject
from apps.metrics.definition import Value
from apps.metrics.definitions import DECLARED, DEFINITIONS
from apps.metrics.evaluation import evaluate
from apps.metrics.statistics_file import statistics_columns
from tests.catalogue import load_catalogue
from tests.signals.conftest import client_of
from tests.signals.decoding import unzip

PLACE = os.environ.get("HEXOSTORE_GENUINE", "")

pytestmark = pytest.mark.skipif(not PLACE, reason="HEXOSTORE_GENUINE names no genuine downloads")

WOMAN = {"gender": "F", "weight": 56, "height": 1.66, "date_of_birth": date(1900, 1, 1)}
MAN = {
    "gender": "M",
    "weight": 70,
    "height": 1.79,
    "date_of_birth": date(1991, 1, 1),
    "fitness": {"vo2_max": 40.40209347601507},
}
"""Bodies that have the resting power of the two; who they were is not known.

The VO2max of the man makes of the line above the resting rate what the highest value tells. That
mean and sum agree as well then proves that it is a line.
"""

UNLIKE = {
    221732: {
        # The profile of that record has a nonsensical age.
        "energy_avg", "energy_max", "energy_total",
        # The service takes the mean before it cuts watts to whole numbers.
        "energyecg_avg",
        # Of 2021 on the service gives 0 for a record that is no range of rest.
        "RMSSD",
    },
    122445: {
        # There is no channel of it in the download.
        "energyecg_avg",
    },
}  # fmt: skip
"""What is known to differ, by record."""


@dataclass(frozen=True)
class Compared:
    """A metric, what we say of it and what the service said, None where its cell is empty."""

    name: str
    ours: Value
    theirs: float | None

    @property
    def line(self) -> str:
        """A line of the table."""
        apart = ""
        if isinstance(self.ours, int | float) and self.theirs is not None:
            apart = f"{self.ours - self.theirs:+.3g}"
        return f"{self.name:32} {shown(self.ours):>24} {shown(self.theirs):>24} {apart:>12}"


def shown(value: Value) -> str:
    return "" if value is None else str(value)


@pytest.fixture(scope="module", autouse=True)
def found_downloads() -> None:
    missing = [str(number) for number in UNLIKE if not (Path(PLACE) / str(number)).is_dir()]
    if missing:
        pytest.skip(f"{PLACE} lacks the genuine downloads {', '.join(missing)}")


def load(number: int, body: dict[str, object]) -> User:
    """The download as a record of somebody with that body."""
    load_catalogue("datatype", "metric", "unit")
    name = f"{number}@example.com"
    user = User.objects.create(id=number, username=name, email=name)
    Profile.objects.create(user=user, **body)
    loading.load_place(Path(PLACE) / str(number), user)
    return user


def published(number: int) -> dict[str, float | None]:
    """The values of statistics.csv, by the metric's name."""
    names = {each.name: each.name for each in DECLARED}
    names |= dict(Metric.objects.exclude(hidden=True).values_list("title", "name"))
    names |= {"SleepTotalTime": "SleepTotal_time", "SleepPositionP1Time": "SleepPositionP1_time"}
    names |= {f"SleepPositionP{n}Time": f"sleep_position_P{n}_time" for n in (2, 3, 4, 5)}
    with (Path(PLACE) / str(number) / "statistics.csv").open(newline="") as file:
        titles, _, values = list(csv.reader(file))
    cells = zip(titles, values, strict=True)
    return {names[title]: float(cell) if cell else None for title, cell in cells if title in names}


def compared(number: int) -> Iterator[Compared]:
    one = subject.of_records([number])[number]
    (values,) = evaluate(list(DEFINITIONS), [one])
    theirs = published(number)
    assert len(theirs) > 50
    for metric, ours in values.items():
        name = DEFINITIONS[metric].name
        if name in theirs:
            yield Compared(name, ours, theirs[name])


@pytest.mark.rule("metrics 3.2")
@pytest.mark.django_db
@pytest.mark.parametrize(("number", "body"), [(221732, WOMAN), (122445, MAN)])
def test_values_are_those_that_the_service_gave(number: int, body: dict[str, object]) -> None:
    load(number, body)
    table = list(compared(number))
    head = f"\nrecord {number:25} {'here':>24} {'service':>24} {'apart':>12}"
    sys.stdout.write("\n".join([head, *(each.line for each in table), ""]))
    differing = {
        each.name
        for each in table
        if each.ours != pytest.approx(each.theirs or 0, rel=1e-13)
        and not (each.ours is None and not each.theirs)
    }
    assert differing == UNLIKE[number]


@pytest.mark.django_db
def test_the_cells_of_2021_are_written_as_the_service_writes_them() -> None:
    user = load(221732, WOMAN)
    asked = client_of(user).get("/api/data/?record=221732&format=zip")
    ours = unzip(asked.getvalue())["record_221732/statistics.csv"].decode().splitlines()
    theirs = (Path(PLACE) / "221732" / "statistics.csv").read_text().splitlines()
    assert ours[:2] == theirs[:2]
    names = [DEFINITIONS[column.metric].name for column in statistics_columns()]
    cells = zip(names, ours[2].split(",")[4:], theirs[2].split(",")[4:], strict=True)
    differing = {name: (own, other) for name, own, other in cells if own != other}
    rounding = {name for name in names if "_adjusted_" in name}
    assert differing.keys() <= UNLIKE[221732] | rounding
    for name in rounding & differing.keys():
        assert float(differing[name][0]) == pytest.approx(float(differing[name][1]), rel=1e-13)
