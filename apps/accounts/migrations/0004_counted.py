"""Has writes counted, so that what is kept of lists is known to be old."""

from django.db import migrations

from apps.api.models import counting, not_counting

TABLES = (
    "accounts_user",
    "accounts_profile",
)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_editions_per_connection"),
        ("accounts", "0003_one_user_per_address"),
    ]

    operations = [migrations.RunSQL(counting(table), not_counting(table)) for table in TABLES]
