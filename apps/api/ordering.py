"""order_by: Tastypie rules T90 to T102, and comma-separated lists as seed 002 describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.expressions import OrderBy
from django.http import QueryDict

from apps.api.errors import BadRequest
from apps.api.fields import Argument, Field
from apps.api.relations import Relation, ToOne

if TYPE_CHECKING:
    from apps.api.context import Context
    from apps.api.resources import ModelResource


def order(
    resource: type[ModelResource], context: Context, params: QueryDict
) -> list[OrderBy | str]:
    """What a list is ordered by; the primary key comes last so that pages never overlap.

    Rows that are equal follow the direction of the last name. Raises BadRequest for a name
    that is no field or is not listed for ordering.
    """
    given = params.getlist("order_by") or params.getlist("sort_by")
    names = [name for text in given for name in text.split(",")]
    if not names:
        documented = resource.order if context.conventions.documented_order else ()
        return [*documented, "pk"]
    last = "-pk" if names[-1].startswith("-") else "pk"
    return [*(_one(resource, context, name) for name in names), last]


def _one(resource: type[ModelResource], context: Context, text: str) -> OrderBy:
    descending = text.startswith("-")
    name = text[1:] if descending else text
    path = models.F(_path(resource, context, name))
    # Nulls come first ascending, as on the database that the recorded answers came from.
    return path.desc(nulls_last=True) if descending else path.asc(nulls_first=True)


def _path(resource: type[ModelResource], context: Context, name: str) -> str:
    first, *steps = name.split("__")
    field = resource.fields_in(context.version).get(first)
    if field is None or isinstance(field, Argument):
        raise BadRequest(f"No matching '{name}' field for ordering on.")
    if first not in resource.ordering_in(context.version):
        raise BadRequest(f"The '{name}' field does not allow ordering.")
    if field.path() is None:
        raise BadRequest(f"The '{name}' field has no 'attribute' for ordering with.")
    return _joined([field, *_walk(field, steps, context, name)])


def _walk(field: Field, steps: list[str], context: Context, name: str) -> list[Field]:
    """Steps through relations may only name columns that the other resource shows (T98), and
    none behind a guarded one: an order tells values."""
    found: list[Field] = []
    for step in steps:
        known = field.target.fields_in(context.version) if isinstance(field, Relation) else {}
        if step not in known or known[step].path() is None:
            raise BadRequest(f"No matching '{name}' field for ordering on.")
        if _is_guarded(field):
            raise BadRequest(f"The '{name}' field does not allow ordering.")
        field = known[step]
        found.append(field)
    return found


def _is_guarded(field: Field) -> bool:
    return isinstance(field, ToOne) and field.guarded


def _joined(fields: list[Field]) -> str:
    """The column at the end of a walk; a relation there means the other row's key, not that
    model's own order (rule T96)."""
    path = "__".join(str(field.path()) for field in fields)
    return f"{path}__pk" if isinstance(fields[-1], ToOne) else path
