"""The ways of ranges and their points: `/api/track/` and `/api/trackpoint/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import django_filters
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Window
from django.http import QueryDict

from apps.access.visibility import OwnedBy
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, Computed
from apps.api.fields import DateTime, Float, Id, Text
from apps.api.lookups import ALL_WITH_RELATIONS, KEY, ORDERED
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import Version
from apps.catalog.resources import import_link
from apps.tracks.fields import (
    Area,
    PointMeasure,
    Position,
    TimeAsTicks,
    TimeOfPoint,
    ToOneOfTrack,
    parse_tick,
    required_position,
)
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks

BOUNDS = ["exact", "gt", "gte", "lt", "lte"]
MOST_DISTANCES = 10
"""The number of tracks whose distances a list of points tells."""


@registry.register_resource
class TrackResource(ModelResource[Track]):
    """The way of a range; see API reference, Track Point."""

    name = "track"
    summary = "The way of a range, made of track points."
    model = Track
    owner_order = ("id", "start_date")
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "area": Area(null=True, help="The rings around an area; null if nobody sent one."),
        "distance": Float(
            blank=True, readonly=True, help="The length of the way through its points, in metres."
        ),
        "end_date": DateTime(
            null=True,
            blank=True,
            readonly=True,
            since=Version.V3_3,
            help="The time of the last point.",
        ),
        "id": Id(readonly=True, unique=True),
        "importfile": import_link(since=Version.V3_3),
        "name": Text(blank=True, default="", help="What people call it."),
        "range": ToOne("range", null=True, blank=True, help="The range that it belongs to."),
        "resource_uri": URI(),
        "source": Computed(
            (), lambda _: "", blank=True, until=Version.V2_0, help="Always empty here."
        ),
        "start_date": DateTime(
            null=True,
            blank=True,
            readonly=True,
            since=Version.V3_3,
            help="The time of the first point.",
        ),
        "user": ToOne("user", help="Whose way it is."),
    }
    filtering = {
        "end_date": BOUNDS,
        "id": KEY,
        "range": KEY,
        "start_date": BOUNDS,
        "user": KEY,
    }
    ordering = ("id", "user", "range", "start_date", "end_date")
    visible = OwnedBy("user")

    @classmethod
    def settle(cls, rows: Sequence[Track]) -> None:
        refresh_tracks(row.pk for row in rows if row.pk is not None)


class TimeWindow(django_filters.FilterSet):  # type: ignore[misc]
    """`start` and `end`: points from a tick on, and up to one."""

    start = django_filters.CharFilter(method="from_tick")
    end = django_filters.CharFilter(method="to_tick")

    def from_tick(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Return the rows at that tick and later."""
        return rows.filter(time__gte=parse_tick(name, text))

    def to_tick(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Return the rows at that tick and before."""
        return rows.filter(time__lte=parse_tick(name, text))


@registry.register_resource
class TrackPointResource(ModelResource[TrackPoint]):
    """A point of a track; see API reference, Track Point."""

    name = "trackpoint"
    summary = "A point of a track."
    description = (
        "`meta` of a list has the `distance` of the 10 latest tracks that have points in the "
        "list, by URI in metres, and their number in all, `total_tracks`. `limit=0` gives up to "
        "65,535 points. `start` and `end` are ticks: both ends of a window of time."
    )
    model = TrackPoint
    owner_order = ("id", "time")
    max_limit = 65_535
    arguments = TimeWindow
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        # The track comes first, for what else is sent is compared with what it has.
        "track": ToOne("track", help="The track that the point belongs to."),
        "altitude": PointMeasure(default=None, null=True, help="The height above sea level, in m."),
        "course": PointMeasure(
            default=None, null=True, help="The direction, in degrees from north."
        ),
        "horizontal_accuracy": PointMeasure(
            default=None, null=True, help="How far off the position may be, in m."
        ),
        "id": Id(readonly=True, unique=True),
        "position": Position(help="The place as `[longitude, latitude]`, in degrees."),
        "range": ToOneOfTrack("range", null=True, blank=True, help="The range of the track."),
        "record": ToOneOfTrack("record", null=True, blank=True, help="The record of the track."),
        "resource_uri": URI(),
        "speed": PointMeasure(default=None, null=True, help="The speed, in m/s."),
        "time": TimeOfPoint(null=True, help="The moment in UTC, without an offset."),
        "timestamp": TimeAsTicks(null=True, help="The moment in ticks, for filters."),
        "user": ToOneOfTrack("user", attribute="user", null=True, help="The user of the track."),
        "vertical_accuracy": PointMeasure(
            default=None, null=True, help="How far off the altitude may be, in m."
        ),
    }
    filtering = {
        "end": ["exact"],
        "id": KEY,
        "range": KEY,
        "record": KEY,
        "start": ["exact"],
        "time": ORDERED,
        "timestamp": ["range", "gt", "gte", "lt", "lte"],
        "track": ALL_WITH_RELATIONS,
        "user": ["exact"],
    }
    ordering = ("id", "track", "time")
    visible = OwnedBy("user")

    @classmethod
    def prepare(cls, row: TrackPoint, data: Mapping[str, JSONValue], context: Context) -> None:
        if row.longitude is None:
            raise required_position()
        row.user_id = row.track.user_id

    @classmethod
    def settle(cls, rows: Sequence[TrackPoint]) -> None:
        keys = {key for row in rows for key in (row.track_id, row.moved_from) if key is not None}
        refresh_tracks(keys)

    @classmethod
    def counted(cls, context: Context, params: QueryDict) -> QuerySet[Track] | None:
        """Return the tracks of a list of all points that the caller sees, or of a single track."""
        tracks = TrackResource.visible_rows(context)
        for name, texts in params.lists():
            if name.partition("__")[0] in cls.filtering:
                if name not in ("track", "track__exact") or not str(texts[-1]).isdecimal():
                    return None
                tracks = tracks.filter(pk=int(texts[-1]))
        return tracks

    @classmethod
    def more_meta(cls, context: Context, rows: Callable[[], QuerySet[Any, Any]]) -> dict[str, Any]:
        """Return the distances of the latest tracks of a list, and the number of all its tracks."""
        if context.version < Version.V3_3:
            return {}
        listed = rows().filter(track=OuterRef("pk")).order_by().values("pk")
        tracks = TrackResource.visible_rows(context).filter(Exists(listed))
        latest = tracks.order_by(F("start_date").desc(nulls_last=True), "-pk")
        found = latest.annotate(total=Window(Count("pk"))).values_list("pk", "distance", "total")
        some = list(found[:MOST_DISTANCES])
        return {
            "distance": dict(
                sorted((TrackResource.uri(context, key), metres) for key, metres, _ in some)
            ),
            "total_tracks": some[0][2] if some else 0,
        }
