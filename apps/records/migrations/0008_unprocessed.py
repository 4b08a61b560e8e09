"""An index of the records that are to be processed."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0007_usual_order'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('status', 'queued'), ('status', 'processing'), _connector='OR'), fields=['id'], name='record_unprocessed'),
        ),
    ]
