"""Who wrote what, tokens of other services, reports to make, versions of algorithms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Max, Q, QuerySet
from rest_framework.request import Request

from apps.access.visibility import OwnedBy
from apps.api import paging, registry
from apps.api.bodies import JSONValue
from apps.api.callers import Caller
from apps.api.context import Context
from apps.api.derived import URI, Computed
from apps.api.errors import NotFound
from apps.api.fields import JSON, Column, DateTime, Id, Integer, Reader, Text, Ticks
from apps.api.lookups import KEY, ORDERED
from apps.api.relations import ToMany, ToOne
from apps.api.resources import GET, PATCH, POST, ModelResource, Resource, ResourceReply
from apps.api.versions import Version
from apps.bookkeeping.models import ActivityLog, Algo, ConnectToken, TemplateReport
from apps.credentials.fields import Concealed
from apps.metrics.questions import REPORT_FILTERING
from hexostore import hexotime


class OnlyMine:
    """Rows that nobody but their user sees, not even staff, since they contain secrets."""

    def condition(self, caller: Caller) -> Q:
        return Q(user=caller.pk)

    def may_change(self, caller: Caller, row: ConnectToken) -> bool:
        return bool(row.user_id == caller.pk)


OF_THEIR_USER = OwnedBy("user")


class LogArguments(django_filters.FilterSet):  # type: ignore[misc]
    """`lastchange=true`: only the newest visible row of each object."""

    lastchange = django_filters.BooleanFilter(method="by_newest")

    def by_newest(self, rows: QuerySet[Any], name: str, wanted: bool) -> QuerySet[Any]:
        """Return the newest row of each object, among the given visible rows."""
        if not wanted:
            return rows
        assert self.request is not None
        seen = rows.filter(OF_THEIR_USER.condition(self.request.user))
        objects = seen.order_by().values("object_resource_uri")
        return rows.filter(pk__in=objects.annotate(newest=Max("pk")).values("newest"))


class ObjectURI(Text):
    """The path of an object, with the prefix of the request."""

    def reader(self, context: Context, prefix: str = "") -> Reader:
        root = context.prefix
        return Reader(
            (f"{prefix}{self.attribute}",),
            lambda path: path and f"{root}/{path.removeprefix('/api/')}",
        )


@registry.register_resource
class ActivityLogResource(ModelResource[ActivityLog]):
    name = "activitylog"
    summary = "Every write through the API. Objects have the names that they had then."
    model = ActivityLog
    owner_order = ("id", "date")
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "application": ToOne(
            "oauthclient",
            attribute="client",
            null=True,
            guarded=True,
            help="The program that wrote, for those who may see it.",
        ),
        "content_type": ToOne("contenttype", null=True, help="The kind of the object."),
        "date": DateTime(blank=True, default=True, help="When it was written."),
        "id": Id(readonly=True, unique=True),
        "method": Text(help="The method of the request."),
        "object_id": Integer(
            null=True, default=None, help="The id of the object; null for several."
        ),
        "object_resource_uri": ObjectURI(
            null=True, help="The path of the object; null for several."
        ),
        "path": Text(help="The path of the request."),
        "resource_name": Text(help="The resource that was written to."),
        "resource_uri": URI(),
        "user": ToOne("user", null=True, help="Who wrote."),
        "user_agent": Text(default="", help="How the program called itself."),
    }
    filtering = {
        "date": ORDERED,
        "id": KEY,
        "lastchange": ["true"],
        "method": ["exact", "in"],
        "object_id": ["exact", "in", "isnull"],
        "object_resource_uri": ["exact", "in", "isnull"],
        "resource_name": ["exact", "in"],
        "user": KEY,
    }
    ordering = (
        "id",
        "date",
        "resource_name",
        "object_id",
        "object_resource_uri",
        "user",
        "method",
    )
    visible = OF_THEIR_USER
    arguments = LogArguments


@registry.register_resource
class ConnectTokenResource(ModelResource[ConnectToken]):
    """A request with a token sees that they exist, but not their values."""

    name = "connecttoken"
    summary = "The caller's keys at other services."
    description = "A token is told that they are there, not what they are."
    model = ConnectToken
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "data": Concealed(
            null=True,
            default="",
            help="What else the other service gave; empty for whoever asks with a token.",
        ),
        "expires": DateTime(null=True, help="When the key ends; null if it does not."),
        "foreign_user_id": Text(help="The user's id at the other service."),
        "id": Id(readonly=True, unique=True),
        "resource_uri": URI(),
        "service": Text(help="The other service."),
        "token": Concealed(help="The key itself; empty for whoever asks with a token."),
    }
    visible = OnlyMine()


class Hour(Ticks):
    """A HexoTimestamp on a full hour UTC, rounded down or `up` (behaviour 11)."""

    def __init__(self, *, up: bool = False, **flags: Any) -> None:
        super().__init__(**flags)
        self.up = up

    def convert(self, value: JSONValue, column: Column) -> int:
        hour = hexotime.to_full_hour(super().convert(value, column), up=self.up)
        return super().convert(hour, column)


@registry.register_resource
class TemplateReportResource(ModelResource[TemplateReport]):
    name = "templatereport"
    summary = "What a report should contain, stored so that it can be made again."
    description = "A report with `templatereport` and its id is made from these arguments."
    model = TemplateReport
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET,)
    fields = {
        "activitytype": ToOne("activitytype", null=True, help="Only activities of this type."),
        "category": ToOne(
            "activitytype", null=True, help="Only activities of the category of this type."
        ),
        "end": Hour(up=True, null=True, help="The end of the time, rounded up to a full hour."),
        "include_metrics": ToMany("metric", help="The metrics that the report shows."),
        "range": ToOne("range", null=True, help="The activity that it is about."),
        "record": ToOne("record", null=True, help="The record that it is about."),
        "resource_uri": URI(),
        "start": Hour(null=True, help="The start of the time, rounded down to a full hour."),
        "trainingroutine": ToOne(
            "trainingroutine", null=True, help="Only activities of this routine."
        ),
        "user": ToOne("user", null=True, help="Whose report it is."),
    }
    filtering = dict(REPORT_FILTERING)
    visible = OwnedBy("user")

    @classmethod
    def prepare(cls, row: TemplateReport, data: Mapping[str, JSONValue], context: Context) -> None:
        if "user" not in data:
            row.user = context.user(get_user_model())


def iso_moment(context: Context, text: str | None) -> str | None:
    """Return the time that a record keeps as text, in the form of the store; None if it is
    malformed."""
    try:
        return context.conventions.moment(hexotime.as_utc(datetime.fromisoformat(text or "")))
    except (ValueError, OverflowError):
        return None


@registry.register_resource
class AlgoResource(ModelResource[Algo]):
    name = "algo"
    summary = "The versions of the algorithms that processed a record."
    model = Algo
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "algorithms": JSON(kind="dict", help="The version of each algorithm, by its name."),
        "created": Computed(
            ("created",),
            iso_moment,
            kind="datetime",
            null=True,
            help="When the record was processed.",
        ),
        "id": Id(readonly=True, unique=True),
        "record_id": Integer(help="The id of the record."),
        "resource_uri": URI(),
    }
    visible = OwnedBy("user")
    since, listed_since = Version.V3_3, Version.V4_0


class NameOnly(Resource):
    """A resource that documents of 2014 and 2015 name without describing it.

    It exists in version 2.0.x and has no objects.
    """

    list_methods = (GET,)
    until = Version.V2_0

    def get_list(self, context: Context, request: Request) -> ResourceReply:
        page = paging.parse_page(request.query_params, self.limit, self.max_limit)
        return ResourceReply(
            {"meta": page.meta(request.path, request.query_params, 0), "objects": []}
        )


@registry.register_resource
class ZoneResource(NameOnly):
    name = "zone"
    summary = "Zones of an indicator. Later versions show them in metrics and profiles."
    detail_methods = (GET,)
    fields = {"resource_uri": URI()}

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        raise NotFound
