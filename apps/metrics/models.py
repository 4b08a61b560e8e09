"""Results that are kept beside records and ranges."""

from __future__ import annotations

from django.db import models

from apps.records.models import Range, Record


class HeldResults(models.Model):
    """What metrics came to, by their ids: pairs of the value and the limits of its zones.

    `fingerprint` stands for all that the values depend on (apps/metrics/fingerprints.py). They
    are good for as long as it is the present one, and nobody has to remove them.
    """

    fingerprint = models.CharField(max_length=32)
    metrics = models.JSONField(default=dict)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"results of {self.pk}"


class RecordResults(HeldResults):
    """What metrics of a record came to."""

    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="+")


class RangeResults(HeldResults):
    """What metrics of a range came to."""

    range = models.OneToOneField(Range, models.CASCADE, primary_key=True, related_name="+")
