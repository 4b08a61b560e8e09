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

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import BigIntegerField, DecimalField, F, Q, Value
from django.db.models.expressions import OrderBy, RawSQL

from apps.api import editions, kept_statements, reading
from apps.api.guards import Among, Within
from apps.api.resources import InLanes
from apps.api.shelves import Shelf

if TYPE_CHECKING:
    from decimal import Decimal

    from apps.api.context import Context
    from apps.api.resources import ModelResource

# Without the fence the database may think that it meets an owner's rows soon enough when it walks
# through all rows in the order that is asked for.
_LANES = """
    SELECT row.listed
    FROM (
        SELECT row.*
        FROM (SELECT DISTINCT owner FROM unnest(ARRAY({owners})) AS seen (owner)) AS lane
        CROSS JOIN LATERAL (
            SELECT * FROM ({rows} {fence}) AS row ORDER BY {order} LIMIT %s
        ) AS row
        {others}
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
    """The keys of a page in order, in an edition of the `tables` of its list."""

    tables: tuple[str, ...]
    counted: Counted
    keys: tuple[Any, ...]


_totals: Shelf[Counted] = Shelf(2048)
_pages: Shelf[Known] = Shelf(512)
_MOST_KEYS = 100
"""Larger pages are looked up every time."""


def forget_pages() -> None:
    """Have every page looked up anew, as if none had been asked for."""
    _pages.clear()


def known(resource: type[ModelResource], context: Context, query: str) -> Found | None:
    """The page that a query string asks for, by the keys that are kept of it; None where there
    are none or a table was written meanwhile."""
    kept = _pages.get(_question(resource, context, query))
    if kept is None:
        return None

    def called(context: Context, keys: Any) -> Rows:
        rows = reading.rows(resource, context).filter(Within(F("pk"), keys))
        return _marked(rows, kept.tables)

    asked = "known", kept.tables
    rows = kept_statements.rows(resource, asked, context, called, keys=list(kept.keys))
    if len(rows) < len(kept.keys) or rows[0][-1] != kept.counted.edition:
        return None
    place = {key: number for number, key in enumerate(kept.keys)}
    return Found(sorted(rows, key=lambda row: place[row[-2]]), kept.counted.total)


def _question(resource: type[ModelResource], context: Context, query: str) -> Hashable:
    """All that the rows of a page depend on, but for the rows themselves."""
    caller = context.caller
    return resource.name, context.form, caller and (caller.pk, caller.is_staff), query


def _marked(rows: Rows, tables: Iterable[str] | None) -> Rows:
    """The rows with their key and the edition of the tables as two more columns."""
    edition = Value(None, DecimalField()) if tables is None else editions.number(tables)
    found: Rows = rows.annotate(listed_key=F("pk"), edition=edition)
    return found


class Listed:
    """The rows of a list: those that are `met` by its filters and that `caller` sees."""

    def __init__(self, resource: type[ModelResource], context: Context, met: Rows) -> None:
        self.resource, self.context, self.met = resource, context, met
        self.rows = met.filter(resource.visible.rows(context.caller))

    def page(self, order: Sequence[OrderBy], offset: int, limit: int, query: str) -> Found:
        """A page as it is now, in one statement, which a query string asks for."""
        try:
            total, keys = self._total(), self._keys(order, offset, limit)
        except EmptyResultSet:
            return Found((), 0)
        tables = _tables(total, keys)
        counting = _counting(total, tables)
        every = reading.rows(self.resource, self.context)
        page = every.annotate(total_rows=counting).filter(Among(F("pk"), keys))
        rows = list(_marked(page.order_by(*order), tables))
        if not rows:
            return Found((), self.rows.count() if offset else 0)
        *_, number, _, edition = rows[0]
        if tables is not None:
            counted = Counted(edition, number)
            _totals.put(_mark(total), counted)
            self._keep(query, Known(tables, counted, tuple(row[-2] for row in rows)))
        return Found(rows, number)

    def _keep(self, query: str, page: Known) -> None:
        if len(page.keys) <= _MOST_KEYS:
            _pages.put(_question(self.resource, self.context, query), page)

    def _total(self) -> RawSQL:
        counts = [_count(rows) for rows in self._parts()]
        text = " + ".join(f"({count.sql})" for count in counts)
        given = [value for count in counts for value in count.params]
        return RawSQL(f"SELECT {text}", given, BigIntegerField())  # noqa: S611 - bound

    def _parts(self) -> Sequence[Rows]:
        """The rows; those apart that the caller sees without other rows of their owners, for an
        index has each part, and none has both."""
        rule, caller = self.resource.visible, self.context.caller
        if not isinstance(rule, InLanes) or (beside := rule.beside(caller)) is None:
            return [self.rows]
        owned = Among(F(rule.path), rule.lanes(caller))
        return [self.met.filter(owned), self.met.filter(~Q(owned), Among(F("pk"), beside))]

    def _keys(self, order: Sequence[OrderBy], offset: int, limit: int) -> RawSQL:
        rule = self.resource.visible
        if isinstance(rule, InLanes) and (owners := rule.lanes(self.context.caller)) is not None:
            return self._merged_keys(rule.path, owners, order, offset, limit)
        page = self.rows.order_by(*order).values("pk")[offset : offset + limit]
        return RawSQL(*page.query.sql_with_params())  # noqa: S611 - parameters are bound

    def _merged_keys(
        self, path: str, owners: RawSQL, order: Sequence[OrderBy], offset: int, limit: int
    ) -> RawSQL:
        """The keys of a page of what belongs to the `owners` at `path`: each one's first rows are
        looked up, and these merged."""
        names = [f"order_{number}" for number in range(len(order))]
        own = self.met.filter(**{path: RawSQL("lane.owner", ())})
        rows, given = _sortable(own, names, order).query.sql_with_params()
        _, *others = self._parts()
        beside = [_sortable(each, names, order).query.sql_with_params() for each in others]
        parts = {
            "owners": owners.sql,
            "rows": rows,
            "fence": "" if self._is_indexed(order, path) else "OFFSET 0",
            "others": "".join(f"UNION ALL {text}" for text, _ in beside),
            "order": ", ".join(map(_direction, names, order)),
        }
        last = min(offset + limit, _LAST)
        more = [value for _, values in beside for value in values]
        values = *owners.params, *given, last, *more, limit, offset
        return RawSQL(_LANES.format(**parts), values)  # noqa: S611 - parameters are bound

    def _is_indexed(self, order: Sequence[OrderBy], path: str) -> bool:
        """Whether an index has the rows of each owner in that order."""
        names = set(self.resource.owner_order)
        if "id" in names:
            names |= {"pk", path}
        names |= {f"{name}__pk" for name in names}  # links are in the order of keys
        return any(order[0].expression == F(name) for name in names)


def _sortable(rows: Rows, names: Sequence[str], order: Sequence[OrderBy]) -> Rows:
    """The keys of rows, and what they are ordered by."""
    sorts = {name: by.expression for name, by in zip(names, order, strict=True)}
    found: Rows = rows.annotate(listed=F("pk"), **sorts).order_by().values_list("listed", *names)
    return found


def _count(rows: Rows) -> RawSQL:
    listed, given = rows.order_by().values("pk").query.sql_with_params()
    text = f"SELECT count(*) FROM ({listed}) AS listed"  # noqa: S608 - bound parameters
    return RawSQL(text, given)  # noqa: S611 - parameters are bound


def _tables(*statements: RawSQL) -> tuple[str, ...] | None:
    """The tables that a list is made of, where what is made of them may be kept: their writes
    are counted, and no moment is among the values, which may be that of the request."""
    if any(kept_statements.has_moment(statement.params) for statement in statements):
        return None
    return editions.tables_of("".join(statement.sql for statement in statements))


def _counting(total: RawSQL, tables: tuple[str, ...] | None) -> RawSQL:
    """The number of all rows: the one that is kept, where it is of this edition."""
    kept = _totals.get(_mark(total)) if tables is not None else None
    if kept is None or tables is None:
        return total
    edition = editions.number(tables)
    text = f"SELECT CASE WHEN ({edition.sql}) = %s THEN %s ELSE ({total.sql}) END"
    given = (*edition.params, kept.edition, kept.total, *total.params)
    return RawSQL(text, given, BigIntegerField())  # noqa: S611 - parameters are bound


def _mark(statement: RawSQL) -> Hashable:
    """What tells a statement with its parameters from others."""
    return statement.sql, *map(_hashable, statement.params)


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


def _direction(name: str, by: OrderBy) -> str:
    """A term of ORDER BY as `by` has it, over a column of that name."""
    way = "DESC" if by.descending else "ASC"
    nulls = "FIRST" if by.nulls_first else "LAST" if by.nulls_last else ""
    return f"row.{name} {way} {nulls and f'NULLS {nulls}'}"
