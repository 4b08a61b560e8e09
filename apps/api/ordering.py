"""order_by: Tastypie rules T90 to T102, and comma-separated lists (Tastypie section 19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.db.models.expressions import OrderBy
from django.http import QueryDict

from apps.api import walks
from apps.api.bounds import MOST_ORDERS, MOST_STEPS, shorten_value
from apps.api.errors import BadRequest
from apps.api.fields import Argument, Field
from apps.api.relations import ToMany, ToOne
from apps.api.walks import WalkedRow

if TYPE_CHECKING:
    from apps.api.context import Context
    from apps.api.resources import ModelResource
    from apps.api.versions import Version
    from apps.api.walks import Sorted


def list_order(
    resource: type[ModelResource[Any]], context: Context, params: QueryDict
) -> list[OrderBy]:
    """Return the order of a list. The primary key comes last, so that pages never overlap.

    Equal rows follow the direction of the last name. Raise BadRequest for a name that is not a
    field or is not listed for ordering.
    """
    given = params.getlist("order_by") or params.getlist("sort_by")
    names = [name for text in given for name in text.split(",")]
    if not names:
        usual = resource.order if context.conventions.documented_order else ()
        order = [order_by_column(resource, name) for name in usual]
        return [*order, OrderBy(F("pk"))]
    if len(names) > MOST_ORDERS:
        raise BadRequest(f"A list can be ordered by at most {MOST_ORDERS} names.")
    order = [_parse_order(resource, context, name) for name in names]
    last = OrderBy(F("pk"), descending=names[-1].startswith("-"))
    return [*order, last]


def offered_orders(resource: type[ModelResource[Any]], version: Version) -> tuple[str, ...]:
    """Return the names that a list can be ordered by.

    A schema document may list more. `activityattribute` lists `datatype` and has no such field:
    ordering by it is a 400.
    """
    fields = resource.fields_in(version)
    listed = resource.ordering_in(version)
    return tuple(name for name in listed if _has_order(fields.get(name)))


def _has_order(field: Field | None) -> bool:
    if field is None or isinstance(field, Argument | ToMany):
        return False
    return field.path() is not None


def order_by_column(resource: type[ModelResource[Any]], name: str) -> OrderBy:
    """Return the order by a column of the row, descending after a minus sign."""
    column = F(name.removeprefix("-"))
    return _order_by(resource, column, descending=name.startswith("-"))


def _order_by(resource: type[ModelResource[Any]], value: Sorted, *, descending: bool) -> OrderBy:
    # Nulls come first in ascending order, as in the recorded responses. If a column has no nulls,
    # NULLS FIRST is left out, because with it the database would not use most indexes.
    if _never_null(resource, value):
        return OrderBy(value, descending=descending)
    if descending:
        return OrderBy(value, descending=True, nulls_last=True)
    return OrderBy(value, nulls_first=True)


def _never_null(resource: type[ModelResource[Any]], value: Sorted) -> bool:
    """Return whether a value is a column of the row itself that is never null."""
    columns = [column.name for column in resource.model._meta.fields if not column.null]
    names = ["pk", *columns]
    own = [F(name) for name in names]
    links = [F(f"{name}__pk") for name in names]
    return value in own + links


def _parse_order(resource: type[ModelResource[Any]], context: Context, text: str) -> OrderBy:
    descending = text.startswith("-")
    name = text[1:] if descending else text
    return _order_by(resource, _order_value(resource, context, name), descending=descending)


def _order_value(resource: type[ModelResource[Any]], context: Context, name: str) -> Sorted:
    first, *steps = name.split("__")
    if len(steps) > MOST_STEPS:
        raise _no_match(name)
    field = resource.fields_in(context.version).get(first)
    if field is None or isinstance(field, Argument):
        raise _no_match(name)
    if first not in resource.ordering_in(context.version):
        raise _not_allowed(name)
    if field.path() is None:
        raise BadRequest(f"The '{name}' field has no 'attribute' for ordering with.")
    return _order_through(_Walk(name, context), WalkedRow(resource, start=True), field, steps)


@dataclass(frozen=True)
class _Walk:
    """What stays the same during a walk: the requested name and the context."""

    name: str
    context: Context


def _order_through(walk: _Walk, place: WalkedRow, field: Field, steps: list[str]) -> Sorted:
    """Return what rows are ordered by at the end of a walk.

    Steps through relations may only name columns that the other resource shows (T98). Lists cannot
    be ordered by. A row that the caller does not see counts as if it did not exist.
    """
    context = walk.context
    if isinstance(field, ToMany):
        raise _not_allowed(walk.name)
    if not steps:
        return walks.value_of(place, field, context)
    if not isinstance(field, ToOne):
        raise _no_match(walk.name)
    following = field.target.fields_in(context.version).get(steps[0])
    if following is None or following.path() is None:
        raise _no_match(walk.name)
    if walks.is_open(place, field, context):
        return _order_through(walk, walks.row_behind(place, field), following, steps[1:])
    value = _order_through(walk, WalkedRow(field.target), following, steps[1:])
    return walks.value_behind(place, field, value, context)


def _no_match(name: str) -> BadRequest:
    return BadRequest(f"No matching '{shorten_value(name)}' field for ordering on.")


def _not_allowed(name: str) -> BadRequest:
    return BadRequest(f"The '{shorten_value(name)}' field does not allow ordering.")
