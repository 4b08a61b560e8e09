"""Export, import by somebody else, and export again: the second file tells what the first told."""

from __future__ import annotations

import io

import numpy as np
import pytest

from apps.accounts.models import User
from apps.exchange import recognition
from apps.exchange.activity import Column, Session
from apps.records.models import Range
from apps.tracks.appending import PointArrays, append_points
from apps.tracks.models import Track
from tests.exchange.exporting.conftest import BR, HR, RUNNING, write
from tests.exchange.importing.conftest import SECOND, catalogue, imported
from tests.exchange.importing.conftest import START as FULL_SECOND
from tests.people import Caller, cast, friend, owner

__all__ = ["cast", "catalogue", "friend", "owner"]

LENGTH = 120
COMPARED = (Column.LATITUDE, Column.LONGITUDE, Column.ALTITUDE, Column.HEART_RATE)


@pytest.fixture
def run(owner: Caller, catalogue: None) -> Range:
    """Two minutes with heart beats, breaths and a way, in two laps."""
    user = owner.user
    record = user.records.create(start=FULL_SECOND, end=FULL_SECOND + LENGTH * SECOND)
    write(record, HR, 100 + np.arange(LENGTH) % 40)
    write(record, BR, 20 + np.arange(LENGTH) % 5)
    made = new_range(user, 0, LENGTH, name="Morning run", activitytype_id=RUNNING)
    new_range(user, 0, 60, rank=1)
    new_range(user, 60, LENGTH, rank=1)
    seconds = np.arange(1, LENGTH + 1)
    way = PointArrays(
        FULL_SECOND + SECOND * seconds,
        -73.5 + seconds / 100_000,
        45.5 - seconds / 70_000,
        altitudes=30 + seconds / 4,
    )
    append_points(Track.objects.create(user=user, range=made), [way])
    return made


def new_range(user: User, first: int, last: int, **members: object) -> Range:
    start, end = (FULL_SECOND + SECOND * each for each in (first, last))
    return Range.objects.create(user=user, start=start, end=end, **members)


def export(who: Caller, path: str, name: str) -> bytes:
    """The file of a range."""
    answer = who.get(path, {"format": name})
    assert answer.status_code == 200, answer
    content: bytes = answer.getvalue()
    return content


def read_session(content: bytes) -> Session:
    """What our own reader finds in a file of one session."""
    (found,) = recognition.read_activity(io.BytesIO(content), lambda _: None).sessions
    return found


@pytest.mark.rule("exchange recipe 44")
@pytest.mark.parametrize("name", ["fit", "tcx", "gpx"])
def test_a_second_export_tells_the_same(
    run: Range, owner: Caller, friend: Caller, name: str
) -> None:
    first = export(owner, f"/api/range/{run.pk}/", name)
    results = imported(friend, first)["results"]
    (made,) = [each for each in results if each.get("rank") == 0]
    again = read_session(export(friend, made["resource_uri"], name))
    before = read_session(first)
    assert (again.start, again.end, again.name) == (before.start, before.end, before.name)
    assert again.activitytype == before.activitytype == RUNNING
    assert [(lap.start, lap.end) for lap in again.laps] == [
        (lap.start, lap.end) for lap in before.laps
    ]
    assert len(before.laps) == (0 if name == "gpx" else 2)
    # GPX begins with its first point, and the first sample of a record is a second after its start.
    lost = 1 if name == "gpx" else 0
    (old,), (new,) = before.points, again.points
    assert len(old) == LENGTH
    assert new.times.tolist() == old.times.tolist()
    for column in COMPARED:
        begin = lost if column == Column.HEART_RATE else 0
        values, wanted = new.column(column)[begin:], old.column(column)[begin:]
        np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-7)
