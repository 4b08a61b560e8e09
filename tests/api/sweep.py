"""Every filter and order that the declarations make possible, through all their links.

`queries` gives them as query strings by resource. The tests take those of few steps; bin/fuzz
`--sweep` takes all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from apps.api import lookups, registry
from apps.api.derived import AnnotatedField
from apps.api.fields import Argument, Field
from apps.api.relations import ToMany, ToOne
from apps.api.resources import ModelResource
from apps.api.versions import NEWEST

Kind = type[ModelResource[Any]]
Link = ToOne | ToMany

PARTS = ("year", "month", "day", "week_day", "hour", "minute", "second")
DATES = (models.DateTimeField, models.DateField)

COMPUTED = ("duration", "status", "activityattributes", "trainingroutine__last_used")
FAILED_ONCE = [
    *(
        ("trainingsession", f"order_by=range__{between}{name}")
        for between in ("", "parent__", "ranges__")
        for name in COMPUTED
    ),
    *(("activityattributevalue", f"order_by=range__{name}") for name in COMPUTED),
    ("activityattributevalue", "order_by=range__parent__status"),
    ("activityattributevalue", "order_by=range__ranges__duration"),
    ("range", "order_by=trainingroutine__last_used"),
    *(
        ("trainingsession", f"range__duration{lookup}")
        for lookup in ("=1", "__gt=1", "__lt=1", "__in=1,2", "__range=1,2")
    ),
]
"""Orders and filters by computed members behind a link, which once were a 500."""


def resources() -> list[Kind]:
    """The resources whose rows can be listed."""
    return [
        found
        for found in registry.all_in(NEWEST)
        if issubclass(found, ModelResource) and "get" in found.list_methods
    ]


def queries(resource: Kind, depth: int) -> Iterator[str]:
    """Orders up and down by every path of at most `depth` links, and every lookup of it."""
    for path, _ in paths(resource, depth):
        yield f"order_by={path}"
        yield f"order_by=-{path}"
    for path, field in paths(resource, depth):
        yield from (f"{path}__{lookup}={value}" for lookup, value in asked(field))


def few_queries(resource: Kind) -> Iterator[str]:
    """One order by every path that the resource lists, with one link more, and one lookup of
    every class for each path that it lets filters walk."""
    for name in resource.ordering_in(NEWEST):
        field = resource.fields_in(NEWEST).get(name)
        if field is not None:
            yield from (f"order_by=-{path}" for path, _ in _from(name, field, 1))
    for path, field in _allowed(resource):
        allowed = dict(asked(field))
        yield from (f"{path}__{name}={allowed[name]}" for name in ("exact", "gt", "in", "isnull"))


def paths(resource: Kind, depth: int) -> Iterator[tuple[str, Field]]:
    """The paths of at most `depth` links, with the field at the end of each."""
    for name, field in resource.fields_in(NEWEST).items():
        if not isinstance(field, Argument):
            yield from _from(name, field, depth)


def _from(path: str, field: Field, depth: int) -> Iterator[tuple[str, Field]]:
    yield path, field
    if isinstance(field, Link) and depth > 0:
        for further, end in paths(field.target, depth - 1):
            yield f"{path}__{further}", end


def _allowed(resource: Kind) -> Iterator[tuple[str, Field]]:
    """The paths that filters may walk."""
    for name, allowed in resource.filtering_in(NEWEST).items():
        field = resource.fields_in(NEWEST).get(name)
        if field is None:
            continue
        yield name, field
        if isinstance(field, Link) and allowed == lookups.ALL_WITH_RELATIONS:
            yield from ((f"{name}__{path}", end) for path, end in _allowed(field.target))


def asked(field: Field) -> Iterator[tuple[str, str]]:
    """Every lookup with a value that the field's column takes."""
    one = "2014-05-07" if isinstance(column(field), DATES) else "1"
    known = lookups.OF_RELATIONS if isinstance(field, Link) else lookups.KNOWN
    for lookup in sorted(known | {"isnull"}):
        if lookup == "isnull":
            yield lookup, "true"
        elif lookup in PARTS:
            yield lookup, "1"
        else:
            yield lookup, f"{one},{one}" if lookup in ("in", "range") else one


def column(field: Field) -> Any:
    """What decides about the values that a filter takes; None where nothing does."""
    if isinstance(field, AnnotatedField):
        return field.output
    owner = getattr(field, "resource", None)
    if owner is None or isinstance(field, Link) or field.path() is None:
        return None
    return owner.model._meta.get_field(str(field.attribute))
