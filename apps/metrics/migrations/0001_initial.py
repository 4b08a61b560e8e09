"""Results that are kept beside records and ranges."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("records", "0007_usual_order")]

    operations = [
        migrations.CreateModel(
            name="RangeResults",
            fields=[
                ("fingerprint", models.CharField(max_length=32)),
                ("metrics", models.JSONField(default=dict)),
                (
                    "range",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="records.range",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="RecordResults",
            fields=[
                ("fingerprint", models.CharField(max_length=32)),
                ("metrics", models.JSONField(default=dict)),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="records.record",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
    ]
