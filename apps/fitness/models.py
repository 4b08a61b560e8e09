"""Single values about a body, the indicators made from them, and their distribution in a
population."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from apps.api.columns import ModifiedAt
from apps.catalog.models import Datatype, Unit


class AsyncValue(models.Model):
    """One value of a user at a moment (`start` in ticks), such as a weight or a test result."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="values", db_index=False
    )
    datatype = models.ForeignKey(Datatype, models.PROTECT, related_name="values", db_index=False)
    start = models.BigIntegerField()
    data = models.FloatField()
    last_modified = ModifiedAt()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="async_user"),
            models.Index(fields=["user", "start", "id"], name="async_user_start"),
            models.Index(fields=["user", "datatype", "start"], name="async_user_datatype"),
            models.Index(fields=["datatype", "id"], name="async_datatype"),
            models.Index(fields=["start", "id"], name="async_start"),
            models.Index(fields=["last_modified", "id"], name="async_last_modified"),
        ]

    def __str__(self) -> str:
        return f"{self.datatype_id} of {self.user_id}: {self.data}"


class Kpi(models.Model):
    """A key performance indicator. Its value is the newest value of all its data types.

    Manually entered values are stored under `entered` (None: its data type is not public) and are
    between `least` and `most`, in `unit`.
    """

    name = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=64)
    description = models.CharField(max_length=300, blank=True, default="")
    unit = models.ForeignKey(Unit, models.PROTECT)
    least = models.FloatField()
    most = models.FloatField()
    entered = models.ForeignKey(Datatype, models.PROTECT, null=True, blank=True, related_name="+")
    datatypes: models.ManyToManyField[Datatype, Any] = models.ManyToManyField(
        Datatype, blank=True, related_name="kpis"
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Population(models.Model):
    """The distribution of an indicator for one sex and age group (years, including `age_max`).

    Either the four `quintiles` are published, or `mean` and `sd`, from which they follow. `source`
    says by whom.
    """

    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="population")
    gender = models.CharField(max_length=1)
    age_min = models.IntegerField()
    age_max = models.IntegerField(null=True, blank=True)
    quintiles = models.JSONField(null=True, blank=True)
    mean = models.FloatField(null=True, blank=True)
    sd = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["kpi", "gender", "age_min"]

    def __str__(self) -> str:
        return f"{self.kpi_id} {self.gender} from {self.age_min}"
