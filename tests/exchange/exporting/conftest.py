"""A run of one person: a record, a range with laps in it, and a track."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.accounts.models import User
from apps.catalog.models import ActivityAttribute, ActivityType, Datatype
from apps.exchange import excerpts
from apps.records.models import Range, Record
from apps.signals.storage import store
from apps.tracks.appending import PointArrays, append_points
from apps.tracks.models import Track
from tests.people import Caller, cast, friend, outsider, owner, staff

__all__ = ["cast", "friend", "outsider", "owner", "staff"]

CATALOG = Path(__file__).parents[3] / "fixtures" / "catalog"
SECOND = 256
START = 366_453_822_976 + 54
"""A start between two seconds, as starts of records are."""

HR, BR, VENTILATION, TIDAL, ENERGY, CADENCE = 19, 33, 36, 37, 42, 53
RUNNING = 10

Samples = Sequence[int] | NDArray[Any]

_COLUMNS = frozenset(column.attname for column in Datatype._meta.concrete_fields)


@pytest.fixture
def catalogue(db: None) -> None:
    """The rows of the catalogue that these tests need."""
    seed = json.loads((CATALOG / "datatype.json").read_text())["datatype"]
    rows = [row for row in seed.values() if row["dataid"] in excerpts.CHANNELS]
    Datatype.objects.bulk_create(
        Datatype(**{name: row[name] for name in _COLUMNS & row.keys()}) for row in rows
    )
    ActivityType.objects.create(id=RUNNING, name="running")
    ActivityAttribute.objects.bulk_create(
        [ActivityAttribute(id=1, name="distance"), ActivityAttribute(id=3, name="energy")]
    )


def new_record(user: User, first: int = 0, seconds: int = 120, **fields: Any) -> Record:
    """A record that begins so many seconds after START."""
    start = START + first * SECOND
    return Record.objects.create(user=user, start=start, end=start + seconds * SECOND, **fields)


def write(record: Record, datatype: int, counts: Samples) -> None:
    """Store the samples of a channel, one for each second."""
    write_all(record, {datatype: counts})


def write_all(record: Record, channels: Mapping[int, Samples]) -> None:
    """Store the samples of channels, one for each second."""
    known = Datatype.objects.in_bulk(channels)
    series = {key: store.samples_of(known[key], np.asarray(told)) for key, told in channels.items()}
    store.write_packed(record, [store.pack(record, known[key], series[key]) for key in series])


def new_range(user: User, first: int = 0, seconds: int = 120, **fields: Any) -> Range:
    """A range that begins so many seconds after START."""
    start = START + first * SECOND
    return Range.objects.create(user=user, start=start, end=start + seconds * SECOND, **fields)


def new_track(
    user: User, seconds: Sequence[int], shift: int = 0, north: float = 1e-5, **fields: Any
) -> Track:
    """A track with a point at so many seconds after START, and `shift` ticks; each second it goes
    `north` by so many degrees."""
    track = Track.objects.create(user=user, **fields)
    places = np.asarray(seconds)
    way = PointArrays(
        START + places * SECOND + shift,
        np.full(len(places), -73.5),
        45.5 + north * places,
        altitudes=38 + places / 100,
        speeds=3 + places % 5 / 10,
        courses=places % 360 * 1.0,
    )
    append_points(track, [way])
    track.refresh_from_db()
    return track


@dataclass(frozen=True)
class Run:
    """What the fixture of this name makes: two minutes, most of them in two laps."""

    owner: Caller
    record: Record
    range: Range
    laps: list[Range]
    track: Track

    @property
    def path(self) -> str:
        """The range."""
        return f"/api/range/{self.range.pk}/"


def rates(seconds: int = 120) -> NDArray[Any]:
    """A heart rate that is lost for a while."""
    found = 120 + np.arange(seconds) % 40
    found[50:60] = 0
    return found


@pytest.fixture
def run(owner: Caller, catalogue: None) -> Run:
    user = owner.user
    record = new_record(user)
    channels = {
        HR: rates(),
        BR: 20 + np.arange(120) % 5,
        VENTILATION: 1500 + np.arange(120),
        TIDAL: 60 + np.arange(120) % 7,
        ENERGY: 500 + np.arange(120) % 3,
        CADENCE: 160 + np.arange(120) % 9,
    }
    write_all(record, channels)
    made = new_range(user, activitytype_id=RUNNING, name="Morning run", note="With <rain> & wind")
    laps = [
        new_range(user, 0, 48, rank=1, name="One"),
        new_range(user, 48, 60, rank=1, name="Two"),
    ]
    return Run(owner, record, made, laps, new_track(user, range(121), range=made))
