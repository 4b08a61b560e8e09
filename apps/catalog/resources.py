"""What the service defines for everybody: datatype, unit, metric, activities, routines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import django_filters
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BigIntegerField,
    CharField,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf

from apps.access.visibility import OwnedBy, Shared
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, AnnotatedField
from apps.api.fields import JSON, Argument, Boolean, Id, Integer, Text
from apps.api.lookups import ALL_WITH_RELATIONS, KEY
from apps.api.relations import ToMany, ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import OLDEST, Version
from apps.catalog.fields import Steps
from apps.catalog.models import (
    ActivityAttribute,
    ActivityType,
    Datatype,
    Metric,
    TrainingRoutine,
    Unit,
)
from hexostore import hexotime

BASES = ("sleep", "rest", "low", "medium", "high")
CATEGORIES = ("sleep", "resting", "lifestyle", "running", "cycling", "general sports")


class UsingArguments(django_filters.FilterSet):  # type: ignore[misc]
    """`using=true`: rows that the caller has used in a range of their own; `false`: all others."""

    using = django_filters.BooleanFilter(method="by_use")

    def by_use(self, rows: QuerySet[Any], name: str, used: bool) -> QuerySet[Any]:
        """Return the rows that ranges of the caller name, or all others."""
        assert self.request is not None
        field = "trainingroutine" if rows.model is TrainingRoutine else "activitytype"
        mine = _visible_ranges().filter(user=self.request.user.pk).exclude(**{field: None})
        met = Q(pk__in=mine.values(field))
        return rows.filter(met if used else ~met)


def _visible_ranges() -> QuerySet[Any]:
    """Return the ranges. Their model is looked up late, because it is in an app above this one."""
    return apps.get_model("records", "Range")._default_manager.all()


@registry.register_resource
class DatatypeResource(ModelResource[Datatype]):
    """See API reference, Datatype."""

    name = "datatype"
    summary = "A channel of biometric data."
    model = Datatype
    key = "dataid"
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "dataid": Id(readonly=True, unique=True),
        "hexo_freq": Integer(
            null=True, help="Ticks of 1/256 s from one sample to the next; null for events."
        ),
        "id": Id("dataid", readonly=True, since=Version.V4_0),
        "info": Text(default="", help="What is measured, in a sentence."),
        "name": Text(help="The name, as programs spell it."),
        "resource_uri": URI(),
    }
    visible = Shared()
    cached_by = ("catalog_datatype",)
    order = ("position",)


@registry.register_resource
class UnitResource(ModelResource[Unit]):
    name = "unit"
    summary = "A physical unit."
    model = Unit
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "id": Id(readonly=True, unique=True),
        "info": Text(default="", help="What the unit is for."),
        "resource_uri": URI(),
        "si_long": Text(help="The name of the unit."),
        "si_short": Text(help="The sign of the unit."),
    }
    visible = Shared()
    cached_by = ("catalog_unit",)


def metric_name(context: Context) -> Combinable:
    """The name of a metric in the version of the API that was asked for."""
    if context.version != OLDEST:
        return F("name")
    return Coalesce(NullIf(F("former_name"), Value("")), F("name"))


@registry.register_resource
class MetricResource(ModelResource[Metric]):
    name = "metric"
    summary = "The definition of a metric. Its `value` needs a record or a range."
    model = Metric
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "description": Text(blank=True, default="", readonly=True, help="What the metric tells."),
        "id": Id(readonly=True, unique=True),
        "name": AnnotatedField(
            metric_name, CharField(), unique=True, help="The name, as programs spell it."
        ),
        "resource_uri": URI(),
        "title": Text(readonly=True, since=Version.V4_0, help="The name, as people read it."),
        "type": Text(
            readonly=True,
            unique=True,
            help="The kind of result: `metric`, a number, or `histogram`.",
        ),
        "unit": ToOne("unit", full="both", readonly=True, help="The unit of its values."),
        "value": Argument(help="A value; only metrics inside of ranges and profiles have it."),
        "writable": Boolean(readonly=True, unique=True, help="Whether programs may write values."),
    }
    filtering = {"id": KEY, "name": ["exact"], "show_all": ["exact"]}
    ordering = ("id",)
    visible = Shared()
    cached_by = ("catalog_metric", "catalog_unit")
    hidden = Q(hidden=True)
    shown_by = ("show_all",)


OwnedRow = TypeVar("OwnedRow", bound=ActivityAttribute | ActivityType | TrainingRoutine)


class OptionallyOwned(ModelResource[OwnedRow]):
    """Rows that belong to the service or to one user. Without a given owner, a new row belongs to
    the caller."""

    @classmethod
    def prepare(cls, row: OwnedRow, data: Mapping[str, JSONValue], context: Context) -> None:
        if not row.pk and "user" not in data and not context.caller.is_staff:
            row.user = context.user(get_user_model())


@registry.register_resource
class ActivityAttributeResource(OptionallyOwned[ActivityAttribute]):
    name = "activityattribute"
    summary = (
        "A question about ranges of some activity types. Its answers are in activityattributevalue."
    )
    model = ActivityAttribute
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "attrtype": Text(blank=True, default="user", help="Who answers: `user` for people."),
        "id": Id(readonly=True, unique=True),
        "name": Text(default="", help="The question."),
        "resource_uri": URI(),
        "unit": ToOne("unit", full="both", null=True, blank=True, help="The unit of the answers."),
        "user": ToOne("user", null=True, help="Whose question it is; null for everybody's."),
    }
    filtering = {"datatype": KEY, "id": KEY, "user": ["exact", "in", "isnull"]}
    ordering = ("id", "datatype", "user")
    visible = OwnedBy("user", shared=True)


@registry.register_resource
class ActivityTypeResource(OptionallyOwned[ActivityType]):
    name = "activitytype"
    summary = "A family of training routines. It decides the processing and the default metrics."
    model = ActivityType
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "base": Text(help="The family that decides how ranges are processed."),
        "category": Text(null=True, help="The group that the type stands in."),
        "default_metrics": ToMany(
            "metric",
            blank=True,
            default=[],
            help="The metrics that ranges of the type always have.",
        ),
        "description": Text(blank=True, default="", help="What the type is for."),
        "id": Id(readonly=True, unique=True),
        "name": Text(help="The name of the type."),
        "resource_uri": URI(),
        "user": ToOne("user", null=True, help="Whose type it is; null for everybody's."),
        "using": Argument(
            help="An argument of queries: whether the caller has ranges of the type."
        ),
    }
    filtering = {
        "base": ["exact", "in"],
        "category": ["exact", "in"],
        "id": KEY,
        "show_all": ["exact"],
        "user": KEY,
        "using": ["exact"],
    }
    ordering = ("id", "user")
    visible = OwnedBy("user", shared=True, material="activitytype")
    arguments = UsingArguments

    @classmethod
    def validate(cls, row: ActivityType) -> dict[str, list[str]]:
        errors = {}
        if row.base not in BASES:
            errors["base"] = [f"This must be one of {', '.join(BASES)}."]
        if row.category is not None and row.category not in CATEGORIES:
            errors["category"] = [f"This must be one of {', '.join(CATEGORIES)}."]
        return errors


def last_use(context: Context) -> Subquery:
    """Return the start of the caller's latest range with the routine, in ticks."""
    mine = _visible_ranges().filter(trainingroutine=OuterRef("pk"), user=context.caller.pk)
    latest = mine.order_by().values("trainingroutine").annotate(latest=Max("start"))
    return Subquery(latest.values("latest"), output_field=BigIntegerField())


def ticks_moment(context: Context, ticks: int | None) -> str | None:
    """Return ticks as a date text; None for None and for a moment outside the calendar."""
    try:
        return None if ticks is None else context.conventions.moment(hexotime.to_datetime(ticks))
    except OverflowError:
        return None


def import_link(*, since: Version = OLDEST) -> ToOne:
    """Return the field of objects that may come with an import."""
    return ToOne(
        "import",
        null=True,
        blank=True,
        readonly=True,
        since=since,
        help="The import that it came with.",
    )


@registry.register_resource
class TrainingRoutineResource(OptionallyOwned[TrainingRoutine]):
    """See API reference, Training Routine."""

    name = "trainingroutine"
    summary = "The template of an activity. Ranges are its instances."
    model = TrainingRoutine
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "activitytype": ToOne(
            "activitytype", null=True, blank=True, help="The type of activities made from it."
        ),
        "application_metadata": JSON(
            related="to_many", null=True, help="What programs keep with it: any value."
        ),
        "description": Text(blank=True, default="", help="What the routine is for."),
        "id": Id(readonly=True, unique=True),
        "importfile": import_link(),
        "last_used": AnnotatedField(
            last_use,
            BigIntegerField(),
            ticks_moment,
            kind="datetime",
            personal=True,
            null=True,
            blank=True,
            help="The start of the caller's latest range with it.",
        ),
        "metadata": JSON(null=True, help="What else is known of it: any value."),
        "name": Text(help="The name of the routine."),
        "resource_uri": URI(),
        "steps": Steps(help="The steps in their order, each with an activity type."),
        "user": ToOne("user", null=True, help="Whose routine it is; null for everybody's."),
        "using": Argument(help="An argument of queries: whether the caller has ranges with it."),
    }
    filtering = {
        "activitytype": ALL_WITH_RELATIONS,
        "id": KEY,
        "user": KEY,
        "using": ["exact"],
    }
    ordering = ("id", "user", "last_used", "activitytype")
    visible = OwnedBy("user", shared=True, material="trainingroutine")
    arguments = UsingArguments


@registry.register_resource
class ContentTypeResource(ModelResource[ContentType]):
    name = "contenttype"
    summary = "A kind of object. Other resources name kinds by these URIs."
    model = ContentType
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {"resource_uri": URI()}
    visible = Shared()
