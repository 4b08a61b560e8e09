"""Metrics of records and ranges: what they are, and what they come to."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "apps.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let downloads have metrics in their statistics.csv."""
        from apps.metrics.statistics_file import StatisticsFile
        from apps.signals.formats.download import statistics

        statistics.provide(StatisticsFile())
