"""Gives failures, counters and one-time tokens the names of the field."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_counted"),  # which refers to a model by its earlier name
        ("credentials", "0008_sorted_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("Mark", "ForcedFailure"),
        migrations.RenameModel("Tally", "RateCounter"),
        migrations.RenameModel("Ticket", "OneTimeToken"),
        migrations.RenameField("ForcedFailure", "text", "failure"),
        migrations.RenameField("Client", "mark", "forced_failure"),
        migrations.AlterField(
            model_name="forcedfailure",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="forced_failure",
                serialize=False,
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="onetimetoken",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="one_time_tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
