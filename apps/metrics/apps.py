"""Metrics of records and ranges: what they are, and what they come to."""

from django.apps import AppConfig
from django.db.models.signals import pre_save


class MetricsConfig(AppConfig):
    name = "apps.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Has records and ranges show metrics, and has them processed."""
        from apps.metrics import processing
        from apps.metrics.members import KnownMeasures
        from apps.records import measures
        from apps.records.models import Range
        from apps.signals.storage import upkeep

        measures.provide(KnownMeasures())
        pre_save.connect(processing.process_range, sender=Range)
        upkeep.settled.connect(processing.process_data)
