"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "credentials_client",
    "credentials_oauth1token", "credentials_client_realms",
    "credentials_realm",
)


class Migration(migrations.Migration):
    dependencies = [("api", "0002_editions_per_connection"), ("credentials", "0006_granted")]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
