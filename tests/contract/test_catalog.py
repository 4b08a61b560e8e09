"""What the service defines for everybody, and what users add to it."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.accounts.models import User
from apps.catalog.models import (
    ActivityAttribute,
    ActivityType,
    Datatype,
    Metric,
    TrainingRoutine,
    Unit,
)
from apps.records.models import Range
from tests.contract.base import ResourceContract
from tests.contract.contract import link
from tests.people import PEOPLE


def new_unit(number: int = 1) -> Unit:
    return Unit.objects.create(si_short=f"u{number}", si_long=f"unit {number}")


def new_metric(number: int = 1) -> Metric:
    return Metric.objects.create(name=f"metric{number}", unit=new_unit(number))


def new_type(owner: User | None, number: int = 1) -> ActivityType:
    made = ActivityType.objects.create(
        name=f"type {number}", base="high", category="running", user=owner
    )
    made.default_metrics.add(new_metric(number))
    return made


def new_routine(owner: User | None, number: int = 1) -> TrainingRoutine:
    kind = new_type(owner, number)
    step = {"activitytype": kind.pk, "name": "warm up"}
    return TrainingRoutine.objects.create(
        name=f"routine {number}", activitytype=kind, steps=[step], user=owner
    )


class TestDatatype(ResourceContract):
    name = "datatype"
    seen_by = PEOPLE

    def make(self, owner: User | None, number: int = 1) -> Datatype:
        return Datatype.objects.create(
            dataid=90_000 + number, name=f"channel{number}", hexo_freq=256, position=number
        )


class TestUnit(ResourceContract):
    name = "unit"
    seen_by = PEOPLE

    def make(self, owner: User | None, number: int = 1) -> Unit:
        return new_unit(number)


class TestMetric(ResourceContract):
    name = "metric"
    seen_by = PEOPLE

    def make(self, owner: User | None, number: int = 1) -> Metric:
        return new_metric(number)


class TestContentType(ResourceContract):
    name = "contenttype"
    seen_by = PEOPLE

    def make(self, owner: User | None, number: int = 1) -> ContentType:
        return ContentType.objects.create(app_label="garage", model=f"bicycle{number}")


class TestActivityAttribute(ResourceContract):
    name = "activityattribute"

    def make(self, owner: User | None, number: int = 1) -> ActivityAttribute:
        return ActivityAttribute.objects.create(
            name=f"attribute {number}", unit=new_unit(number), user=owner
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {"attrtype": "calculated", "name": "distance"}


class TestActivityType(ResourceContract):
    name = "activitytype"

    def make(self, owner: User | None, number: int = 1) -> ActivityType:
        return new_type(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"name": "walk", "base": "low", "user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "base": "medium",
            "category": "cycling",
            "default_metrics": [link(new_metric(70), "metric"), link(new_metric(71), "metric")],
            "description": "On two wheels",
            "name": "ride",
        }


class TestTrainingRoutine(ResourceContract):
    name = "trainingroutine"

    def make(self, owner: User | None, number: int = 1) -> TrainingRoutine:
        made = new_routine(owner, number)
        if owner:
            Range.objects.create(user=owner, trainingroutine=made, start=256 * number)
        return made

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"name": "intervals", "steps": [], "user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        kind = link(new_type(owner, 70), "activitytype")
        return {
            "activitytype": kind,
            "application_metadata": [{"app": "mine"}],
            "description": "Four times four minutes",
            "metadata": {"level": 3},
            "name": "4x4",
            "steps": [{"activitytype": kind, "name": "run"}],
        }
