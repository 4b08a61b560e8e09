"""What a track says of its points: length, start, end and number."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.tracks.geodesy import way_length
from apps.tracks.models import Track, TrackPoint
from apps.tracks.reading import unpack_numbers
from hexostore import hexotime
from hexostore.database.raw import raw_cursor


@transaction.atomic
def refresh_tracks(keys: Iterable[int]) -> None:
    """Make distance, start, end and number of tracks follow from their points.

    Runs in the transaction that wrote the points. The rows of the tracks stay locked until its
    end, and the points are read afterwards, so that of two writers the later one sees the points
    of both. Keys without a track are passed over.
    """
    named = Track.objects.filter(pk__in=set(keys)).order_by("pk")
    for track in named.select_for_update(of=("self",), no_key=True):
        _refresh(track)


# All places come as two values, as a row for each would cost eight times as much.
_WAY = """
    SELECT count(*), min(time), max(time), coalesce(bool_or(user_id <> %s), false),
           string_agg(float8send(longitude), '') FILTER (WHERE time IS NOT NULL),
           string_agg(float8send(latitude), '') FILTER (WHERE time IS NOT NULL)
    FROM (
        SELECT * FROM tracks_trackpoint WHERE track_id = %s ORDER BY time NULLS FIRST, id
    ) AS point
"""


def _refresh(track: Track) -> None:
    with raw_cursor() as cursor:
        row = cursor.execute(_WAY, [track.user_id, track.pk], binary=True).fetchone()
    assert row is not None
    track.number, start, end, is_of_others, longitudes, latitudes = row
    if is_of_others:
        TrackPoint.objects.filter(track=track).update(user=track.user_id)
    places = (unpack_numbers(each, ">f8") for each in (longitudes, latitudes))
    track.distance = way_length(*places)
    track.start_date = None if start is None else hexotime.to_datetime(start)
    track.end_date = None if end is None else hexotime.to_datetime(end)
    track.version += 1
    track.save(update_fields=["distance", "start_date", "end_date", "number", "version"])
