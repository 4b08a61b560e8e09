"""What the elements of a Trackpoint are."""

from __future__ import annotations

from collections.abc import Mapping

from apps.exchange.activity import Column
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.xml.point_columns import PointTexts, Texts
from apps.exchange.formats.xml.point_elements import Children


def trackpoint(texts: PointTexts, *, own: bool) -> Children:
    """Return where the texts of a Trackpoint go. Only our `own` files have energy in Watts."""
    values = texts.values
    position = Children(
        {
            "LatitudeDegrees": values[Column.LATITUDE],
            "LongitudeDegrees": values[Column.LONGITUDE],
        }
    )
    return Children(
        {
            "Time": texts.times,
            "Position": position,
            "AltitudeMeters": values[Column.ALTITUDE],
            "DistanceMeters": values[Column.DISTANCE],
            "HeartRateBpm": Children({"Value": values[Column.HEART_RATE]}),
            "Extensions": _extensions(values, own=own),
        }
    )


def _extensions(values: Mapping[Column, Texts], *, own: bool) -> Children:
    names: dict[str, Children | Texts] = {
        "Speed": values[Column.SPEED],
        "RunCadence": values[Column.STEP_RATE],
    }
    if own:
        names["Watts"] = values[Column.ENERGY]
    breathing = {
        f"{{{elements.OWN}}}{name}": values[column] for name, column in elements.OWN_COLUMNS.items()
    }
    return Children(names, breathing, wrapped=True)
