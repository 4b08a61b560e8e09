"""What the oldest version of the API calls a metric, where that differs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_counted")]

    operations = [
        migrations.AddField(
            model_name="metric",
            name=name,
            field=models.CharField(blank=True, default="", max_length=64),
        )
        for name in ("former_name", "former_title")
    ]
