"""What really happened in a simulated record."""

from __future__ import annotations

from django.db import models

from apps.records.models import Record


class Truth(models.Model):
    """From what a record was simulated, and its ground truth, with which algorithms are scored.

    `profile`, `seed`, the start of the record and `seconds`, its planned length, give the same
    record again. `document` is null while the record is growing (apps/simulation/truth.py says
    what it holds).
    """

    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="truth")
    profile = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    seconds = models.IntegerField()
    document = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"truth of record {self.record_id}"
