"""Members of tracks and points that are no plain columns."""

from __future__ import annotations

import math
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Model
from django.db.models.expressions import Combinable

from apps.api import lookups
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.date_texts import parse_liberally
from apps.api.derived import AnnotatedField, NaiveTime
from apps.api.errors import BadRequest, InvalidFields
from apps.api.fields import JSON, Column, Field, Measure, Reader, Ticks, column_of
from apps.api.relations import ToOne, resolve_relation
from apps.tracks.columns import EARLIEST, LATEST, MOST_MEASURED
from apps.tracks.models import TrackPoint
from hexostore import hexotime


def parse_tick(name: str, text: str) -> int:
    """Return a number of ticks, fractions cut off, of the years 1 to 9999 the nearest one. Raise
    BadRequest, which names the argument."""
    try:
        number = int(float(text)) if set(text) & set(".eE") else int(text)
    except (ValueError, OverflowError):
        raise invalid_filter(name, "a number of ticks") from None
    return max(EARLIEST, min(LATEST, number))


def invalid_filter(name: str, kind: str) -> BadRequest:
    """Return the refusal of a value in a query, in the words that other arguments have."""
    return BadRequest(f"Invalid value for '{name}': Enter {kind}.")


class PointMeasure(Measure):
    """A measure of a point. It is limited, so that sums and differences stay finite."""

    def convert(self, value: JSONValue, column: Column) -> float:
        number = super().convert(value, column)
        if abs(number) > MOST_MEASURED:
            raise self.wrong(f"between {-MOST_MEASURED:,} and {MOST_MEASURED:,}", value)
        return number


class TimeOfPoint(NaiveTime):
    """`time`: it is kept to the tick."""

    def convert(self, value: JSONValue, column: Column) -> datetime:
        return parse_liberally(self.name, "Datetime", value, _on_tick)

    def filter_value(self, column: Column, lookup: str, texts: list[str]) -> object:
        try:
            return super().filter_value(column, lookup, texts)
        except BadRequest:
            raise invalid_filter(self.name, "a date, such as 2015-05-12T19:50:46") from None


def _on_tick(moment: datetime) -> datetime:
    return hexotime.to_datetime(hexotime.from_datetime(moment))


class TimeAsTicks(AnnotatedField):
    """`time` as ticks: for filters, and in what is sent; answers do not show it."""

    def __init__(self, **flags: Any) -> None:
        super().__init__(_time_as_ticks, BigIntegerField(), kind="datetime", **flags)
        self.readonly, self.prepared = False, True
        self.lists = self.details = False

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, TrackPoint)
        ticks = Ticks()
        ticks.name = self.name
        number = ticks.convert(value, column_of(row, _ID))
        if not EARLIEST <= number <= LATEST:
            raise self.wrong("a moment of the years 1 to 9999", value)
        row.time = hexotime.to_datetime(number)

    def accept_null(self, row: Model) -> None:
        assert isinstance(row, TrackPoint)
        row.time = None

    def filter_value(self, column: Column, lookup: str, texts: list[str]) -> object:
        one = partial(parse_tick, self.name)
        if lookup != "range":
            return one(texts[-1])
        try:
            return lookups.parse_many(lookup, texts, one)
        except BadRequest:
            raise invalid_filter(self.name, "a number of ticks") from None


_ID = Field("id")
"""Which holds whole numbers, as ticks are."""


def _time_as_ticks(_context: Context) -> Combinable:
    return ExpressionWrapper(F("time"), output_field=BigIntegerField())


class ToOneOfTrack(ToOne):
    """A link that a point has from its track: for filters; sent, it must be that of the track."""

    def __init__(self, to: str, *, attribute: str = "", **flags: Any) -> None:
        path = attribute or f"track__{to}"
        super().__init__(to, attribute=path, prepared=True, lists=False, details=False, **flags)

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, TrackPoint)
        found = resolve_relation(self.target, self.name, value, context)
        if getattr(row.track, f"{self.name}_id") != found.pk:
            raise InvalidFields(
                "trackpoint", {self.name: [f"The {self.name} must be that of the track."]}
            )

    def accept_null(self, row: Model) -> None:
        """A point has what its track has."""


def _place(value: JSONValue) -> tuple[float, float]:
    """Return longitude and latitude of a sent place; raise ValueError, which says what is wrong."""
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise ValueError("a list of longitude and latitude")
    numbers = [
        item for item in value if isinstance(item, int | float) and not isinstance(item, bool)
    ]
    if len(numbers) < len(value):
        raise ValueError("a list of numbers")
    longitude, latitude = numbers[:2]
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise ValueError("a list of finite numbers")
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError("a longitude from -180 to 180 and a latitude from -90 to 90")
    return float(longitude), float(latitude)


def _coordinates(value: JSONValue, kind: str) -> JSONValue:
    """Return the coordinates of a GeoJSON geometry of that kind; other values as they are."""
    if not isinstance(value, dict):
        return value
    if value.get("type") != kind:
        raise ValueError(f"a GeoJSON {kind}")
    return value.get("coordinates")


class Position(Field):
    """`[longitude, latitude]` in degrees; a GeoJSON Point is taken too, a third number is not
    kept."""

    type = "geometry"

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}longitude", f"{prefix}latitude"), lambda *place: list(place))

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, TrackPoint)
        try:
            row.longitude, row.latitude = _place(_coordinates(value, "Point"))
        except (ValueError, OverflowError) as error:
            raise self.wrong(str(error), value) from None


class Area(JSON):
    """Rings of places, as the coordinates of a GeoJSON Polygon, which is taken too."""

    def __init__(self, **flags: Any) -> None:
        super().__init__(kind="geometry", **flags)

    def path(self) -> None:
        return None

    def convert(self, value: JSONValue, column: Column) -> JSONValue:
        try:
            rings = _coordinates(value, "Polygon")
            if not isinstance(rings, list) or not all(map(_is_ring, rings)):
                raise ValueError("a list of closed rings")
        except (ValueError, OverflowError) as error:
            raise self.wrong(str(error), value) from None
        return super().convert(rings, column)


def _is_ring(ring: JSONValue) -> bool:
    """Return whether it is a ring: places of which the last is the first. Raise ValueError for
    what is no place."""
    if not isinstance(ring, list) or len(ring) < 4:
        return False
    places = [_place(item) for item in ring]
    return places[0] == places[-1]


def required_position() -> BadRequest:
    """Return the refusal of a point without a position (Tastypie rule T108)."""
    return BadRequest("The 'position' field has no data and doesn't allow a default or null value.")
