"""Calls the token of a request for permissions what it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0005_counted"), ("credentials", "0009_field_names")]

    operations = [migrations.RenameField("BundlePermissionRequest", "ticket", "one_time_token")]
