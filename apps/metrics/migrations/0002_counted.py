"""Has writes counted, so that pages with metrics are known to be old.

Every write of samples writes the row of their channel too.
"""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = ("signals_channel", "metrics_rangeresults", "metrics_recordresults")


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_editions_per_connection"),
        ("signals", "0003_chunk_counts"),
        ("metrics", "0001_initial"),
    ]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
