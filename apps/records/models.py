"""What a user wore and did: devices, records, ranges and the notes on them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import DecimalRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, IsNull, Regex

from apps.api.columns import CreatedAt, ModifiedAt
from apps.api.indexes import imported_index, sorted_index, usual_index
from apps.api.ownership import spare_others
from apps.catalog.models import (
    ActivityAttribute,
    ActivityType,
    Datatype,
    ImportFile,
    TrainingRoutine,
)
from apps.records.given_metrics import GivenMetrics
from hexostore import hexotime

WHOLE_NUMBER = r"^-?[0-9]{1,18}$"
"""Matches texts that are certainly a bigint."""


def time_period(kind: type[F] = F, *, start: str = "start", end: str = "end") -> Func:
    """Return the time from `start` to `end` as a range of the database, open while `end` is null.

    With OuterRef, it is that of the row around a subquery.
    """
    bounds = kind(start), kind(end), Value("[]")
    return Func(*bounds, function="numrange", output_field=DecimalRangeField())


def seconds_between() -> CombinedExpression:
    """Return an expression for the whole seconds from `start` to `end`, null while there is no
    end."""
    return (F("end") - F("start")) / Value(hexotime.TICKS_PER_SECOND)


def ends_after_start(name: str) -> models.CheckConstraint:
    """Return the constraint that no period ends before it starts."""
    right = Q(end__isnull=True) | Q(start__isnull=True) | Q(end__gte=F("start"))
    return models.CheckConstraint(condition=right, name=name)


def algo_id() -> Case:
    """Return an expression for the numeric id in `algo` of a record, null if there is none.

    A value that does not look like a whole number is never cast, because the cast would fail.
    """
    text = KeyTextTransform("id", "algo")
    kind = Func(
        KeyTransform("id", "algo"), function="jsonb_typeof", output_field=models.TextField()
    )
    whole = Q(Exact(kind, Value("number"))) & Q(Regex(text, WHOLE_NUMBER))
    return Case(When(whole, then=Cast(text, models.BigIntegerField())))


UNPROCESSED = "queued", "processing"
"""The statuses of records that are to be processed, in their order."""


class Device(models.Model):
    """A recorder; `deviceid` is HXSKIN, two digits of model and eight of serial."""

    deviceid = models.CharField(max_length=32, unique=True)
    serial = models.IntegerField(default=0)
    model = models.IntegerField(default=0)
    status = models.IntegerField(default=0)
    fw_start = models.CharField(max_length=16, blank=True, default="")
    fw_end = models.CharField(max_length=16, blank=True, default="")
    hw_rev = models.CharField(max_length=16, blank=True, default="")
    batt_start = models.IntegerField(default=0)
    batt_end = models.IntegerField(default=0)
    bt_addr = models.CharField(max_length=32, blank=True, default="")
    bt_info = models.CharField(max_length=100, blank=True, default="")
    mcu_info = models.CharField(max_length=100, blank=True, default="")
    charge_time = models.IntegerField(default=0)
    purchase_order = models.IntegerField(default=0)
    created = CreatedAt()
    last_modified = ModifiedAt()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.deviceid


class Record(models.Model):
    """One plug-in session of a device; `start` and `end` in ticks."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="records", db_index=False
    )
    device = models.ForeignKey(
        Device, models.SET_NULL, null=True, blank=True, related_name="records", db_index=False
    )
    start = models.BigIntegerField(null=True, blank=True)
    end = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=24, default="complete")
    device_start = models.BigIntegerField(default=0)
    dev_id = models.CharField(max_length=64, blank=True, default="")
    firmware_rev = models.CharField(max_length=16, blank=True, default="000")
    soft_protocole = models.IntegerField(default=0)
    soft_uid = models.CharField(max_length=64, blank=True, default="")
    data_status = models.JSONField(null=True, blank=True)
    data = models.TextField(null=True, blank=True)
    npages = models.IntegerField(null=True, blank=True)
    n_uploaded_timelines = models.IntegerField(null=True, blank=True)
    garment = models.CharField(max_length=64, null=True, blank=True)
    algo = models.JSONField(null=True, blank=True)
    importfile = models.ForeignKey(
        ImportFile, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    last_modified = ModifiedAt()

    not_stored: ClassVar[frozenset[str]] = frozenset(("signals",))
    """Members of its seed that are no columns; apps/sandbox/seed_signals.py stores them."""

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="record_user"),
            sorted_index("record_user_start", "start", owner="user"),
            sorted_index("record_start", "start"),
            usual_index("record_user_usual", "start", owner="user"),
            usual_index("record_usual", "start"),
            sorted_index("record_user_device", "device", owner="user"),
            sorted_index("record_end", "end"),
            sorted_index("record_device", "device"),
            imported_index("record_importfile"),
            models.Index(fields=["last_modified", "id"], name="record_last_modified"),
            GistIndex(time_period(), name="record_period"),
            # Few at any time, which are looked for again and again.
            models.Index(
                fields=["id"],
                condition=Q(status=UNPROCESSED[0]) | Q(status=UNPROCESSED[1]),
                name="record_unprocessed",
            ),
            # The rows of the view behind `algo` in apps/bookkeeping, by their ids there.
            models.Index(algo_id(), condition=Q(IsNull(algo_id(), False)), name="record_algo"),
        ]
        constraints = [ends_after_start("record_ends_after_start")]

    def __str__(self) -> str:
        return f"record {self.pk}"


class Label(models.Model):
    """A word that a user attaches to objects."""

    name = models.CharField(max_length=100)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["user", "id"], name="label_user")]

    def __str__(self) -> str:
        return self.name


class Range(models.Model):
    """A labelled period of a user's time, `start` and `end` in ticks.

    `metrics` holds values that came with the range, as objects with metric id, value and zones;
    they are shown where nothing was recorded that metrics could be computed from.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ranges", db_index=False
    )
    name = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="")
    start = models.BigIntegerField()
    end = models.BigIntegerField(null=True, blank=True)
    rank = models.IntegerField(default=0)
    status = models.CharField(max_length=24, default="complete")
    trainingroutine = models.ForeignKey(
        TrainingRoutine, models.SET_NULL, null=True, blank=True, db_index=False
    )
    activitytype = models.ForeignKey(ActivityType, models.SET_NULL, null=True, blank=True)
    parent = models.ForeignKey("self", spare_others, null=True, blank=True, related_name="ranges")
    labels: models.ManyToManyField[Label, Any] = models.ManyToManyField(Label, blank=True)
    metrics = GivenMetrics(default=list, blank=True)
    autodetected = models.BooleanField(default=False)
    created = CreatedAt()
    last_modified = ModifiedAt()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="range_user"),
            models.Index(fields=["user", "start", "id"], name="range_user_start"),
            models.Index(fields=["start", "id"], name="range_start"),
            # Lists leave out detected ranges, and without them the index alone is enough.
            models.Index(
                fields=["user", "-start", "id"],
                condition=Q(autodetected=False),
                name="range_user_usual",
            ),
            models.Index(
                fields=["-start", "id"], condition=Q(autodetected=False), name="range_usual"
            ),
            sorted_index("range_end", "end"),
            sorted_index("range_duration", seconds_between()),
            sorted_index("range_trainingroutine", "trainingroutine"),
            models.Index(
                fields=["user", "trainingroutine", "start"],
                condition=Q(trainingroutine__isnull=False),
                name="range_user_routine",
            ),
            models.Index(fields=["rank", "id"], name="range_rank"),
            models.Index(fields=["last_modified", "id"], name="range_last_modified"),
        ]
        constraints = [ends_after_start("range_ends_after_start")]

    def __str__(self) -> str:
        return f"range {self.pk}"


class Annotation(models.Model):
    """A remark at a moment of a user's time (`start` in ticks)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    record = models.ForeignKey(Record, spare_others, null=True, blank=True, db_index=False)
    datatype = models.ForeignKey(Datatype, models.PROTECT, db_index=False)
    start = models.BigIntegerField()
    annotation = models.TextField(blank=True, default="")
    last_modified = ModifiedAt()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="annotation_user"),
            models.Index(fields=["user", "start", "id"], name="annotation_user_start"),
            models.Index(fields=["start", "id"], name="annotation_start"),
            sorted_index("annotation_record", "record"),
            models.Index(fields=["datatype", "id"], name="annotation_datatype"),
            models.Index(fields=["last_modified", "id"], name="annotation_last_modified"),
        ]

    def __str__(self) -> str:
        return self.annotation


class LabelledObject(models.Model):
    """A label on any object, named by its resource and id."""

    label = models.ForeignKey(Label, spare_others, db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_index=False
    )
    object_type = models.CharField(max_length=64)
    object_id = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["label", "id"], name="labelledobject_label"),
            models.Index(fields=["user", "id"], name="labelledobject_user"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"


class ActivityAttributeValue(models.Model):
    """The answer of a range to an activity attribute."""

    owner_path = "range__user"

    activityattribute = models.ForeignKey(ActivityAttribute, spare_others, db_index=False)
    range = models.ForeignKey(
        Range, models.CASCADE, related_name="attribute_values", db_index=False
    )
    value = models.FloatField()
    start = models.BigIntegerField(default=0)
    note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["activityattribute", "id"], name="attributevalue_attribute"),
            models.Index(fields=["range", "id"], name="attributevalue_range"),
            models.Index(fields=["start", "id"], name="attributevalue_start"),
            models.Index(fields=["value", "id"], name="attributevalue_value"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["range", "activityattribute"], name="one_value_per_attribute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.activityattribute_id} of range {self.range_id}"


class TrainingSession(models.Model):
    """A training that `users` and `teams` do together, live or not, from `start` to `end` in ticks.

    `status` only says whether somebody ended the live session. `range` is null only if another
    user's range was deleted.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="trainingsessions_led",
        db_index=False,
    )
    name = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="")
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    status = models.CharField(max_length=24, default="realtime")
    range = models.ForeignKey(
        Range,
        spare_others,
        null=True,
        blank=True,
        related_name="trainingsessions",
        db_index=False,
    )
    trainingroutine = models.ForeignKey(
        TrainingRoutine, models.SET_NULL, null=True, blank=True, db_index=False
    )
    users: models.ManyToManyField[models.Model, Any] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="trainingsessions"
    )
    teams: models.ManyToManyField[models.Model, Any] = models.ManyToManyField(
        "access.Team", blank=True, related_name="trainingsessions"
    )
    created = CreatedAt(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="trainingsession_user"),
            models.Index(fields=["user", "start", "id"], name="trainingsession_user_start"),
            models.Index(fields=["start", "id"], name="trainingsession_start"),
            models.Index(fields=["end", "id"], name="trainingsession_end"),
            sorted_index("trainingsession_range", "range"),
            sorted_index("trainingsession_routine", "trainingroutine"),
        ]
        constraints = [ends_after_start("trainingsession_ends_after_start")]

    def __str__(self) -> str:
        return f"training session {self.pk}"
