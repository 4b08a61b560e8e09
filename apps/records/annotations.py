"""Remarks at a moment: `/api/annotation/`."""

from __future__ import annotations

from datetime import datetime

from apps.access.visibility import OwnedBy
from apps.api import registry
from apps.api.context import Context
from apps.api.derived import URI, Computed
from apps.api.fields import DateTime, Id, Text, Ticks
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import Version
from apps.records.models import (
    Annotation,
)
from apps.records.resources import start_date
from hexostore import hexotime


def modified_ticks(_context: Context, moment: datetime) -> int:
    """Return the last change in ticks, as in the published annotation (API reference, Create,
    Update and Delete)."""
    return hexotime.from_datetime(moment)


@registry.register_resource
class AnnotationResource(ModelResource[Annotation]):
    """See API reference, Create, Update and Delete."""

    name = "annotation"
    summary = "A note on a moment."
    model = Annotation
    owner_order = ("id", "start")
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "annotation": Text(default="", help="The remark."),
        "datatype": ToOne("datatype", blank=True, help="The data that it is about."),
        "id": Id(blank=True, default="", unique=True),
        "last_modified": DateTime(blank=True, default=True, help="When it was changed last."),
        "last_update": Computed(
            ("last_modified",),
            modified_ticks,
            kind="integer",
            since=Version.V4_0,
            help="The last change, in ticks of 1/256 s since 1970, UTC.",
        ),
        "record": ToOne("record", null=True, blank=True, help="The record that it is about."),
        "resource_uri": URI(),
        "start": Ticks(help="The moment that it is about."),
        "start_date": start_date(),
        "user": ToOne("user", help="Whose data it is about."),
    }
    filtering = {
        "datatype": KEY,
        "id": KEY,
        "last_modified": KEY,
        "record": KEY,
        "start": KEY,
        "user": KEY,
    }
    ordering = ("id", "user", "record", "datatype", "start", "last_modified")
    visible = OwnedBy("user")
