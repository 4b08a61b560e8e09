"""Links between two tables have one index on their first column, not two.

That of the unique pair begins with the same column. Django adds a second one; each link was written
to both.
"""

from __future__ import annotations

from django.db import migrations

INDEXES = (
    ("records_range_labels_range_id_a824507e", "range_labels", "range_id"),
    (
        "records_trainingsession_users_trainingsession_id_607b6f81",
        "trainingsession_users",
        "trainingsession_id",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("records", "0009_importfile")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX IF EXISTS {index}",
            f"CREATE INDEX {index} ON records_{table} ({column})",
        )
        for index, table, column in INDEXES
    ]
