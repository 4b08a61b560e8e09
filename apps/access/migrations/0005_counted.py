"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "access_bundle",
    "access_bundlepermission",
    "access_team_members",
    "access_team",
    "access_sharetype",
    "access_share",
)


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection"), ("access", "0004_sorted_rows")]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
