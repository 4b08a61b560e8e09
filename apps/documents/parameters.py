"""The parameters of requests in OpenAPI: filters, ordering, paging, headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from apps.api import lookups, ordering, versions
from apps.api.context import Context
from apps.api.derived import AnnotatedField
from apps.api.fields import Argument, Boolean, DateTime, Field, Float, Integer
from apps.api.relations import Relation
from apps.api.resources import ModelResource, Resource
from apps.api.versions import NEWEST, Version
from apps.documents import examples, json_schemas

Schema = json_schemas.Schema

_NUMBERS = ("exact", "gt", "gte", "in", "isnull", "lt", "lte", "range")
_TEXTS = (
    "contains",
    "endswith",
    "exact",
    "gt",
    "gte",
    "icontains",
    "iendswith",
    "iexact",
    "in",
    "isnull",
    "istartswith",
    "lt",
    "lte",
    "range",
    "startswith",
)
_MEANING = {
    "exact": "Equal to the value; `none` for null.",
    "in": "Equal to one of the values.",
    "range": "From the first value to the second, both included.",
    "gt": "Greater than the value.",
    "gte": "Greater than the value or equal.",
    "lt": "Less than the value.",
    "lte": "Less than the value or equal.",
    "isnull": "Whether there is no value.",
}

_OF_DAYS = "For a report of each day UTC by itself: "
_NO_EFFECT = "Accepted because clients send it, but it has no effect."
_NO_FIELDS = {
    "deidentify": "Whether to leave out who took part: names, dates and free texts.",
    "display": _NO_EFFECT,
    "end": "The end of the time, in ticks.",
    "group_by": f"{_OF_DAYS}`day`.",
    "grouped": f"{_OF_DAYS}`true`.",
    "id": "Only these records, by id or URI.",
    "include_autodetected": "Whether to list automatically detected ranges too.",
    "include_histograms": "The histograms to show, by id or URI.",
    "include_metrics": "The metrics to show, by id or URI, in this order; what is none is skipped.",
    "lastchange": "Whether to list only the newest row of each object.",
    "search": "Words that the names or the e-mail address contain, all of them, in any order.",
    "show_all": "Whether to list hidden rows too.",
    "start": "The start of the time, in ticks.",
    "templatereport": "A stored report, by id or URI; its arguments count unless others are sent.",
    "time": f"{_OF_DAYS}`day`.",
    "using": "`true` for rows that ranges of the caller use, `false` for all others.",
}
"""What query arguments do that are not fields of the rows."""

_IGNORED = {
    "activityattribute": {"datatype"},
    "templatereport": {"display", "group_by", "grouped", "include_autodetected", "time"},
}
"""Arguments of each resource that the schema lists but that have no effect."""

_DATA_SCHEMAS: dict[str, Schema] = {
    "flat": {"type": "boolean"},
    "max_values": {"type": "integer", "minimum": 1},
    "no_timestamps": {"type": "boolean"},
    "seconds": {"type": "boolean"},
}
"""The types of the arguments of data. Schema documents call all of them integers."""


def shared_parameters(context: Context) -> dict[str, Schema]:
    """Return the parameters that many operations share, as named components."""
    return {
        "version": _version_parameter(context.version),
        "format": {
            "name": "format",
            "in": "query",
            "schema": {"type": "string", "enum": ["json"]},
            "description": "The format of the response. It overrides the header Accept.",
        },
        "limit": {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 0},
            "description": "Objects per page; 0 for the largest page that is allowed.",
        },
        "offset": {
            "name": "offset",
            "in": "query",
            "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
            "description": "How many objects to skip.",
        },
    }


def _version_parameter(version: Version) -> Schema:
    known = ", ".join(each.text for each in Version)
    return {
        "name": versions.HEADER,
        "in": "header",
        "required": version < NEWEST,
        "schema": {"type": "string", "enum": [version.text]},
        "description": (
            f"The version of the API: {known}; by default the newest. This document describes "
            f"{version.text}. Request it with another version to read about that version."
        ),
    }


def parameter_reference(name: str) -> dict[str, str]:
    """Return a reference to a shared parameter."""
    return {"$ref": f"#/components/parameters/{name}"}


def in_path(resource: type[Resource], name: str = "key") -> Schema:
    """Return the key of a detail."""
    schema: Schema = {"type": "string", "pattern": "^[^/;]+$"}
    if issubclass(resource, ModelResource):
        column = resource.model._meta.get_field(resource.key)
        if isinstance(column, models.IntegerField):
            schema = {"type": "integer"}
    found = {"name": name, "in": "path", "required": True, "schema": schema}
    shown = examples.example_key(resource) if issubclass(resource, ModelResource) else None
    if shown is not None:
        found["example"] = int(shown) if schema["type"] == "integer" else shown
    return found


def of_list(resource: type[Resource], context: Context) -> list[Schema]:
    """Return the query parameters of a list: filters; for rows also paging and ordering."""
    found: list[Schema] = [_format_parameter(resource), *_async_format(resource)]
    if issubclass(resource, ModelResource):
        found += [
            parameter_reference("limit"),
            parameter_reference("offset"),
            *_order_by(resource, context.version),
        ]
    return [*found, *filter_parameters(resource, context)]


def of_detail(resource: type[Resource]) -> list[Schema]:
    """Return the query parameters of a detail: `format`, if it has formats besides JSON."""
    return [_format_parameter(resource)] if resource.produced else []


def _format_parameter(resource: type[Resource]) -> Schema:
    """Return the parameter `format`, with the formats of the resource besides JSON."""
    if not resource.produced:
        return parameter_reference("format")
    return {
        "name": "format",
        "in": "query",
        "schema": {"type": "string", "enum": ["json", *resource.produced.values()]},
        "description": "The format of the response. It overrides the header Accept.",
    }


def _async_format(resource: type[Resource]) -> Iterator[Schema]:
    """Yield the parameter `async_format`, if the resource has a ZIP."""
    if "zip" in resource.produced.values():
        yield {
            "name": "async_format",
            "in": "query",
            "schema": {"type": "string", "enum": ["csv", "hxd"]},
            "description": (
                "The format of events in a ZIP. The default is `hxd` in 2.0.x and `csv` later."
            ),
        }


def _order_by(resource: type[ModelResource[Any]], version: Version) -> Iterator[Schema]:
    names = ordering.offered_orders(resource, version)
    if names:
        both = [text for name in names for text in (name, f"-{name}")]
        yield {
            "name": "order_by",
            "in": "query",
            "style": "form",
            "explode": False,
            "schema": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": both}},
            "description": "Names to order by. A minus sign before one means descending.",
        }


def filter_parameters(resource: type[Resource], context: Context) -> Iterator[Schema]:
    """Yield a parameter for every filter and lookup."""
    fields = resource.fields_in(context.version)
    for name, allowed in sorted(resource.filtering_in(context.version).items()):
        field = fields.get(name)
        known = _all_lookups(field) if isinstance(allowed, int) else allowed
        for lookup in known:
            found = _filter_schema(
                name, lookup, field, through=allowed == lookups.ALL_WITH_RELATIONS
            )
            yield _argument_parameter(resource, name, lookup, field, found)


def _argument_parameter(
    resource: type[Resource], name: str, lookup: str, field: Field | None, found: Schema
) -> Schema:
    """Return the parameter. If it is not compared with a column, its description says what it
    does."""
    is_column = field is not None and not isinstance(field, Argument)
    if issubclass(resource, ModelResource):
        told = None if is_column else _NO_FIELDS.get(name)
        told = _NO_EFFECT if name in _IGNORED.get(resource.name, ()) else told
        return {**found, "description": told} if told else found
    told = field.help if field is not None else _NO_FIELDS.get(name, "")
    meaning = "" if lookup == "exact" else _MEANING.get(lookup, "")
    found["description"] = f"{told} {meaning}".strip()
    return {**found, "schema": _DATA_SCHEMAS.get(name, found["schema"])}


def _all_lookups(field: Field | None) -> tuple[str, ...]:
    is_text = field is not None and json_schemas.plain_schema(field).get("type") == "string"
    return _TEXTS if is_text and not isinstance(field, Relation) else _NUMBERS


def _filter_schema(name: str, lookup: str, field: Field | None, *, through: bool) -> Schema:
    value = _value_schema(field)
    found: dict[str, Any] = {
        "name": name if lookup == "exact" else f"{name}__{lookup}",
        "in": "query",
        "schema": value,
        "description": _MEANING.get(lookup, f"The lookup `{lookup}`."),
    }
    if through and lookup == "exact":
        found["description"] += f" Its own filters follow as `{name}__<filter>`."
    if lookup in ("in", "range"):
        items: Schema = {"type": "array", "items": value, "minItems": 1}
        two = {"minItems": 2, "maxItems": 2} if lookup == "range" else {}
        found |= {"style": "form", "explode": False, "schema": {**items, **two}}
    elif lookup == "isnull":
        found["schema"] = {"type": "boolean"}
    return found


def _value_schema(field: Field | None) -> Schema:
    """Return what a filter compares with. Links are named by URI, id or a unique name."""
    if isinstance(field, Integer | Float | Boolean | DateTime) and not isinstance(field, Argument):
        return json_schemas.plain_schema(field)
    if isinstance(field, AnnotatedField) and isinstance(field.output, models.IntegerField):
        return {"type": "integer"}
    return {"type": "string"}
