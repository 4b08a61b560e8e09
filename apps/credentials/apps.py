"""Who is asking: logins, clients and tokens."""

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    name = "apps.credentials"
    label = "credentials"
    default_auto_field = "django.db.models.BigAutoField"
