"""Keeps start and end of tracks as ticks, like all times, and counts their points and versions."""

from django.contrib.postgres.fields import DecimalRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import migrations, models
from django.db.models import F, Func, Value

import apps.tracks.columns

_TO_TICKS = """
    ALTER TABLE tracks_track
        ALTER start_date TYPE bigint USING round(extract(epoch FROM start_date) * 256)::bigint,
        ALTER end_date TYPE bigint USING round(extract(epoch FROM end_date) * 256)::bigint
"""
_TO_DATES = """
    ALTER TABLE tracks_track
        ALTER start_date TYPE timestamptz USING to_timestamp(start_date / 256.0),
        ALTER end_date TYPE timestamptz USING to_timestamp(end_date / 256.0)
"""
_COUNT = """
    UPDATE tracks_track SET number = counted.number
    FROM (SELECT track_id, count(*) AS number FROM tracks_trackpoint GROUP BY track_id) AS counted
    WHERE tracks_track.id = counted.track_id
"""

_PERIOD = Func(
    F("start_date"),
    F("end_date"),
    Value("[]"),
    function="numrange",
    output_field=DecimalRangeField(),
)


class Migration(migrations.Migration):
    dependencies = [("tracks", "0002_counted")]

    operations = [
        migrations.RunSQL(
            _TO_TICKS,
            _TO_DATES,
            [
                migrations.AlterField(
                    "track", name, apps.tracks.columns.TickMoment(blank=True, null=True)
                )
                for name in ("start_date", "end_date")
            ],
        ),
        migrations.AddField("track", "number", models.BigIntegerField(default=0)),
        migrations.AddField("track", "version", models.BigIntegerField(default=0)),
        migrations.RunSQL(_COUNT, migrations.RunSQL.noop),
        migrations.AddIndex("track", GistIndex(_PERIOD, name="track_period")),
    ]
