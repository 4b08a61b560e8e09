"""Short texts about declarations, for pages and for OpenAPI."""

from __future__ import annotations

import re

from apps.api import lookups
from apps.api.fields import NO_DEFAULT, Field, Ticks
from apps.api.relations import Relation, ToMany, ToOne
from apps.api.resources import ModelResource, Resource

TICKS = "Ticks of 1/256 s since 1970, UTC."
"""The unit of every moment that is a number."""

EVERY_LOOKUP = "every lookup"


def describe_resource(resource: type[Resource]) -> str:
    """Return summary and description of a resource in one paragraph."""
    return f"{resource.summary} {resource.description}".strip()


def field_type(field: Field) -> str:
    """Return the type as in the schema document, with the resource that a link leads to."""
    if field.related is None:
        return field.type
    return f"{field.related} {field.to}" if isinstance(field, Relation) else field.related


def help_text(resource: type[Resource], field: Field) -> str:
    """Return what the field is, its unit, and for a link what can be sent."""
    if not issubclass(resource, ModelResource):
        return field.help
    if isinstance(field, ToOne):
        return f"{field.help} {_of_link(field)}"
    if isinstance(field, ToMany):
        taken = "" if field.readonly else ". Objects with a URI are accepted too"
        return f"{field.help} URIs{taken}."
    return f"{field.help} {TICKS}" if isinstance(field, Ticks) else field.help


def _of_link(field: ToOne) -> str:
    shown = {
        "both": "The object itself",
        "detail": "The object itself in details, its URI in lists",
    }
    shown["list"] = "The object itself in lists, its URI in details"
    taken = "" if field.readonly else ". An id or an object is accepted too"
    return f"{shown.get(str(field.full), 'A URI')}{taken}."


def field_flags(field: Field) -> list[str]:
    """Return what a client must know before it writes the field or filters by it."""
    told = {
        "read only": field.readonly,
        "may be null": field.null,
        "may be blank": field.blank,
        "unique": field.unique,
        "details only": field.details and not field.lists,
        "lists only": field.lists and not field.details,
    }
    return [text for text, holds in told.items() if holds]


def field_default(field: Field) -> object:
    """Return the default, or None if there is none."""
    return None if field.default == NO_DEFAULT else field.default


def lookups_of(allowed: list[str] | int) -> str:
    """Return the lookups of a filter in words."""
    if allowed == lookups.ALL_WITH_RELATIONS:
        return f"{EVERY_LOOKUP}, also through the relation"
    return EVERY_LOOKUP if isinstance(allowed, int) else ", ".join(allowed)


def readable_path(pattern: str) -> str:
    """Return a URL pattern as people write it: `{name}` for each named group."""
    return re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", pattern)


def path_names(path: str) -> list[str]:
    """Return the names in a readable path, in order."""
    return re.findall(r"{(\w+)}", path)
