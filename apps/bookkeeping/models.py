"""What the service stores besides the data: who wrote what, tokens of other services, reports."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models

from apps.api.columns import CreatedAt
from apps.api.indexes import sorted_index
from apps.api.ownership import spare_others
from apps.catalog.models import ActivityType, Metric, TrainingRoutine
from apps.credentials.models import Client
from apps.records.models import WHOLE_NUMBER, Range, Record

LONGEST_PATH, LONGEST_AGENT = 1000, 500

_PREFIX = re.compile(r"^(?:https?://[^/]+)?/api/(?:v1/)?")


class ObjectPath(models.CharField[Any, Any]):
    """The path of an object. It is stored and compared with the short prefix, however it is
    sent."""

    def get_prep_value(self, value: object) -> object:
        found = super().get_prep_value(value)
        return _PREFIX.sub("/api/", found) if isinstance(found, str) else found


class ActivityLog(models.Model):
    """One write through the API. `object_id` is null if the object's key is not a number."""

    date = CreatedAt()
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=LONGEST_PATH)
    resource_name = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True, blank=True)
    object_resource_uri = ObjectPath(max_length=LONGEST_PATH, null=True, blank=True)
    content_type = models.ForeignKey(
        ContentType, models.SET_NULL, null=True, blank=True, db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_index=False
    )
    user_agent = models.CharField(max_length=LONGEST_AGENT, blank=True, default="")
    client = models.ForeignKey(Client, models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            sorted_index("activitylog_user", "user"),
            models.Index(fields=["user", "date", "id"], name="activitylog_user_date"),
            models.Index(fields=["date", "id"], name="activitylog_date"),
            sorted_index("activitylog_object", "object_resource_uri"),
            sorted_index("activitylog_object_id", "object_id"),
            models.Index(fields=["resource_name", "id"], name="activitylog_resource"),
            models.Index(fields=["method", "id"], name="activitylog_method"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class ConnectToken(models.Model):
    """The key with which the service reaches a user's account at another service."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    service = models.CharField(max_length=64)
    token = models.CharField(max_length=500)
    foreign_user_id = models.CharField(max_length=200, blank=True, default="")
    data = models.TextField(null=True, blank=True, default="")
    expires = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.service} of {self.user_id}"


class TemplateReport(models.Model):
    """What a report contains: which data, which metrics.

    `category` is an activity type that represents its whole category.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True)
    activitytype = models.ForeignKey(ActivityType, spare_others, null=True, blank=True)
    category = models.ForeignKey(
        ActivityType, spare_others, null=True, blank=True, related_name="+"
    )
    record = models.ForeignKey(Record, spare_others, null=True, blank=True)
    range = models.ForeignKey(Range, spare_others, null=True, blank=True)
    trainingroutine = models.ForeignKey(TrainingRoutine, spare_others, null=True, blank=True)
    start = models.BigIntegerField(null=True, blank=True)
    end = models.BigIntegerField(null=True, blank=True)
    include_metrics: models.ManyToManyField[Metric, Any] = models.ManyToManyField(
        Metric, blank=True
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"template report {self.pk}"


class Algo(models.Model):
    """The versions of the algorithms that processed a record: a view of the records' `algo`."""

    id = models.BigIntegerField(primary_key=True)
    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+")
    created = models.CharField(max_length=64)
    algorithms = models.JSONField()

    class Meta:
        managed = False
        ordering = ["id"]
        db_table = "bookkeeping_algo"

    def __str__(self) -> str:
        return f"algo {self.pk}"


_ALGO_ID = rf"""
CASE WHEN jsonb_typeof(algo -> 'id') = 'number' AND algo ->> 'id' ~ '{WHOLE_NUMBER}'
    THEN (algo ->> 'id')::bigint END
"""
ALGO_VIEW = f"""
CREATE OR REPLACE VIEW bookkeeping_algo AS
SELECT {_ALGO_ID} AS id, id AS record_id, user_id,
    algo ->> 'created' AS created, coalesce(algo -> 'algorithms', '{{}}') AS algorithms
FROM records_record
WHERE {_ALGO_ID} IS NOT NULL
"""  # noqa: S608 - made of constants
"""The statement from which the migrations make `Algo`. An index of the records has the same ids."""
