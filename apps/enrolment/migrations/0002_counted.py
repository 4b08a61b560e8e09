"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "enrolment_study",
    "enrolment_studymember",
    "enrolment_studygroup",
    "enrolment_studysubject",
    "enrolment_studymaterial",
)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_editions_per_connection"),
        ("enrolment", "0001_initial"),
    ]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
