"""Where people were."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.accounts.models import User
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks
from hexostore import hexotime
from tests.contract.base import ResourceContract
from tests.contract.contract import link
from tests.contract.test_records import START, new_range, new_record
from tests.people import Cast, grant

RING = [[[-73.6, 45.5], [-73.5, 45.5], [-73.5, 45.6], [-73.6, 45.5]]]


def new_track(owner: User, number: int = 1) -> Track:
    """A track with a range, a record and an area, of two points."""
    made = Track.objects.create(
        user=owner,
        range=new_range(owner, number),
        record=new_record(owner, number + 500),
        name=f"way {number}",
        area=RING,
    )
    for step in range(2):
        new_point(made, number, step)
    refresh_tracks([made.pk])
    made.refresh_from_db()
    return made


def new_point(track: Track, number: int = 1, step: int = 0) -> TrackPoint:
    """A point of a track with a value in each column."""
    return TrackPoint.objects.create(
        track=track,
        user=track.user,
        time=hexotime.to_datetime(START + 1000 * number + 256 * step),
        longitude=-73.6 + step / 1000,
        latitude=45.5,
        altitude=42,
        course=90.5,
        speed=1.5 + number,
        horizontal_accuracy=3.90000009536743,
        vertical_accuracy=8,
    )


class TestTrack(ResourceContract):
    name = "track"
    required = ("user",)

    def make(self, owner: User, number: int = 1) -> Track:
        return new_track(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "area": [[[0, 0], [0, 1], [1, 1], [0, 0]]],
            "name": "renamed",
            "range": link(new_range(owner, 70), "range"),
        }


class TestTrackPoint(ResourceContract):
    name = "trackpoint"
    required = ("position", "track")
    more_meta = ("distance", "total_tracks")
    statements = 2
    most_rows = 65_535
    wrong_filters = {
        "time": "Invalid value for 'time': Enter a date, such as 2015-05-12T19:50:46.",
        "timestamp": "Invalid value for 'timestamp': Enter a number of ticks.",
    }

    def column(self, name: str) -> Any:
        """Filters by ticks take fractions."""
        return models.FloatField() if name == "timestamp" else super().column(name)

    def make(self, owner: User, number: int = 1) -> TrackPoint:
        return new_track(owner, number).points.earliest("pk")

    def minimal(self, owner: User) -> dict[str, Any]:
        track = Track.objects.create(user=owner)
        return {"position": [-73.5, 45.25], "track": link(track, "track")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "altitude": 12.5,
            "course": 0,
            "horizontal_accuracy": 3.5,
            "position": [179.5, -45.5],
            "speed": 2.25,
            "time": "2014-08-29T09:25:15",
            "track": link(Track.objects.create(user=owner), "track"),
            "vertical_accuracy": 1,
        }

    def test_nobody_gives_his_rows_to_whom_he_sees(self, cast: Cast) -> None:
        """A point has the user of its track, and no other."""
        grant(cast.outsider.user, cast.owner.user, "read")
        path = self.path(self.make(cast.owner.user))
        answer = cast.owner.patch(path, {"user": link(cast.outsider.user, "user")})
        assert answer.status_code == 400
        assert "The user must be that of the track." in answer.content.decode()
