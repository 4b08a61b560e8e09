"""Answers of ranges: `/api/activityattributevalue/`."""

from __future__ import annotations

from apps.access.visibility import OwnedBy
from apps.api import registry
from apps.api.derived import URI
from apps.api.fields import Float, Id, Text, Ticks
from apps.api.relations import ToOne
from apps.api.resources import GET, ModelResource
from apps.records.models import (
    ActivityAttributeValue,
)


@registry.register_resource
class ActivityAttributeValueResource(ModelResource[ActivityAttributeValue]):
    name = "activityattributevalue"
    summary = "The answer of a range to an activity attribute. It is written with the range."
    model = ActivityAttributeValue
    owner_order = ()  # the owner stands in the range
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "activityattribute": ToOne("activityattribute", help="The question."),
        "id": Id(readonly=True, unique=True),
        "note": Text(blank=True, help="A remark on the answer."),
        "range": ToOne("range", help="The range that answers."),
        "resource_uri": URI(),
        "start": Ticks(blank=True, help="When it was answered."),
        "user": ToOne("user", attribute="range__user", readonly=True, unlisted=True),
        "value": Float(help="The answer."),
    }
    filtering = {
        "activityattribute": ["in", "exact"],
        "id": ["in", "exact"],
        "range": ["in", "exact"],
        "start": ["in", "exact", "gt", "gte", "lt", "lte"],
        "user": ["in", "exact"],
        "value": ["in", "exact", "gt", "gte", "lt", "lte"],
    }
    ordering = ("id", "user", "start", "range", "value")
    visible = OwnedBy("range__user")
