"""Has questions and answers kept as rows of their own, and writes to them counted."""

from django.db import migrations

from apps.api.models import counting, not_counting
from apps.studies.triggers import DROP, MAKE

TABLES = ("studies_surveyitem", "studies_surveyanswer")


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_editions_per_connection"),
        ("studies", "0003_questions"),
    ]

    operations = [
        *(migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES),
        migrations.RunSQL(list(MAKE), list(DROP)),
    ]
