"""Size and CRC-32 of what a download has of each chunk; chunks that are there stay without."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signals", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="chunk", name="size", field=models.IntegerField(null=True)
        ),
        migrations.AddField(
            model_name="chunk", name="crc", field=models.BigIntegerField(null=True)
        ),
    ]
