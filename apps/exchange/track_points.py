"""Positions of an activity as the points of a track."""

from __future__ import annotations

import numpy as np

from apps.exchange.activity import Column, Points
from apps.tracks.appending import PointArrays
from apps.tracks.columns import MOST_MEASURED


def positions_of(points: Points) -> PointArrays:
    """Return the points that have a position on the earth."""
    latitudes, longitudes = points.column(Column.LATITUDE), points.column(Column.LONGITUDE)
    is_place = (np.abs(latitudes) <= 90) & (np.abs(longitudes) <= 180)  # which no NaN is
    columns = {
        name: np.where(np.abs(column) <= MOST_MEASURED, column, np.nan)[is_place]
        for name, column in points.columns.items()
    }
    return PointArrays(
        points.times[is_place],
        longitudes[is_place],
        latitudes[is_place],
        altitudes=columns.get(Column.ALTITUDE),
        courses=columns.get(Column.COURSE),
        speeds=columns.get(Column.SPEED),
        horizontal_accuracies=columns.get(Column.HORIZONTAL_ACCURACY),
    )
