"""What callers have written, for servers with replicas."""

from django.db import migrations

from apps.api.own_writes import HORIZON, LINEAGE, WRITTEN


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection")]

    operations = [
        migrations.RunSQL(LINEAGE, "DROP TABLE api_lineage"),
        migrations.RunSQL(WRITTEN, "DROP TABLE api_written"),
        migrations.RunSQL(HORIZON, "DROP TABLE api_horizon"),
    ]
