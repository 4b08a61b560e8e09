"""What derived channels are derived from; those that are there were recorded or loaded."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signals", "0003_chunk_counts")]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="derived_from",
            field=models.BinaryField(max_length=16, null=True),
        ),
    ]
