"""A page of a list, found by its keys: what it costs follows from the page and from what the
caller sees, and not from the size of the table.

The keys of the page are looked for first, in an index where there is one; only their rows are
joined with others. Callers who see the rows of a few owners have each owner's first rows looked
up in order, and these merged: no estimate of how many rows an owner has can lead the database to
walk through everybody's.

How many rows there are in all is kept until a table that they were found in is written.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import BigIntegerField, DecimalField, F, Q, Value
from django.db.models.expressions import OrderBy, RawSQL

from apps.api import editions, kept_statements, reading
from apps.api.guards import InArray, InSubquery
from apps.api.resources import InLanes
from apps.api.shelves import BoundedCache

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
class CountedRows:
    """How many rows a list has, in an edition of its tables."""

    edition: Decimal
    total: int


@dataclass(frozen=True)
class PageKeys:
    """The keys of a page in order, in an edition of the `tables` of its list."""

    tables: tuple[str, ...]
    counted: CountedRows
    keys: tuple[Any, ...]


@dataclass(frozen=True)
class FoundPage:
    """The tuples of a page, which may have more columns than were asked for, and the number of
    all rows of its list.

    `edition` is that of the tables which the caller named; `known` is what can be kept of the
    page.
    """

    rows: Sequence[Sequence[Any]]
    total: int
    edition: Decimal | None = None
    known: PageKeys | None = None


_totals: BoundedCache[CountedRows] = BoundedCache(2048)


def by_keys(
    resource: type[ModelResource[Any]], context: Context, known: PageKeys, tables: Sequence[str]
) -> FoundPage | None:
    """The page whose keys are known, with the edition of `tables`; None where a table of its
    list was written since."""

    def called(context: Context, keys: object) -> Rows:
        rows = reading.read_rows(resource, context).filter(InArray(F("pk"), keys))
        return _with_editions(rows, known.tables, tables)

    asked = "known", known.tables, tuple(tables)
    rows = kept_statements.select_rows(resource, asked, context, called, keys=list(known.keys))
    if len(rows) < len(known.keys) or rows[0][-2] != known.counted.edition:
        return None
    place = {key: number for number, key in enumerate(known.keys)}
    in_order = sorted(rows, key=lambda row: place[row[-3]])
    return FoundPage(in_order, known.counted.total, rows[0][-1], known)


def _with_editions(rows: Rows, listed: Sequence[str] | None, shown: Sequence[str]) -> Rows:
    """The rows with their key, the edition of the tables that were listed, and that of those
    that are shown, as three more columns."""
    none = Value(None, DecimalField())
    edition = none if listed is None else editions.edition_sql(listed)
    found: Rows = rows.annotate(
        listed_key=F("pk"), listed_edition=edition, shown_edition=editions.edition_sql(shown)
    )
    return found


class ListQuery:
    """The rows of a list: those that are `met` by its filters and that `caller` sees."""

    def __init__(self, resource: type[ModelResource[Any]], context: Context, met: Rows) -> None:
        self.resource, self.context, self.met = resource, context, met
        self.rows = met.filter(resource.visible.rows(context.caller))

    def page(
        self, order: Sequence[OrderBy], offset: int, limit: int, shown: Sequence[str]
    ) -> FoundPage:
        """A page as it is now, with the edition of the tables `shown`, in one statement."""
        try:
            total, keys = self._total(), self._keys(order, offset, limit)
        except EmptyResultSet:
            return FoundPage((), 0)
        tables = _countable_tables(total, keys)
        counting = _total_sql(total, tables)
        every = reading.read_rows(self.resource, self.context)
        page = every.annotate(total_rows=counting).filter(InSubquery(F("pk"), keys))
        rows = list(_with_editions(page.order_by(*order), tables, shown))
        if not rows:
            return FoundPage((), self.rows.count() if offset else 0)
        *_, number, _, listed, edition = rows[0]
        if tables is None:
            return FoundPage(rows, number, edition)
        counted = CountedRows(listed, number)
        _totals.put(_statement_key(total), counted)
        return FoundPage(
            rows, number, edition, PageKeys(tables, counted, tuple(r[-3] for r in rows))
        )

    def _total(self) -> RawSQL:
        counts = [_count_sql(rows) for rows in self._parts]
        text = " + ".join(f"({count.sql})" for count in counts)
        given = [value for count in counts for value in count.params]
        return RawSQL(f"SELECT {text}", given, BigIntegerField())  # noqa: S611 - bound

    @cached_property
    def _parts(self) -> Sequence[Rows]:
        """The rows; those apart that the caller sees without other rows of their owners, for an
        index has each part, and none has both."""
        rule, caller = self.resource.visible, self.context.caller
        if not isinstance(rule, InLanes) or (beside := rule.beside(caller)) is None:
            return [self.rows]
        owned = InSubquery(F(rule.path), rule.lanes(caller))
        return [self.met.filter(owned), self.met.filter(~Q(owned), InSubquery(F("pk"), beside))]

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
        rows, given = _sort_columns(own, names, order).query.sql_with_params()
        _, *others = self._parts
        beside = [_sort_columns(each, names, order).query.sql_with_params() for each in others]
        parts = {
            "owners": owners.sql,
            "rows": rows,
            "fence": "" if self._is_indexed(order, path) else "OFFSET 0",
            "others": "".join(f"UNION ALL {text}" for text, _ in beside),
            "order": ", ".join(map(_order_term, names, order)),
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


def _sort_columns(rows: Rows, names: Sequence[str], order: Sequence[OrderBy]) -> Rows:
    """The keys of rows, and what they are ordered by."""
    sorts = {name: by.expression for name, by in zip(names, order, strict=True)}
    found: Rows = rows.annotate(listed=F("pk"), **sorts).order_by().values_list("listed", *names)
    return found


def _count_sql(rows: Rows) -> RawSQL:
    listed, given = rows.order_by().values("pk").query.sql_with_params()
    text = f"SELECT count(*) FROM ({listed}) AS listed"  # noqa: S608 - bound parameters
    return RawSQL(text, given)  # noqa: S611 - parameters are bound


def _countable_tables(*statements: RawSQL) -> tuple[str, ...] | None:
    """The tables that a list is made of, where what is made of them may be kept: their writes
    are counted, and no moment is among the values, which may be that of the request."""
    if any(editions.has_moment(statement.params) for statement in statements):
        return None
    return editions.tables_of("".join(statement.sql for statement in statements))


def _total_sql(total: RawSQL, tables: tuple[str, ...] | None) -> RawSQL:
    """The number of all rows: the one that is kept, where it is of this edition."""
    kept = _totals.get(_statement_key(total)) if tables is not None else None
    if kept is None or tables is None:
        return total
    edition = editions.edition_sql(tables)
    text = f"SELECT CASE WHEN ({edition.sql}) = %s THEN %s ELSE ({total.sql}) END"
    given = (*edition.params, kept.edition, kept.total, *total.params)
    return RawSQL(text, given, BigIntegerField())  # noqa: S611 - parameters are bound


def _statement_key(statement: RawSQL) -> Hashable:
    """What tells a statement with its parameters from others."""
    return statement.sql, *map(_make_hashable, statement.params)


def _make_hashable(value: object) -> object:
    return tuple(map(_make_hashable, value)) if isinstance(value, list | tuple) else value


def _order_term(name: str, by: OrderBy) -> str:
    """A term of ORDER BY as `by` has it, over a column of that name."""
    way = "DESC" if by.descending else "ASC"
    nulls = "FIRST" if by.nulls_first else "LAST" if by.nulls_last else ""
    return f"row.{name} {way} {nulls and f'NULLS {nulls}'}"
