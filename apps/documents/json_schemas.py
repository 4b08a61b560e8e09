"""JSON Schemas of what is sent and returned, from the fields of the declarations.

The schema documents of the API repeat the published ones, which do not always name the JSON type:
`unit_system` is called an integer and is a text. The classes of the fields know better.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from apps.api import conventions, writing
from apps.api.context import Context, View
from apps.api.derived import URI, AnnotatedField, Computed, NaiveTime, TicksOrDate
from apps.api.fields import (
    JSON,
    Argument,
    Boolean,
    Date,
    DateTime,
    Field,
    Float,
    Integer,
    Null,
    Text,
)
from apps.api.relations import ToMany, ToOne
from apps.api.resources import ModelResource, Resource
from apps.documents import examples, help_texts

Schema: TypeAlias = dict[str, Any]

LINK: Schema = {"type": "string", "format": "uri-reference"}
SENT_LINK: Schema = {
    "anyOf": [
        LINK,
        {"type": "integer"},
        {"type": "object", "properties": {"resource_uri": LINK}, "required": ["resource_uri"]},
    ],
    "description": "A URI, an id, a unique name such as an e-mail address, or the object itself.",
}

_OF_CLASS: tuple[tuple[type[Field], Schema], ...] = (
    (URI, LINK),
    (Null, {"type": "null"}),
    (JSON, {}),
    (Boolean, {"type": "boolean"}),
    (TicksOrDate, {"type": ["integer", "string"]}),
    (Integer, {"type": "integer"}),
    (Float, {"type": "number"}),
    (Date, {"type": "string", "format": "date"}),
    (NaiveTime, {"type": "string"}),
    (DateTime, {"type": "string", "format": "date-time"}),
    (Text, {"type": "string"}),
)
_OF_TYPE: dict[str, Schema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "to_one": {"anyOf": [LINK, {"type": "object"}]},
    "to_many": {"type": "array"},
}


def plain_schema(field: Field) -> Schema:
    """Return the schema of a field's values, except links. Without knowledge, any value is
    allowed."""
    for kind, schema in _OF_CLASS:
        if isinstance(field, kind):
            return dict(schema)
    return dict(_OF_TYPE.get(field.related or field.type, {}))


def or_null(schema: Schema) -> Schema:
    """Return the schema that also allows null."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return schema if kind == "null" else {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else {}


class Objects:
    """The objects of one version and one store's conventions, as named components."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.components: dict[str, Schema] = {}

    def shown_object(
        self, resource: type[Resource], view: View, without: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """Return a reference to the object that a view shows. Lists and details often share one."""
        schema = self._shown_schema(resource, view, without)
        lacking = "".join(f"_without_{name}" for name in without)
        name = f"{resource.name}{lacking}"
        if view == "list" and schema != self._shown_schema(resource, "detail", without):
            name += "_in_list"
        self.components[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def _shown_schema(
        self, resource: type[Resource], view: View, without: tuple[str, ...]
    ) -> Schema:
        context = self.context.showing(view)
        members = {
            name: self._shown_field(resource, field, context)
            for name, field in sorted(resource.fields.items())
            if name not in without and field.shown(context)
        }
        return {"type": "object", "properties": members, "required": list(members)}

    def _shown_field(self, resource: type[Resource], field: Field, context: Context) -> Schema:
        schema: Schema
        if isinstance(field, ToOne):
            full = field.full in (context.view, "both")
            target = field.target
            schema = self.shown_object(target, field.nested, field.without) if full else dict(LINK)
        elif isinstance(field, ToMany):
            schema = {"type": "array", "items": LINK}
        else:
            schema = self._own_form(field, plain_schema(field))
        shown = or_null(schema) if _may_be_null(resource, field) else schema
        return with_description(
            resource, field, {**shown, "readOnly": True} if field.readonly else shown
        )

    def _own_form(self, field: Field, schema: Schema) -> Schema:
        """Return the schema of a value that the conventions write differently: a moment without an
        offset, or a text as a number."""
        if self.context.conventions is conventions.HEXOSKIN:
            return schema
        if schema.get("format") == "date-time":
            return {"type": "string"}
        is_made = isinstance(field, Computed | AnnotatedField) and schema.get("type") == "string"
        return {"type": ["string", "integer"]} if is_made else schema

    def sent_object(self, resource: type[Resource], *, new: bool) -> dict[str, str]:
        """Return a reference to the body of a POST (`new`), or of a PUT or PATCH."""
        fields = dict(self._writable_fields(resource))
        schema: Schema = {
            "type": "object",
            "properties": {name: _sent_field(resource, field) for name, field in fields.items()},
        }
        required = [n for n, f in fields.items() if new and _is_required(resource, f)]
        if required:
            schema["required"] = required
        shown = {n: value for n, value in examples.example_row(resource).items() if n in fields}
        if shown:
            schema["examples"] = [shown]
        name = f"{resource.name}_{'new' if new else 'changes'}"
        self.components[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def _writable_fields(self, resource: type[Resource]) -> Iterator[tuple[str, Field]]:
        fields = resource.fields_in(self.context.version)
        for name, field in sorted(fields.items()):
            is_sent = not isinstance(field, Argument) or field.sent
            is_hidden = field.unlisted or not is_sent
            if not field.readonly and not is_hidden:
                yield name, field


def _sent_field(resource: type[Resource], field: Field) -> Schema:
    schema: Schema
    if isinstance(field, ToOne):
        schema = {"$ref": "#/components/schemas/link"}
    elif isinstance(field, ToMany):
        schema = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    else:
        schema = plain_schema(field)
        column = column_of(resource, field)
        if schema.get("type") == "string" and column is not None and column.max_length:
            schema["maxLength"] = column.max_length
    return with_description(resource, field, or_null(schema) if field.null else schema)


def with_description(resource: type[Resource], field: Field, schema: Schema) -> Schema:
    """Return the schema with the description of the field."""
    return {**schema, "description": help_texts.help_text(resource, field)}


def _is_required(resource: type[Resource], field: Field) -> bool:
    has_column = column_of(resource, field) is not None
    return (
        has_column and issubclass(resource, ModelResource) and writing.is_required(resource, field)
    )


def _may_be_null(resource: type[Resource], field: Field) -> bool:
    """Return whether a response may contain null. For computed values, the schema alone does not
    tell."""
    if field.null or isinstance(field, Computed | AnnotatedField | JSON):
        return True
    if isinstance(field, URI | ToMany):
        return False
    column = column_of(resource, field)
    return column is None or column.null


def column_of(resource: type[Resource], field: Field) -> models.Field[Any, Any] | None:
    """Return the model column of a field, if it is a column of the resource's own rows."""
    if not issubclass(resource, ModelResource):
        return None
    try:
        found = resource.model._meta.get_field(str(field.attribute))
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) and not found.many_to_many else None
