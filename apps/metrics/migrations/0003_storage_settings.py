"""How PostgreSQL keeps chunks and results, by what a month of a team showed (docs/tables.md).

Chunks that grow or are stored again leave dead ones, each with kilobytes in TOAST: they are
vacuumed before a fifth of the table is dead. Results are written again with every change of what
they depend on: pages have room for that, and the index stays as it is. Rows that are there are not
rewritten.
"""

from __future__ import annotations

from django.db import migrations

SETTINGS = (
    ("signals_chunk", "autovacuum_vacuum_scale_factor", "0.02"),
    ("signals_chunk", "toast.autovacuum_vacuum_scale_factor", "0.02"),
    ("signals_channel", "toast.autovacuum_vacuum_scale_factor", "0.02"),
    ("metrics_recordresults", "fillfactor", "70"),
    ("metrics_rangeresults", "fillfactor", "70"),
)


class Migration(migrations.Migration):
    dependencies = [("signals", "0004_channel_derived_from"), ("metrics", "0002_counted")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET ({name} = {value})", f"ALTER TABLE {table} RESET ({name})"
        )
        for table, name, value in SETTINGS
    ]
