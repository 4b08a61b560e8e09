"""Studies, and who takes part in them. Rights on the data of subjects follow from these rows
(apps/access/visibility.py); apps/studies plans and reports.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from apps.api.columns import CreatedAt


class StudyStatus(models.IntegerChoices):
    """What a study allows (studies 8). A deleted one is seen by nobody but staff."""

    DISABLED = 0
    NORMAL = 1
    FROZEN = 2
    EXTENDED = 3
    DELETED = 4


class Study(models.Model):
    """A group of people whom its team observes by one plan.

    `uuid` is the first part of its subjects' user names and never changes. `timezone` is for
    subjects who have none of their own. `duration_in_days` counts from the first day of each
    subject; 0 or None is without end. `planning` is as apps/studies/planning writes it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="studies_owned"
    )
    name = models.CharField(max_length=200)
    uuid = models.CharField(max_length=32)
    timezone = models.CharField(max_length=64, default="UTC")
    duration_in_days = models.IntegerField(null=True, blank=True)
    status = models.SmallIntegerField(choices=StudyStatus.choices, default=StudyStatus.NORMAL)
    planning: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    description = models.CharField(max_length=10_000, blank=True, default="")
    type = models.CharField(max_length=64, blank=True, default="")
    icon = models.CharField(max_length=500, blank=True, default="")
    unit_system = models.SmallIntegerField(default=1)
    cloneable = models.BooleanField(default=False)
    created = CreatedAt()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("uuid"), name="one_study_per_uuid")]

    def __str__(self) -> str:
        return self.name


class StudyMember(models.Model):
    """An administrator of a study. Its owner has no such row."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="studies_administered"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "user"], name="one_role_per_study_member")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} administers {self.study_id}"


class StudyGroup(models.Model):
    """A part of the subjects of a study."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="groups", db_index=False)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="one_group_per_name")]

    def __str__(self) -> str:
        return self.name


class StudySubject(models.Model):
    """A person whom a study observes, from `start_date`.

    `subject_id` is what the study calls them, in small letters. Those who left keep their row with
    the moment in `withdrawn`, so that the same account comes back under the same id. `timezone` is
    null for that of the study. `metrics` is JSON in a text, as programs sent it.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="subjects", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="studies_joined"
    )
    study_group = models.ForeignKey(
        StudyGroup, models.PROTECT, null=True, blank=True, related_name="subjects"
    )
    subject_id = models.CharField(max_length=100)
    start_date = models.DateField()
    timezone = models.CharField(max_length=64, null=True, blank=True)
    status = models.CharField(max_length=100, blank=True, default="")
    metrics = models.TextField(blank=True, default="{}")
    created = CreatedAt()
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "user"], name="one_subject_per_user"),
            models.UniqueConstraint(fields=["study", "subject_id"], name="one_subject_per_id"),
        ]
        indexes = [models.Index(fields=["study", "id"], name="studysubject_study")]

    def __str__(self) -> str:
        return f"{self.subject_id} of {self.study_id}"


class StudyMaterial(models.Model):
    """An object that everybody who takes part in a study may see: a routine, an activity type or a
    survey.

    `kind` is the name of its resource. What a planning names has `planned` set, and goes when the
    planning no longer names it.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="materials", db_index=False)
    kind = models.CharField(max_length=32)
    object_id = models.BigIntegerField()
    planned = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "kind", "object_id", "planned"], name="one_material_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} of {self.study_id}"
