"""Keeps the pieces of imported files as they are, and has imports counted.

Files are packed already or are read once, so that packing them again would only cost time.
"""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLE = "catalog_importfile"


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection"), ("catalog", "0007_imports")]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE "catalog_importpiece" ALTER COLUMN "content" SET STORAGE EXTERNAL',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(counting(TABLE), not_counting(TABLE)),
    ]
