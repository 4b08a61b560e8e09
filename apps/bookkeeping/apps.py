"""The activity log, tokens of other services, stored reports and algorithms."""

from importlib import import_module

from django.apps import AppConfig


class BookkeepingConfig(AppConfig):
    name = "apps.bookkeeping"
    label = "bookkeeping"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the log hear of writes, and register what is removed of it."""
        import_module("apps.bookkeeping.log")
        import_module("apps.bookkeeping.retention")
