"""A page of a list, found by its keys: what it costs follows from the page and from what the
caller sees, and not from the size of the table.

The keys of the page are looked for first, in an index where there is one; only their rows are
joined with others. Callers who see the rows of a few owners have each owner's first rows looked
up in order, and these merged: no estimate of how many rows an owner has can lead the database to
walk through everybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import BigIntegerField, F
from django.db.models.expressions import OrderBy, RawSQL

from apps.api.resources import InLanes

if TYPE_CHECKING:
    from apps.api.resources import ModelResource

TOTAL = "total_rows"

# Without the fence the database may think that it meets an owner's rows soon enough when it walks
# through all rows in the order that is asked for.
_LANES = """
    SELECT row.listed
    FROM unnest(ARRAY({owners})) AS lane (owner) CROSS JOIN LATERAL (
        SELECT * FROM ({rows} {fence}) AS row ORDER BY {order} LIMIT %s
    ) AS row
    ORDER BY {order} LIMIT %s OFFSET %s
"""

Rows = models.QuerySet[Any, Any]


class Listed:
    """The rows of a list: those that are `met` by its filters and that `caller` sees."""

    def __init__(self, resource: type[ModelResource], caller: Any, met: Rows) -> None:
        self.resource, self.caller, self.met = resource, caller, met
        self.rows = met.filter(resource.visible.rows(caller))

    def count(self) -> int:
        """How many there are."""
        return self.rows.count()

    def page(self, every: Rows, order: Sequence[OrderBy], offset: int, limit: int) -> Rows:
        """The rows of a page out of `every` row of the table, with the number of all that are
        listed as one more column."""
        try:
            found: Rows = every.annotate(**{TOTAL: self._total()})
            return found.filter(pk__in=self._keys(order, offset, limit)).order_by(*order)
        except EmptyResultSet:
            return every.none()

    def _total(self) -> RawSQL:
        listed, given = self.rows.order_by().values("pk").query.sql_with_params()
        text = f"SELECT count(*) FROM ({listed}) AS listed"  # noqa: S608 - bound parameters
        return RawSQL(text, given, BigIntegerField())  # noqa: S611

    def _keys(self, order: Sequence[OrderBy], offset: int, limit: int) -> Any:
        visible = self.resource.visible
        lanes = visible.lanes(self.caller) if isinstance(visible, InLanes) else None
        if lanes is None or not isinstance(visible, InLanes):
            return self.rows.order_by(*order).values("pk")[offset : offset + limit]
        names = [f"order_{number}" for number in range(len(order))]
        rows, given = self._lane(visible.path, names, order).query.sql_with_params()
        parts = {
            "owners": lanes.sql,
            "rows": rows,
            "fence": "" if self._is_indexed(order) else "OFFSET 0",
            "order": ", ".join(map(_direction, names, order)),
        }
        bounds = offset + limit, limit, offset
        return RawSQL(_LANES.format(**parts), (*lanes.params, *given, *bounds))  # noqa: S611

    def _is_indexed(self, order: Sequence[OrderBy]) -> bool:
        return any(order[0].expression == F(name) for name in ("pk", *self.resource.owner_order))

    def _lane(self, path: str, names: Sequence[str], order: Sequence[OrderBy]) -> Rows:
        """The keys of one owner's rows, and what they are ordered by."""
        own = self.met.filter(**{path: RawSQL("lane.owner", ())})
        sorts = {name: by.expression for name, by in zip(names, order, strict=True)}
        found: Rows = own.annotate(listed=F("pk"), **sorts).order_by().values_list("listed", *names)
        return found


def _direction(name: str, by: OrderBy) -> str:
    """A term of ORDER BY as `by` has it, over a column of that name."""
    way = "DESC" if by.descending else "ASC"
    nulls = "FIRST" if by.nulls_first else "LAST" if by.nulls_last else ""
    return f"row.{name} {way} {nulls and f'NULLS {nulls}'}"
