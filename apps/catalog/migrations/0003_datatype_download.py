"""Which data types a binary download has that names none, in catalogues that are there already."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

ALWAYS = (
    18, 19, 33, 34, 35, 36, 37, 38, 39, 49, 52, 53, 269, 270, 318, 1000, 1001, 1004,
    4113, 4114, 4115, 4129, 4130, 4145, 4146, 4147,
)  # fmt: skip
RECORDED = (42, 64, 66, 80, 81, 97, 98, 99, 338, 1002, 1003, 1005)


def fill(apps: Any, editor: Any) -> None:
    """Give the rows of a store that was seeded before what the fixtures say now."""
    datatypes = apps.get_model("catalog", "Datatype").objects
    datatypes.filter(pk__in=ALWAYS).update(download="always")
    datatypes.filter(pk__in=RECORDED).update(download="recorded")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_count_editions")]

    operations = [
        migrations.AddField(
            model_name="datatype",
            name="download",
            field=models.CharField(default="on request", max_length=16),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
