"""What really happened in a simulated record."""

from __future__ import annotations

from django.db import models

from apps.records.models import Record


class Truth(models.Model):
    """The origin of a simulated record, and its ground truth, with which algorithms are evaluated.

    `profile`, `seed`, the start of the record and `seconds`, its planned length, give the same
    record again, unless the profile has another person or is a file of its author. `grows_by` is
    the whole profile while the record is growing, so that whoever finishes it goes on with that;
    it is null in those that older versions began. `document` is null until then
    (apps/simulation/truth.py describes it).
    """

    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="truth")
    profile = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    seconds = models.IntegerField()
    grows_by = models.JSONField(null=True)
    document = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"truth of record {self.record_id}"
