"""Keeps start and end of tracks as ticks, as of everything that has a time, and counts versions."""

from django.contrib.postgres.indexes import GistIndex
from django.db import migrations, models

import apps.tracks.columns
import apps.tracks.models

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
        migrations.AddField("track", "version", models.BigIntegerField(default=0)),
        migrations.AddIndex("track", GistIndex(apps.tracks.models.period(), name="track_period")),
    ]
