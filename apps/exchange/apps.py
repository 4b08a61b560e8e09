"""Activity files: what other programs and watches exchange."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "apps.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kind of job that imports files."""
        from apps.exchange import importing  # noqa: F401
