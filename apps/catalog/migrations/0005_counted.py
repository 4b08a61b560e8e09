"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "django_content_type",
    "catalog_activityattribute",
    "catalog_activitytype",
    "catalog_trainingroutine",
    "catalog_activitytype_default_metrics",
    "catalog_activitytype_attributes",
)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_editions_per_connection"),
        ("catalog", "0004_sorted_rows"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
