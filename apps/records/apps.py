"""Records, ranges and what is said about them."""

from importlib import import_module

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "apps.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the resource that stands in a file of its own."""
        import_module("apps.records.sessions")
