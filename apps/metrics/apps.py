"""Metrics of records and ranges: what they are, and what they come to."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "apps.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Has records and ranges show metrics."""
        from apps.metrics.members import KnownMeasures
        from apps.records import measures

        measures.provide(KnownMeasures())
