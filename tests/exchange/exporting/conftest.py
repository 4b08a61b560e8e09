"""A run of one person: a record, a range with laps in it, and a track."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks
from hexostore import hexotime
from tests.people import Caller, cast, friend, outsider, owner, staff

__all__ = ["cast", "friend", "outsider", "owner", "staff"]

CATALOG = Path(__file__).parents[3] / "fixtures" / "catalog"
SECOND = 256
START = 366_453_822_976 + 54
"""A start between two seconds, as starts of records are."""

HR, BR, VENTILATION, TIDAL, ENERGY, CADENCE = 19, 33, 36, 37, 42, 53
RUNNING = 10


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


def write(record: Record, datatype: int, counts: Sequence[int] | NDArray[Any]) -> None:
    """Store the samples of a channel, one for each second."""
    store.write_channel(record, Datatype.objects.get(pk=datatype), np.asarray(counts))


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
    TrackPoint.objects.bulk_create(
        TrackPoint(
            track=track,
            user=user,
            time=hexotime.to_datetime(START + second * SECOND + shift),
            longitude=-73.5,
            latitude=45.5 + north * second,
            altitude=38 + second / 100,
            speed=3 + second % 5 / 10,
            course=second % 360,
        )
        for second in seconds
    )
    refresh_tracks([track.pk])
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
    write(record, HR, rates())
    write(record, BR, 20 + np.arange(120) % 5)
    write(record, VENTILATION, 1500 + np.arange(120))
    write(record, TIDAL, 60 + np.arange(120) % 7)
    write(record, ENERGY, 500 + np.arange(120) % 3)
    write(record, CADENCE, 160 + np.arange(120) % 9)
    made = new_range(user, activitytype_id=RUNNING, name="Morning run", note="With <rain> & wind")
    laps = [
        new_range(user, 0, 48, rank=1, name="One"),
        new_range(user, 48, 60, rank=1, name="Two"),
    ]
    return Run(owner, record, made, laps, new_track(user, range(121), range=made))
