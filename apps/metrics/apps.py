"""Metrics of records and ranges: what they are, and what they come to."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, pre_save


class MetricsConfig(AppConfig):
    name = "apps.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Has records, ranges and statistics.csv show metrics, and records processed."""
        from apps.metrics import processing
        from apps.metrics.members import KnownMeasures
        from apps.metrics.statistics_file import StatisticsFile
        from apps.records import measures
        from apps.records.models import Range
        from apps.signals.formats.download import statistics
        from apps.signals.storage import record_state

        measures.provide_measures(KnownMeasures())
        statistics.provide(StatisticsFile())
        pre_save.connect(processing.process_range, sender=Range)
        post_delete.connect(processing.forget_range, sender=Range)
        record_state.settled.connect(processing.process_data)
