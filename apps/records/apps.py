"""Records, ranges and the notes on them."""

from importlib import import_module

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "apps.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the resources that stand in files of their own."""
        for name in ("annotations", "attribute_values", "labels", "sessions"):
            import_module(f"apps.records.{name}")
