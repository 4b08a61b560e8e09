"""People who import files, and activities as readers would tell them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from apps.exchange import recognition
from apps.exchange.activity import (
    Activity,
    Column,
    Floats,
    Intervals,
    Lap,
    Points,
    Session,
    Totals,
)
from apps.jobs.kinds import KINDS
from apps.jobs.queue import do_next
from tests.catalogue import load_catalogue
from tests.people import Caller, cast, friend, outsider, owner, staff

__all__ = ["cast", "friend", "outsider", "owner", "staff"]

SECOND = 256
START = 367_000_000_000
"""A tick in 2015, at a full second."""

RUNNING, WALKING = 10, 15

IMPORTS = "/api/import/"


@pytest.fixture
def catalogue(db: None) -> None:
    """Datatypes, activity types and their attributes."""
    load_catalogue("unit", "datatype", "metric", "activityattribute", "activitytype")


@dataclass
class FakeReader:
    """Stands for the readers: gives the activities in turn, and the last one for ever."""

    activities: list[Activity | Exception] = field(default_factory=list)
    asked: int = 0

    def __call__(self, file: Any, report: Callable[[float], None]) -> Activity:
        found = self.activities[min(self.asked, len(self.activities) - 1)]
        self.asked += 1
        report(0.5)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """The reader of all files."""
    found = FakeReader()
    monkeypatch.setattr(recognition, "read_activity", found)
    return found


def points_of(seconds: int, start: int = START, **columns: Any) -> Points:
    """A point each second, with columns of one number or of many."""
    times = start + SECOND * np.arange(seconds, dtype=np.int64)
    return Points(times, {Column(name): _whole(seconds, told) for name, told in columns.items()})


def _whole(seconds: int, told: Any) -> Floats:
    return np.broadcast_to(np.asarray(told, np.float64), seconds).copy()


def a_way(seconds: int) -> dict[str, Any]:
    """A way to the north, in columns."""
    step = np.arange(seconds)
    return {"latitude": 45.5 + step / 100_000, "longitude": np.full(seconds, -73.5)}


def a_run(seconds: int = 600, start: int = START, **members: Any) -> Session:
    """A run of two laps with heart rate, position and altitude."""
    half, end = start + SECOND * (seconds // 2), start + SECOND * seconds
    told: dict[str, Any] = {
        "points": (points_of(seconds, start, heart_rate=120, altitude=30, **a_way(seconds)),),
        "laps": (
            Lap(start, half, Totals(distance=1000)),
            Lap(half, end, Totals(distance=1500), "home"),
        ),
        "totals": Totals(distance=2500, energy=90_000),
        "name": "Sunday",
        "note": "with Ada",
        "intervals": Intervals(start + SECOND * np.arange(1, 11, dtype=np.int64), np.full(10, 0.5)),
    }
    return Session(start, end, RUNNING, **{**told, **members})


def a_file(*sessions: Session) -> Activity:
    return Activity(sessions or (a_run(),))


def post_file(caller: Caller, content: bytes = b"a file", label: str = "text/xml") -> Any:
    """The response to a file that is sent."""
    return caller.send("POST", IMPORTS, content, label)


def do_imports() -> None:
    """Does all jobs of importing that there are."""
    while do_next(KINDS["import"]):
        pass


def imported(caller: Caller, content: bytes = b"a file") -> Any:
    """The import of a file when it is done, as its user sees it."""
    answer = post_file(caller, content)
    assert answer.status_code == 201, answer.content
    do_imports()
    found = caller.get(answer.json()["resource_uri"])
    assert found.status_code == 200, found.content
    assert found.json()["progress"] == 1
    return found.json()
