"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "bookkeeping_activitylog",
    "bookkeeping_connecttoken",
    "bookkeeping_templatereport",
    "bookkeeping_templatereport_include_metrics",
)


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection"), ("bookkeeping", "0003_sorted_rows")]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
