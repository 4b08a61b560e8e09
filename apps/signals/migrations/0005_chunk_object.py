"""Chunks in an object store; those that are there stay in their rows."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signals", "0004_channel_derived_from")]

    operations = [
        migrations.AlterField(
            model_name="chunk", name="payload", field=models.BinaryField(null=True)
        ),
        migrations.AddField(
            model_name="chunk",
            name="object",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(object__isnull=False), fields=["object"], name="chunk_object"
            ),
        ),
        migrations.CreateModel(
            name="LooseObject",
            fields=[
                (
                    "name",
                    models.BinaryField(max_length=32, primary_key=True, serialize=False),
                ),
                ("since", models.DateTimeField()),
            ],
        ),
    ]
