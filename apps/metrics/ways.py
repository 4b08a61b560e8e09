"""Which parts of which tracks a time of a person is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db.models import QuerySet

from apps.metrics.stretches import Span, TrackPart, merge
from apps.tracks.belonging import TrackDuring, choose_tracks
from apps.tracks.models import Track
from hexostore import hexotime

# The sum has tracks looked for by their period, as in apps/records/status.py.
_DURING = """
    FROM tracks_track AS track
    WHERE track.user_id + 0 = {owner}.user_id AND track.start_date IS NOT NULL
      AND numrange(track.start_date, track.end_date, '[]')
          && numrange({owner}.start, {owner}.end, '[]')
"""


def tracks_during(owner: str) -> str:
    """Return the SQL of the tracks of its user in the time of a record or range, as an array of
    the columns of `TrackDuring`. `owner` is the name of its row."""
    return f"""
        ARRAY(
            SELECT ARRAY[track.id, track.start_date, track.end_date, track.version,
                         coalesce(track.range_id, 0), coalesce(track.record_id, 0)]
            {_DURING.format(owner=owner)}
            ORDER BY track.id
        )
    """


def fingerprint_of_tracks(owner: str) -> str:
    """Return the SQL of a text that changes with these tracks and with their points, null where
    there are none."""
    return f"""
        SELECT string_agg(row(track.id, track.start_date, track.end_date, track.version,
                              track.range_id, track.record_id)::text, ',' ORDER BY track.id)
        {_DURING.format(owner=owner)}
    """


def choose_ways(
    found: Sequence[TrackDuring], span: Span, *, of_range: int = 0, of_records: Collection[int] = ()
) -> tuple[TrackPart, ...]:
    """Return the ways of a range or record, each moment once, by the tracks that count for it."""
    return ways_within(choose_tracks(found, of_range=of_range, of_records=of_records), span)


def ways_within(found: Iterable[TrackDuring], span: Span) -> tuple[TrackPart, ...]:
    """Return what lies of tracks in a span, each moment once."""
    return merge(
        TrackPart(each.track, max(each.start, span.start), min(each.end, span.end), each.version)
        for each in found
        if each.start <= span.end and each.end >= span.start
    )


def ways_of_users(tracks: QuerySet[Track], span: Span) -> dict[int, tuple[TrackPart, ...]]:
    """Return what lies of these tracks in a span, each moment once, by the ids of their users."""
    found: dict[int, list[TrackDuring]] = {}
    during = tracks.filter(start_date__lt=span.end, end_date__gt=span.start).order_by()
    columns = "user_id", "pk", "start_date", "end_date", "version", "range_id", "record_id"
    for user, track, start, end, version, of_range, record in during.values_list(*columns):
        first, last = hexotime.from_datetime(start), hexotime.from_datetime(end)
        row = TrackDuring(track, first, last, version, of_range or 0, record or 0)
        found.setdefault(user, []).append(row)
    return {user: ways_within(rows, span) for user, rows in found.items()}
