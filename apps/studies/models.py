"""Surveys with their answers, and the reports of studies. Who takes part is in apps/enrolment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from apps.api.columns import CreatedAt, ModifiedAt
from apps.enrolment.models import Study, StudyGroup
from apps.studies.columns import QuestionnaireColumn


class Survey(models.Model):
    """Questions to subjects: a FHIR R4 Questionnaire, as it was given.

    Everybody sees a `shared` survey, and the people of a study those that are its material. The
    `name` identifies a survey in seeds.
    """

    name = models.CharField(max_length=200, null=True, blank=True, unique=True)
    survey_description = models.CharField(max_length=10_000, blank=True, default="")
    fhir_questionnaire = QuestionnaireColumn()
    shared = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name or f"survey {self.pk}"


class SurveyItem(models.Model):
    """An item of a survey. A trigger of the database fills this table (apps/studies/triggers.py).

    It keeps its id as long as the survey has its linkId, and as a `former` one after that.
    `position` counts all items of the survey from 1, in their order.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions", db_index=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="inner")
    link_id = models.CharField(max_length=255)
    text = models.TextField()
    type = models.CharField(max_length=32)
    required = models.BooleanField()
    repeats = models.BooleanField()
    position = models.IntegerField()
    former = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "link_id"], name="one_question_per_link_id")
        ]
        indexes = [
            models.Index(fields=["position", "id"], name="question_position"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} of survey {self.survey_id}"


class SurveyAnswers(models.Model):
    """What `user`, a subject of `study`, answered at one time. It never changes.

    `authored` is the text of its time, as it is shown, and `moment` the same in ticks. Where only
    the date is known, `moment` is where that date begins in UTC, and `has_time` is off.
    """

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="answers")
    study = models.ForeignKey(Study, models.CASCADE, related_name="answers", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="survey_answers", db_index=False
    )
    fhir_answer: models.JSONField[Any, Any] = models.JSONField()
    status = models.CharField(max_length=32)
    authored = models.CharField(max_length=64)
    moment = models.BigIntegerField()
    has_time = models.BooleanField(default=True)
    created = CreatedAt()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "survey", "user", "moment", "has_time"],
                name="one_answer_at_a_time",
            )
        ]
        indexes = [
            models.Index(fields=["user", "moment"], name="surveyanswers_user"),
            models.Index(fields=["moment", "id"], name="surveyanswers_moment"),
            models.Index(fields=["study", "id"], name="surveyanswers_study"),
        ]

    def __str__(self) -> str:
        return f"answers {self.pk} to {self.survey_id}"


class SurveyAnswer(models.Model):
    """The answer to one question. A trigger of the database fills this table from SurveyAnswers
    (apps/studies/triggers.py).

    `answer` is the FHIR list of answers, each with a value[x]. A question in a group that repeats
    has a row for each time it was answered.
    """

    surveyanswers = models.ForeignKey(SurveyAnswers, models.CASCADE, related_name="answered")
    question = models.ForeignKey(SurveyItem, models.PROTECT, related_name="answers")
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="+")
    study = models.ForeignKey(Study, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    moment = models.BigIntegerField()
    answer: models.JSONField[Any, Any] = models.JSONField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "moment"], name="surveyanswer_user"),
            models.Index(fields=["study", "id"], name="surveyanswer_study"),
        ]

    def __str__(self) -> str:
        return f"answer to {self.question_id} in {self.surveyanswers_id}"


class StudyReportKind(models.TextChoices):
    """What a report is about."""

    COMPLIANCE = "compliance"
    ANSWERS = "answers"
    METRICS = "metrics"


class StudyReport(models.Model):
    """What a report of a study contains. `start` and `end` are its first day, and the day after its
    last."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="reports")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=StudyReportKind)
    survey = models.ForeignKey(Survey, models.PROTECT, null=True, blank=True)
    study_group = models.ForeignKey(StudyGroup, models.PROTECT, null=True, blank=True)
    include_metrics: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    start = models.DateField(null=True, blank=True)
    end = models.DateField(null=True, blank=True)
    group_by = models.CharField(max_length=16, blank=True, default="")
    created = CreatedAt()
    last_modified = ModifiedAt()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class GenerationStatus(models.TextChoices):
    """How far a generated report is."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETE = "complete"
    ERROR = "error"


class StudyGeneratedReport(models.Model):
    """A report as it was at one time: a job makes it. `content` is its table as JSON, with a list
    of columns and a list of rows; null until then."""

    report = models.ForeignKey(StudyReport, models.CASCADE, related_name="generated")
    created = CreatedAt()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(
        max_length=16, choices=GenerationStatus, default=GenerationStatus.QUEUED
    )
    progress = models.FloatField(default=0)
    deidentified = models.BooleanField(default=False)
    error = models.CharField(max_length=500, blank=True, default="")
    rows = models.IntegerField(null=True, blank=True)
    content: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.report_id}, {self.status}"
