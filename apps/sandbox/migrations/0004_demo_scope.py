"""Has the OAuth clients of a demo world ask for `readwrite`, as those of new ones do.

Only those whose usual realm is still the one that they were made with.
"""

from django.db import migrations

CLIENTS = ("0AuTh13X4mP1eK3y", "0AuTh23X4mP1eK3y")


def widen(apps, schema_editor):
    if not apps.get_model("sandbox", "Store").objects.filter(seed="demo").exists():
        return
    readwrite = apps.get_model("credentials", "Realm").objects.get(name="readwrite")
    clients = apps.get_model("credentials", "Client").objects
    clients.filter(client_id__in=CLIENTS, default_realm__name="readonly").update(
        default_realm=readwrite
    )


class Migration(migrations.Migration):

    dependencies = [
        ("sandbox", "0003_upgrading"),
        ("credentials", "0006_granted"),
    ]

    operations = [migrations.RunPython(widen, migrations.RunPython.noop)]
