"""A page of a list, found by its keys: what it costs follows from the page and from what the
caller sees, and not from the size of the table.

The keys of the page are looked for first, in an index where there is one; only their rows are
joined with others. Callers who see the rows of a few owners have each owner's first rows looked
up in order, and these merged: no estimate of how many rows an owner has can lead the database to
walk through everybody's.

How many rows there are in all, and which keys a page has, is kept until a table that they were
found in is written.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import BigIntegerField, DecimalField, F, Value
from django.db.models.expressions import OrderBy, RawSQL

from apps.api import editions
from apps.api.editions import Shelf
from apps.api.resources import InLanes

if TYPE_CHECKING:
    from decimal import Decimal

    from apps.api.resources import ModelResource

# Without the fence the database may think that it meets an owner's rows soon enough when it walks
# through all rows in the order that is asked for.
_LANES = """
    SELECT row.listed
    FROM unnest(ARRAY({owners})) AS lane (owner) CROSS JOIN LATERAL (
        SELECT * FROM ({rows} {fence}) AS row ORDER BY {order} LIMIT %s
    ) AS row
    ORDER BY {order} LIMIT %s OFFSET %s
"""
_LAST = 2**63 - 1

Rows = models.QuerySet[Any, Any]


@dataclass(frozen=True)
class Counted:
    """How many rows a list has, in an edition of its tables."""

    edition: Decimal
    total: int


@dataclass(frozen=True)
class Found:
    """The tuples of a page, which may have more columns than were asked for, and the number of
    all rows of its list."""

    rows: Sequence[Sequence[Any]]
    total: int


@dataclass(frozen=True)
class Known:
    """The keys of a page in order, in an edition of the tables of its list."""

    counted: Counted
    keys: tuple[Any, ...]


_totals: Shelf[Counted] = Shelf(2048)
_pages: Shelf[Known] = Shelf(512)
_MOST_KEYS = 100
"""Larger pages are looked up every time."""


def forget_pages() -> None:
    """Have every page looked up anew, as if none had been asked for."""
    _pages.clear()


class Listed:
    """The rows of a list: those that are `met` by its filters and that `caller` sees."""

    def __init__(self, resource: type[ModelResource], caller: Any, met: Rows) -> None:
        self.resource, self.caller, self.met = resource, caller, met
        self.rows = met.filter(resource.visible.rows(caller))

    def page(self, every: Rows, order: Sequence[OrderBy], offset: int, limit: int) -> Found:
        """A page out of `every` row of the table."""
        try:
            keys = self._keys(order, offset, limit)
            asked = _Asked(every, order, offset, self._total(), keys)
        except EmptyResultSet:
            return Found((), 0)
        return asked.known() or asked.fresh()

    def _total(self) -> RawSQL:
        listed, given = self.rows.order_by().values("pk").query.sql_with_params()
        text = f"SELECT count(*) FROM ({listed}) AS listed"  # noqa: S608 - bound parameters
        return RawSQL(text, given, BigIntegerField())  # noqa: S611

    def _keys(self, order: Sequence[OrderBy], offset: int, limit: int) -> RawSQL:
        visible = self.resource.visible
        lanes = visible.lanes(self.caller) if isinstance(visible, InLanes) else None
        if lanes is None or not isinstance(visible, InLanes):
            page = self.rows.order_by(*order).values("pk")[offset : min(offset + limit, _LAST)]
            return RawSQL(*page.query.sql_with_params())  # noqa: S611
        names = [f"order_{number}" for number in range(len(order))]
        rows, given = self._lane(visible.path, names, order).query.sql_with_params()
        parts = {
            "owners": lanes.sql,
            "rows": rows,
            "fence": "" if self._is_indexed(order) else "OFFSET 0",
            "order": ", ".join(map(_direction, names, order)),
        }
        bounds = min(offset + limit, _LAST), limit, offset
        return RawSQL(_LANES.format(**parts), (*lanes.params, *given, *bounds))  # noqa: S611

    def _is_indexed(self, order: Sequence[OrderBy]) -> bool:
        return any(order[0].expression == F(name) for name in ("pk", *self.resource.owner_order))

    def _lane(self, path: str, names: Sequence[str], order: Sequence[OrderBy]) -> Rows:
        """The keys of one owner's rows, and what they are ordered by."""
        own = self.met.filter(**{path: RawSQL("lane.owner", ())})
        sorts = {name: by.expression for name, by in zip(names, order, strict=True)}
        found: Rows = own.annotate(listed=F("pk"), **sorts).order_by().values_list("listed", *names)
        return found


@dataclass(frozen=True)
class _Asked:
    """A page of a list that is asked for: the statements that find its `keys` and the `total`."""

    every: Rows
    order: Sequence[OrderBy]
    offset: int
    total: RawSQL
    keys: RawSQL

    @property
    def tables(self) -> tuple[str, ...] | None:
        """The tables that the list is made of, where their writes are counted."""
        return editions.tables_of(self.total.sql + self.keys.sql)

    def known(self) -> Found | None:
        """The page by the keys that are kept of it, unless a table was written meanwhile."""
        known = _pages.get(_mark(self.keys)) if self.tables else None
        if known is None:
            return None
        rows = list(self._marked(self.every.filter(pk__in=known.keys)))
        if len(rows) < len(known.keys) or rows[0][-1] != known.counted.edition:
            return None
        place = {key: number for number, key in enumerate(known.keys)}
        return Found(sorted(rows, key=lambda row: place[row[-2]]), known.counted.total)

    def fresh(self) -> Found:
        """The page as it is now, in one statement."""
        total = self._total()
        page = self.every.annotate(total_rows=total).filter(pk__in=self.keys)
        rows = list(self._marked(page.order_by(*self.order)))
        if not rows:
            return Found((), _value(total) if self.offset else 0)
        *_, number, _, edition = rows[0]
        self._keep(Known(Counted(edition, number), tuple(row[-2] for row in rows)))
        return Found(rows, number)

    def _marked(self, rows: Rows) -> Rows:
        """The rows with their key and the edition as two more columns."""
        edition = editions.number(self.tables) if self.tables else Value(None, DecimalField())
        found: Rows = rows.annotate(listed_key=F("pk"), edition=edition)
        return found

    def _total(self) -> RawSQL:
        """The number of all rows: the one that is kept, where it is of this edition."""
        kept = _totals.get(_mark(self.total)) if self.tables else None
        if kept is None:
            return self.total
        edition = editions.number(self.tables or ())
        text = f"SELECT CASE WHEN ({edition.sql}) = %s THEN %s ELSE ({self.total.sql}) END"
        given = (*edition.params, kept.edition, kept.total, *self.total.params)
        return RawSQL(text, given, BigIntegerField())  # noqa: S611

    def _keep(self, known: Known) -> None:
        if self.tables is None:
            return
        _totals.put(_mark(self.total), known.counted)
        if len(known.keys) <= _MOST_KEYS:
            _pages.put(_mark(self.keys), known)


def _mark(statement: RawSQL) -> Hashable:
    """What tells a statement with its parameters from others."""
    return statement.sql, *map(_hashable, statement.params)


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


def _value(statement: RawSQL) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        return int(cursor.fetchone()[0])


def _direction(name: str, by: OrderBy) -> str:
    """A term of ORDER BY as `by` has it, over a column of that name."""
    way = "DESC" if by.descending else "ASC"
    nulls = "FIRST" if by.nulls_first else "LAST" if by.nulls_last else ""
    return f"row.{name} {way} {nulls and f'NULLS {nulls}'}"
