"""What the service defines for everybody: units, datatypes, metrics, activities; and the files that
users import, since routines may come from one."""

from __future__ import annotations

from typing import IO, Any, ClassVar

from django.conf import settings
from django.db import models

from apps.api.columns import CreatedAt
from apps.api.indexes import imported_index, sorted_index


class Unit(models.Model):
    """A physical unit."""

    si_short = models.CharField(max_length=32, blank=True)
    si_long = models.CharField(max_length=64, blank=True)
    info = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.si_short


ALWAYS, RECORDED, ON_REQUEST = "always", "recorded", "on request"
"""When a binary download that names no datatypes has a file of this one. `RECORDED` means: if the
record has the channel."""


class Datatype(models.Model):
    """A channel: how its samples are spaced, scaled and named.

    `hexo_freq` is the spacing in ticks (None: asynchronous). A stored count c means c * gain +
    offset in `unit`. The first sample is `first_sample` ticks after the start of its record. `json`
    says whether JSON has counts ("raw") or "physical" values. `download` is one of ALWAYS, RECORDED
    and ON_REQUEST.
    """

    dataid = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=64)
    hexo_freq = models.IntegerField(null=True, blank=True)
    info = models.CharField(max_length=300, blank=True, default="")
    position = models.IntegerField(default=0)
    kind = models.CharField(max_length=16, default="sync")
    unit = models.CharField(max_length=32, blank=True, default="")
    gain = models.FloatField(default=1.0)
    offset = models.FloatField(default=0.0)
    signed = models.BooleanField(default=False)
    bits = models.IntegerField(default=16)
    first_sample = models.IntegerField(default=0)
    json = models.CharField(max_length=16, default="raw")
    channel = models.CharField(max_length=64, blank=True, default="")
    codes = models.JSONField(default=dict, blank=True)
    download = models.CharField(max_length=16, default=ON_REQUEST)

    not_stored: ClassVar[frozenset[str]] = frozenset(("facts",))
    """Members of its seed that are no columns; apps/catalog/datatype_facts.py reads them."""

    class Meta:
        ordering = ["dataid"]

    def __str__(self) -> str:
        return self.name


class Metric(models.Model):
    """The definition of a single value or histogram that sums up a stretch of data.

    `former_name` and `former_title` are those of the oldest version of the API, where they differ.
    """

    name = models.CharField(max_length=64)
    former_name = models.CharField(max_length=64, blank=True, default="")
    title = models.CharField(max_length=64, blank=True, default="")
    former_title = models.CharField(max_length=64, blank=True, default="")
    type = models.CharField(max_length=16, default="metric")
    unit = models.ForeignKey(Unit, models.PROTECT)
    description = models.CharField(max_length=300, blank=True, default="")
    writable = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    zones = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class ActivityAttribute(models.Model):
    """A question about a range of some activity type, answered by hand or by computation."""

    name = models.CharField(max_length=64, blank=True, default="")
    attrtype = models.CharField(max_length=16, default="user")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_index=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [sorted_index("activityattribute_user", "user")]

    def __str__(self) -> str:
        return self.name


class ActivityType(models.Model):
    """A family of training routines; decides processing, attributes and default metrics."""

    name = models.CharField(max_length=64)
    base = models.CharField(max_length=16, default="medium")
    category = models.CharField(max_length=32, null=True, blank=True)
    description = models.CharField(max_length=1000, blank=True, default="")
    default_metrics: models.ManyToManyField[Metric, Any] = models.ManyToManyField(
        Metric, blank=True
    )
    attributes: models.ManyToManyField[ActivityAttribute, Any] = models.ManyToManyField(
        ActivityAttribute, blank=True
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_index=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [sorted_index("activitytype_user", "user")]

    def __str__(self) -> str:
        return self.name


class ImportFile(models.Model):
    """A file that a user imports: `apps/exchange` makes objects of it.

    `progress` goes from 0 to 1. Then `results` is an object with the text of an `error`, or a list
    of what there is of the file: for each part its name, the resource, and the key of the row. The
    content is in the pieces, until the end. `sha256` is the digest of it in hexadecimal digits.
    """

    content: IO[bytes] | None = None
    """The content of a file that was just received and has no pieces yet."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports", db_index=False
    )
    created = CreatedAt()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100, blank=True, default="")
    progress = models.FloatField(default=0.0)
    results = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="importfile_user"),
            models.Index(fields=["user", "sha256", "id"], name="importfile_content"),
            models.Index(fields=["created", "id"], name="importfile_created"),
            models.Index(fields=["user", "created", "id"], name="importfile_user_created"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class ImportPiece(models.Model):
    """A piece of the content of a file; small enough to be in memory."""

    importfile = models.ForeignKey(
        ImportFile, models.CASCADE, related_name="pieces", db_index=False
    )
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["importfile", "number"]
        constraints = [
            models.UniqueConstraint(fields=["importfile", "number"], name="one_piece_per_number")
        ]

    def __str__(self) -> str:
        return f"piece {self.number} of import {self.importfile_id}"


class TrainingRoutine(models.Model):
    """The template of an activity. `steps` has objects whose `activitytype` is an id."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=2000, blank=True, default="")
    activitytype = models.ForeignKey(
        ActivityType, models.SET_NULL, null=True, blank=True, db_index=False
    )
    metadata = models.JSONField(null=True, blank=True)
    application_metadata = models.JSONField(null=True, blank=True)
    steps = models.JSONField(default=list, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_index=False
    )
    importfile = models.ForeignKey(
        ImportFile, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            sorted_index("trainingroutine_user", "user"),
            sorted_index("trainingroutine_activitytype", "activitytype"),
            imported_index("trainingroutine_importfile"),
        ]

    def __str__(self) -> str:
        return self.name
