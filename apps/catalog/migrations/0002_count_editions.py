"""Has the writes of the catalogue counted, so that cached answers know when they are old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = ("catalog_unit", "catalog_datatype", "catalog_metric")


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial"), ("catalog", "0001_initial")]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
