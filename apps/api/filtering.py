"""From query parameters to conditions on rows (Tastypie rules T56 to T89, section 19)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import models
from django.http import QueryDict

from apps.api import lookups
from apps.api.derived import Queried
from apps.api.errors import BadRequest
from apps.api.fields import Argument, Field
from apps.api.relations import Relation

if TYPE_CHECKING:
    from apps.api.context import Context
    from apps.api.resources import ModelResource

ASKED_URI = re.compile(r"(?:.*/)?(?P<name>[^/]+)/(?P<key>[^/]+)/?", re.DOTALL)
"""A URI in a filter: the final slash may be missing (section 19)."""


def conditions(
    resource: type[ModelResource], context: Context, params: QueryDict
) -> list[models.Q]:
    """The conditions of all parameters that name fields; unknown names mean nothing (T57).

    Raises BadRequest for the first parameter that the resource does not allow.
    """
    found: dict[tuple[str, ...], models.Q] = {}
    fields = resource.fields_in(context.version)
    for parameter, texts in params.lists():
        name, *steps = parameter.split("__")
        if name in fields and not isinstance(fields[name], Argument):
            lookup, steps = _lookup(fields[name], steps)
            condition = _condition(resource, context, "", [name, *steps], lookup, texts)
            found[(name, *steps, lookup)] = condition
    return list(found.values())


def _lookup(field: Field, steps: list[str]) -> tuple[str, list[str]]:
    """Splits the last step off if the field's column knows it as a lookup (T56, T60, T83)."""
    known = lookups.OF_RELATIONS if isinstance(field, Relation) else lookups.KNOWN
    if steps and steps[-1] in known:
        return steps[-1], steps[:-1]
    return "exact", steps


def _condition(
    resource: type[ModelResource],
    context: Context,
    prefix: str,
    steps: list[str],
    lookup: str,
    texts: list[str],
) -> models.Q:
    name, *further = steps
    field = resource.fields_in(context.version).get(name)
    _check(resource, context, name, field, lookup, further)
    assert field is not None
    path = f"{prefix}{field.path()}"
    if isinstance(field, Relation):
        if further:
            return _condition(field.target, context, f"{path}__", further, lookup, texts)
        return related(field.target, path, lookup, texts)
    found = lookups.value(_column(resource, field), lookup, texts)
    if found is None:
        return models.Q(**{f"{path}__isnull": True})
    return models.Q(**{f"{path}__{lookup}": found})


def _check(
    resource: type[ModelResource],
    context: Context,
    name: str,
    field: Field | None,
    lookup: str,
    further: list[str],
) -> None:
    allowed = resource.filtering_in(context.version).get(name)
    if field is not None and field.path() is None:
        raise BadRequest(f"The '{name}' field is not a valid field name")
    if allowed is None or field is None:
        raise BadRequest(f"The '{name}' field does not allow filtering.")
    if isinstance(allowed, list) and lookup not in allowed:
        raise BadRequest(f"'{lookup}' is not an allowed filter on the '{name}' field.")
    if further and not isinstance(field, Relation):
        raise BadRequest(f"The '{name}' field does not support relations.")
    if further and allowed != lookups.ALL_WITH_RELATIONS:
        raise BadRequest(f"Lookups are not allowed more than one level deep on the '{name}' field.")


def _column(resource: type[ModelResource], field: Field) -> models.Field[Any, Any]:
    if isinstance(field, Queried):
        return field.output
    column = resource.model._meta.get_field(str(field.attribute))
    assert isinstance(column, models.Field)
    return column


def related(target: type[ModelResource], path: str, lookup: str, texts: list[str]) -> models.Q:
    """A condition on a relation at `path`: values are ids, URIs with or without final slash,
    or the target's unique names (section 19); none means no relation.
    """
    if lookup == "isnull":
        return models.Q(**{f"{path}__isnull": lookups.truth(lookups.word(texts[-1]))})
    if lookup in ("in", "range"):
        named = lookups.many(lookup, texts, lambda text: _named(target, text))
        return _among(target, path, named) if lookup == "in" else _between(path, named)
    found = lookups.word(texts[-1])
    if found is None:
        if lookup != "exact":
            raise lookups.mismatch()
        return models.Q(**{f"{path}__isnull": True})
    attribute, key = _named(target, str(int(found)) if isinstance(found, bool) else found)
    if lookup in ("exact", "ne"):
        same = _among(target, path, [(attribute, key)])
        return same if lookup == "exact" else ~same
    if attribute not in ("pk", target.key):
        raise lookups.mismatch()
    return models.Q(**{f"{path}__{attribute}__{lookup}": key})


def _named(target: type[ModelResource], text: str) -> tuple[str, Any]:
    """Which attribute of the target a value names, and the value as its type."""
    text = text.strip()
    uri = ASKED_URI.fullmatch(text)
    try:
        if uri and uri["name"] == target.name:
            return target.key, target.parse_key(uri["key"])
        return "pk", int(text)
    except ValueError:
        if uri or not target.names or not text or "\0" in text:
            raise lookups.mismatch() from None
        return target.names[0], text


def _among(target: type[ModelResource], path: str, named: list[tuple[str, Any]]) -> models.Q:
    """The related row is one of those named; an unlisted name is tried on every unique one."""
    keys = [key for attribute, key in named if attribute == "pk"]
    found = models.Q(**{f"{path}__in": keys})
    for attribute, key in named:
        if attribute != "pk":
            tried = target.names if attribute in target.names else (attribute,)
            for unique in tried:
                found |= models.Q(**{f"{path}__{unique}": key})
    return found


def _between(path: str, ends: list[tuple[str, Any]]) -> models.Q:
    (attribute, low), (other, high) = ends
    if attribute != other:
        raise lookups.mismatch()
    return models.Q(**{f"{path}__{attribute}__range": (low, high)})
