"""Tracks and the points that they are made of."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models

from apps.api.indexes import imported_index, sorted_index
from apps.api.ownership import spare_others
from apps.catalog.models import ImportFile
from apps.records.models import Range, Record, time_period
from apps.tracks.columns import TickMoment


class Track(models.Model):
    """The way of a user during a range.

    `distance` (metres), `start_date` and `end_date` follow from the points, and are written by
    apps/tracks/totals.py, as does their `number`; a write of points makes a new `version`. `area`
    is a list of rings of [longitude, latitude].
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tracks", db_index=False
    )
    range = models.ForeignKey(
        Range, spare_others, null=True, blank=True, related_name="tracks", db_index=False
    )
    record = models.ForeignKey(
        Record, spare_others, null=True, blank=True, related_name="tracks", db_index=False
    )
    importfile = models.ForeignKey(
        ImportFile, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=200, blank=True, default="")
    area = models.JSONField(null=True, blank=True)
    distance = models.FloatField(default=0)
    start_date = TickMoment(null=True, blank=True)
    end_date = TickMoment(null=True, blank=True)
    number = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="track_user"),
            sorted_index("track_user_start", "start_date", owner="user"),
            sorted_index("track_start", "start_date"),
            sorted_index("track_end", "end_date"),
            sorted_index("track_range", "range"),
            sorted_index("track_record", "record"),
            GistIndex(time_period(start="start_date", end="end_date"), name="track_period"),
            imported_index("track_importfile"),
        ]

    def __str__(self) -> str:
        return f"track {self.pk}"


class TrackPoint(models.Model):
    """Where the user of a track was at a moment; `user` is always that of the track.

    `longitude` and `latitude` in degrees (WGS 84), `altitude` and the accuracies in metres,
    `speed` in m/s, `course` in degrees from north.
    """

    moved_from: int | None = None
    """The track that the row had in the database."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="points", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    time = TickMoment(null=True, blank=True)
    longitude = models.FloatField()
    latitude = models.FloatField()
    altitude = models.FloatField(null=True, blank=True)
    course = models.FloatField(null=True, blank=True)
    speed = models.FloatField(null=True, blank=True)
    horizontal_accuracy = models.FloatField(null=True, blank=True)
    vertical_accuracy = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            sorted_index("trackpoint_track_time", "time", owner="track"),
            models.Index(fields=["track", "id"], name="trackpoint_track"),
            models.Index(fields=["user", "id"], name="trackpoint_user"),
            sorted_index("trackpoint_user_time", "time", owner="user"),
            sorted_index("trackpoint_time", "time"),
        ]

    def __str__(self) -> str:
        return f"point {self.pk} of track {self.track_id}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row.moved_from = row.__dict__.get("track_id")
        return row
