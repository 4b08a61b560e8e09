"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "records_device",
    "records_record",
    "records_label",
    "records_range_labels",
    "records_range",
    "records_annotation",
    "records_labelledobject",
    "records_activityattributevalue",
    "records_trainingsession_users",
    "records_trainingsession_teams",
    "records_trainingsession",
)


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection"), ("records", "0005_sorted_notes")]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
