"""What a track says of its points: length, start and end."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from django.db import transaction

from apps.tracks.geodesy import way_length
from apps.tracks.models import Track, TrackPoint


@transaction.atomic
def refresh_tracks(keys: Iterable[int]) -> None:
    """Make distance, start and end of tracks follow from their points.

    Runs in the transaction that wrote the points. The rows of the tracks stay locked until its
    end, and the points are read afterwards, so that of two writers the later one sees the points
    of both. Keys without a track are passed over.
    """
    named = Track.objects.filter(pk__in=set(keys)).order_by("pk")
    for track in named.select_for_update(of=("self",), no_key=True):
        _refresh(track)


def _refresh(track: Track) -> None:
    points = TrackPoint.objects.filter(track=track)
    points.exclude(user=track.user_id).update(user=track.user_id)
    in_order = points.filter(time__isnull=False).order_by("time", "id")
    found = list(in_order.values_list("time", "longitude", "latitude"))
    places = np.array([place for _, *place in found], np.float64).reshape(-1, 2)
    track.distance = way_length(places[:, 0], places[:, 1])
    track.start_date, track.end_date = (found[0][0], found[-1][0]) if found else (None, None)
    track.save(update_fields=["distance", "start_date", "end_date"])
