"""A number for each connection and table, so that those who write do not wait for one another."""

from django.db import migrations, models

from apps.api.models import COUNT


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.DeleteModel(name="Edition"),
        migrations.CreateModel(
            name="Edition",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "table",
                        "backend",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("table", models.CharField(max_length=64)),
                ("backend", models.IntegerField()),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
