"""Recorded signals: storing, reading and encoding them."""

from importlib import import_module

from django.apps import AppConfig


class SignalsConfig(AppConfig):
    name = "apps.signals"
    label = "signals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Guard the starts of records that have data."""
        import_module("apps.signals.storage.start_guard")
