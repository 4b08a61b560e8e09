"""Steps from a resource through its links. This is the one place that says which links a caller may
follow.

Filters and orders walk from row to row. For them, a link to a row that the caller does not see
counts as null, because comparing or sorting by a value reveals it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from apps.api.derived import AnnotatedField
from apps.api.fields import Field
from apps.api.relations import ToMany, ToOne
from apps.api.resources import Covering

if TYPE_CHECKING:
    from typing import TypeAlias

    from apps.api.context import Context
    from apps.api.resources import ModelResource

    Sorted: TypeAlias = F | Subquery[Any]

Link = ToOne | ToMany
Rows = models.QuerySet[Any, Any]


@dataclass(frozen=True)
class WalkedRow:
    """A row that a walk has reached.

    `prefix` is the path to it from the rows of the statement. `seen` says that a caller who sees
    the row of the statement also sees this one. At the `start` of a walk, the statement already has
    the computed columns.
    """

    resource: type[ModelResource[Any]]
    prefix: str = ""
    seen: bool = True
    start: bool = False

    def path(self, field: Field) -> str:
        """Return the path of a field from the rows of the statement."""
        return f"{self.prefix}{field.path()}"

    def among(self, rows: Rows) -> Q:
        """Return the condition that this row is one of `rows`."""
        return Q(**{f"{self.prefix}pk__in": rows.order_by().values("pk")})

    def all_rows(self) -> Rows:
        """Return all rows of the resource's model, visible or not, for a subquery."""
        found: Rows = self.resource.model._default_manager.all()
        return found


def is_open(place: WalkedRow, field: Link, context: Context) -> bool:
    """Return whether the caller may look through a link of any row at that place.

    They may if everybody sees all rows of the other side, if the link is declared as `always_seen`,
    or if the rules prove that a caller who sees the one row sees the other.
    """
    rule = field.target.visible
    if not rule.condition(context.caller):
        return True
    if not isinstance(field, ToOne) or field.guarded:
        return False
    return field.always_seen or (place.seen and _rule_covers(place.resource, field))


def _rule_covers(resource: type[ModelResource[Any]], field: ToOne) -> bool:
    rule = resource.visible
    if not isinstance(rule, Covering):
        return False
    return rule.covers(str(field.attribute), field.target.visible)


def is_shown(field: Link) -> bool:
    """Return whether objects show the names of the other side to callers who see the row with the
    link."""
    return isinstance(field, ToOne) and not field.guarded and field.full in ("list", "both")


def row_behind(place: WalkedRow, field: ToOne) -> WalkedRow:
    """Return the place at the other end of an open link, whose table the statement joins."""
    sure = place.seen and not field.always_seen
    return WalkedRow(field.target, f"{place.path(field)}__", sure)


def linked_condition(place: WalkedRow, field: Link, ends: Rows) -> Q:
    """Return the condition that a link leads to one of `ends`. A row counts once, however many
    match."""
    keys = ends.order_by().values("pk")
    if not isinstance(field, ToMany):
        return Q(**{f"{place.path(field)}__in": keys})
    return place.among(place.all_rows().filter(**{f"{field.path()}__in": keys}))


def computed_rows(place: WalkedRow, field: AnnotatedField, context: Context) -> Rows:
    """Return the rows of the place's model with the computed value of a field."""
    computed = {field.alias: field.expression(context)}
    found: Rows = place.all_rows().annotate(**computed)
    return found


def value_of(place: WalkedRow, field: Field, context: Context) -> Sorted:
    """Return the value of a field of the row at a place; for a link, the key of the other row (rule
    T96)."""
    if isinstance(field, AnnotatedField) and not place.start:
        own = computed_rows(place, field, context).filter(pk=OuterRef(f"{place.prefix}pk"))
        return Subquery(own.order_by().values(field.alias))
    if not isinstance(field, ToOne):
        return F(place.path(field))
    if field.guarded and not is_open(place, field, context):
        return value_behind(place, field, F("pk"), context)
    return F(f"{place.path(field)}__pk")


def value_behind(place: WalkedRow, field: ToOne, value: Sorted, context: Context) -> Sorted:
    """Return a value of the row at the end of a link, or null if the caller does not see that
    row."""
    key = OuterRef(f"{place.path(field)}__pk")
    end = field.target.visible_rows(context).filter(pk=key)
    return Subquery(end.order_by().values(walked=value))
