"""Authentication: logins, clients and tokens."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate


class CredentialsConfig(AppConfig):
    name = "apps.credentials"
    label = "credentials"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.credentials import realms, retention  # noqa: F401 - registers rules
        from apps.credentials.oauth2 import revocations

        post_migrate.connect(realms.create_realms, sender=self)
        post_delete.connect(revocations.remember_row, sender="oauth2_provider.AccessToken")
