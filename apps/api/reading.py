"""From rows to JSON: a plan per resource and kind of response, applied to tuples of columns.

A page costs one statement plus one for every gathered field. No model instances are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db import models

from apps.api import registry
from apps.api.callers import STRANGER
from apps.api.context import Context, View
from apps.api.derived import PageField
from apps.api.fields import Field, Reader
from apps.api.guards import VisibilityColumn

if TYPE_CHECKING:
    from apps.api.conventions import Conventions
    from apps.api.resources import ModelResource
    from apps.api.versions import Version

    Make = Callable[[type[ModelResource[Any]], Context], models.QuerySet[Any, Any]]

Getter = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True)
class ReadingPlan:
    """The columns of a view and the function that makes each field from a row of them."""

    paths: tuple[str, ...]
    members: tuple[tuple[str, Getter], ...]
    gathered: tuple[PageField, ...]
    annotated: tuple[Field, ...]
    guards: Mapping[str, VisibilityColumn]


def read_objects(
    resource: type[ModelResource[Any]], context: Context, rows: Iterable[Sequence[Any]]
) -> list[dict[str, Any]]:
    """Return the JSON objects of rows that hold `plan(resource, context).paths`, with sorted
    keys."""
    view = make_plan(resource, context)
    found = [{name: get(row) for name, get in view.members} for row in rows]
    if not found:
        return found
    for field in view.gathered:
        values = [member[field.name] for member in found]
        collected = field.collect(context, values)
        for member, value in zip(found, collected, strict=True):
            member[field.name] = value
    return found


def read_rows(resource: type[ModelResource[Any]], context: Context) -> models.QuerySet[Any, Any]:
    """Return all rows as tuples of the plan's columns."""
    found = _shared_query(_plan_query, resource, context)
    for name, guard in make_plan(resource, context).guards.items():
        guard.open(found.query, name, context.caller)
    return found


def bare_rows(resource: type[ModelResource[Any]], context: Context) -> models.QuerySet[Any, Any]:
    """Return all rows with the computed columns, for filtering.

    The columns of the plan are left out, because other tables would be joined for them.
    """
    return _shared_query(_bare_rows, resource, context)


def is_personal(resource: type[ModelResource[Any]], context: Context) -> bool:
    """Return whether the database computes a field whose value depends on the caller."""
    return any(field.personal for field in make_plan(resource, context).annotated)


def _shared_query(
    make: Make, resource: type[ModelResource[Any]], context: Context
) -> models.QuerySet[Any, Any]:
    """Return a copy of the query that all callers share, if there is one."""
    if is_personal(resource, context):
        return make(resource, context)
    return _cached_query(make, resource.name, *context.form).all()


@lru_cache(maxsize=2048)
def _cached_query(
    make: Make, name: str, prefix: str, version: Version, conventions: Conventions, view: View
) -> models.QuerySet[Any, Any]:
    """Return the unevaluated query. It is kept, since building it costs more than running it."""
    context = Context(STRANGER, prefix, version, conventions, view)
    return make(registry.model_resource(name), context)


def _plan_query(resource: type[ModelResource[Any]], context: Context) -> models.QuerySet[Any, Any]:
    wanted = make_plan(resource, context)
    guards = {name: guard.column() for name, guard in wanted.guards.items()}
    guarded = _bare_rows(resource, context).annotate(**guards)
    found: models.QuerySet[Any, Any] = guarded.values_list(*wanted.paths)
    return found


def _bare_rows(resource: type[ModelResource[Any]], context: Context) -> models.QuerySet[Any, Any]:
    annotated = make_plan(resource, context).annotated
    computed = {field.alias: field.expression(context) for field in annotated}
    found: models.QuerySet[Any, Any] = resource.model._default_manager.annotate(**computed)
    return found


def make_plan(resource: type[ModelResource[Any]], context: Context) -> ReadingPlan:
    """Return the reading plan of a resource for this kind of response."""
    return _cached_plan(resource.name, *context.form)


@lru_cache(maxsize=1024)
def _cached_plan(
    name: str, prefix: str, version: Version, conventions: Conventions, view: View
) -> ReadingPlan:
    resource = registry.model_resource(name)
    context = Context(STRANGER, prefix, version, conventions, view)
    living = resource.fields_in(version)
    fields = [living[name] for name in sorted(living)]
    shown = [field for field in fields if field.shown(context)]
    # What no answer shows is there for filters.
    for_filters = [field for field in fields if not (field.lists or field.details)]
    computed = [field for field in fields if field in shown or field in for_filters]
    combined = _combine_fields(context, shown, "")
    return ReadingPlan(
        paths=combined.paths,
        members=combined.members,
        gathered=tuple(field for field in shown if isinstance(field, PageField)),
        annotated=tuple(field for field in computed if field.annotated),
        guards=combined.guards,
    )


@dataclass(frozen=True)
class _Combined:
    paths: tuple[str, ...]
    members: tuple[tuple[str, Getter], ...]
    guards: dict[str, VisibilityColumn]


def _combine_fields(
    context: Context, fields: list[Field], prefix: str, first: tuple[str, ...] = ()
) -> _Combined:
    paths = list(first)
    members: list[tuple[str, Getter]] = []
    guards: dict[str, VisibilityColumn] = {}
    for field in fields:
        reader = field.reader(context, prefix)
        members.append((field.name, _make_getter(reader, len(paths))))
        paths.extend(reader.paths)
        guards.update(reader.guards)
    return _Combined(tuple(paths), tuple(members), guards)


def _make_getter(reader: Reader, at: int) -> Getter:
    render, count = reader.render, len(reader.paths)
    if render is None:
        return itemgetter(at)
    if count == 1:
        return lambda row: render(row[at])
    return lambda row: render(*row[at : at + count])


def nested_reader(
    resource: type[ModelResource[Any]], context: Context, prefix: str, without: tuple[str, ...]
) -> Reader:
    """Read a related row as an object of its own (rule T212); null stays null.

    Raise TypeError for a resource whose view needs statements of its own.
    """
    fields = [
        field
        for name, field in sorted(resource.fields.items())
        if field.shown(context) and name not in without
    ]
    if any(isinstance(field, PageField) or field.annotated for field in fields):
        raise TypeError(f"{resource.name} has members that cannot be nested")
    combined = _combine_fields(context, fields, prefix, (f"{prefix}pk",))

    def render(*values: Any) -> dict[str, Any] | None:
        if values[0] is None:
            return None
        return {name: get(values) for name, get in combined.members}

    return Reader(combined.paths, render, combined.guards)
