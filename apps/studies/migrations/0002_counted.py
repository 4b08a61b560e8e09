"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "studies_survey",
    "studies_surveyanswers",
    "studies_studyreport",
    "studies_studygeneratedreport",
)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_editions_per_connection"),
        ("studies", "0001_initial"),
    ]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
