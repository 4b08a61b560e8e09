"""Has the view leave out ids that are not whole, where a store was made with the one before."""

from django.db import migrations

from apps.bookkeeping.models import ALGO_VIEW


class Migration(migrations.Migration):
    dependencies = [("bookkeeping", "0004_counted"), ("records", "0006_counted")]

    operations = [migrations.RunSQL(ALGO_VIEW, migrations.RunSQL.noop)]
