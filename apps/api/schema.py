"""`/api/` and `/api/<name>/schema/`: what the declarations say about themselves (T12 to T17).

The documents only depend on the version and the prefix. They do not depend on the database or the
caller. So the process keeps their bytes.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import Any

from apps.api import registry
from apps.api.fields import Field
from apps.api.relations import Relation
from apps.api.rendering import TastypieJSON
from apps.api.resources import ModelResource, Resource
from apps.api.versions import NEWEST, Version

# What stock Tastypie says about each kind of field. Clients see these texts (rule T15).
HELP = {
    "string": 'Unicode string data. Ex: "Hello World"',
    "integer": "Integer data. Ex: 2673",
    "float": "Floating point numeric data. Ex: 26.73",
    "boolean": "Boolean data. Ex: True",
    "date": 'A date as a string. Ex: "2010-11-10"',
    "datetime": 'A date & time as a string. Ex: "2010-11-10T03:07:43"',
    "geometry": "Geometry data.",
    "list": "A list of values.",
    "dict": "An object.",
    "to_one": "A single related resource. Can be either a URI or set of nested resource data.",
    "to_many": (
        "Many related resources. Can be either a list of URIs or list of individually nested "
        "resource data."
    ),
}

FALSE_WORDS = ("", "0", "false", "f", "no", "off", "none", "null")


MOST = 1024
"""The number of kept documents: more than all resources in all versions under both prefixes."""


@lru_cache(MOST)
def index_text(prefix: str, version: Version, *, full: bool) -> bytes:
    """Return the JSON text of the index."""
    return TastypieJSON().render(index_document(prefix, version, full=full))


@lru_cache(MOST)
def document_text(name: str, prefix: str, version: Version) -> bytes:
    """Return the JSON text of the schema document of the resource of that name."""
    resource = registry.find_resource(name)
    assert resource is not None
    return TastypieJSON().render(schema_document(resource, prefix, version))


def index_document(prefix: str, version: Version, *, full: bool) -> dict[str, Any]:
    """Return every resource of the version with its paths; `full` includes the documents (T14)."""
    named = [(each.name, each) for each in registry.all_in(version)]
    named += [(each.index_key, each) for each in registry.indexed_below(version)]
    return {
        name: _index_entry(resource, f"{prefix}/{name}/", prefix, version, full=full)
        for name, resource in sorted(named, key=itemgetter(0))
    }


def _index_entry(
    resource: type[Resource], path: str, prefix: str, version: Version, *, full: bool
) -> dict[str, Any]:
    has_document = full and resource.has_schema
    document = schema_document(resource, prefix, version) if has_document else f"{path}schema/"
    return {"list_endpoint": path, "schema": document}


def schema_document(resource: type[Resource], prefix: str, version: Version) -> dict[str, Any]:
    """Return the schema document of a resource in a version."""
    found: dict[str, Any] = {
        "allowed_detail_http_methods": list(resource.detail_methods),
        "allowed_list_http_methods": list(resource.list_methods),
        "default_format": "application/json",
        "default_limit": 20,
        "fields": {
            name: _describe_field(resource, field, prefix, version)
            for name, field in sorted(resource.fields_in(version).items())
            if field.documented_in(version)
        },
    }
    filtering, ordering = resource.filtering_in(version), resource.ordering_in(version)
    if filtering:
        found["filtering"] = dict(sorted(filtering.items()))
    if ordering:
        found["ordering"] = list(ordering)
    return found


def _describe_field(
    resource: type[Resource], field: Field, prefix: str, version: Version
) -> dict[str, Any]:
    found = {
        "blank": field.blank,
        "default": field.default,
        "help_text": HELP[field.related or field.type],
        "nullable": field.null,
        "readonly": field.readonly,
        "type": field.type,
        "unique": field.unique,
    }
    if field.related:
        found["related_type"] = field.related
    if version < NEWEST:
        return dict(sorted((found | field.legacy).items()))
    found["primary_key"] = _is_key(resource, field)
    found["verbose_name"] = field.name.replace("_", " ")
    if found["primary_key"]:
        found["help_text"] = f"The primary key for this resource. {found['help_text']}"
    if isinstance(field, Relation) and field.related:
        found["related_schema"] = f"{prefix}/{field.to}/schema/"
    return dict(sorted(found.items()))


def _is_key(resource: type[Resource], field: Field) -> bool:
    """Return whether the field is the primary key column under its own name."""
    if not issubclass(resource, ModelResource):
        return False
    key = resource.model._meta.pk
    return key is not None and field.name == key.name
