"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = ("tracks_track", "tracks_trackpoint")


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection"), ("tracks", "0001_initial")]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
