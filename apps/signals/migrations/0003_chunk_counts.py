"""How often each value occurs in chunks of 1 Hz; chunks that are there stay without."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signals", "0002_chunk_digest")]

    operations = [
        migrations.AddField(
            model_name="chunk", name="counts", field=models.BinaryField(null=True)
        ),
    ]
