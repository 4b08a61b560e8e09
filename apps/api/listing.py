"""A page of a list, found by its keys.

Its cost depends on the page and on what the caller sees, not on the size of the table. The keys of
the page are found first, with an index if there is one, and only their rows are joined with other
tables. If callers see the rows of a few owners, the first rows of each owner are looked up in order
and then merged. So a wrong estimate of an owner's rows cannot make the database walk through
everybody's.

The total number of rows is kept until a write to a table that was counted.
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

# Without OFFSET 0, the database may walk through all rows in the requested order, because it
# expects to meet an owner's rows soon.
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
    """The number of rows of a list, in an edition of its tables."""

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
    """The tuples of a page, which may have additional columns, and the number of all rows of its
    list.

    `edition` is that of the tables that the caller named. `known` is what can be kept of the page.
    """

    rows: Sequence[Sequence[Any]]
    total: int
    edition: Decimal | None = None
    known: PageKeys | None = None


_totals: BoundedCache[CountedRows] = BoundedCache(2048)


def by_keys(
    resource: type[ModelResource[Any]], context: Context, known: PageKeys, tables: Sequence[str]
) -> FoundPage | None:
    """Return the page with known keys and the edition of `tables`, or None after a write to a table
    of its list."""

    def called(context: Context, keys: object) -> Rows:
        rows = reading.read_rows(resource, context).filter(InArray(F("pk"), keys))
        return _with_editions(rows, known.tables, tables)

    asked = "known", known.tables, tuple(tables)
    rows = kept_statements.select_rows(resource, asked, context, called, keys=list(known.keys))
    if len(rows) < len(known.keys):
        return None
    *_, listed_edition, shown_edition = rows[0]
    if listed_edition != known.counted.edition:
        return None
    place = {key: number for number, key in enumerate(known.keys)}
    in_order = sorted(rows, key=lambda row: place[row[-3]])
    return FoundPage(in_order, known.counted.total, shown_edition, known)


def _with_editions(rows: Rows, listed: Sequence[str] | None, shown: Sequence[str]) -> Rows:
    """Return the rows with three more columns: their key, the edition of the listed tables, and
    that of the shown tables."""
    none = Value(None, DecimalField())
    edition = none if listed is None else editions.edition_sql(listed)
    found: Rows = rows.annotate(
        listed_key=F("pk"), listed_edition=edition, shown_edition=editions.edition_sql(shown)
    )
    return found


class ListQuery:
    """The rows of a list: rows in `met`, which the filters select, that the caller also sees.

    Their number is the sum of those of the rows `counted`, if these are given.
    """

    def __init__(
        self,
        resource: type[ModelResource[Any]],
        context: Context,
        met: Rows,
        counted: Rows | None = None,
    ) -> None:
        self.resource, self.context, self.met = resource, context, met
        self.counted = counted
        self.rows = met.filter(resource.visible.condition(context.caller))

    def page(
        self, order: Sequence[OrderBy], offset: int, limit: int, shown: Sequence[str]
    ) -> FoundPage:
        """Return a page as it is now, with the edition of the tables `shown`, in one statement."""
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
        known = PageKeys(tables, counted, tuple(row[-3] for row in rows))
        return FoundPage(rows, number, edition, known)

    def _total(self) -> RawSQL:
        if self.counted is not None:
            rows, values = self.counted.order_by().values("number").query.sql_with_params()
            summed = f"SELECT coalesce(sum(number), 0)::bigint FROM ({rows}) AS counted"  # noqa: S608
            return RawSQL(summed, values, BigIntegerField())  # noqa: S611 - bound
        counts = [_count_sql(rows) for rows in self._parts]
        text = " + ".join(f"({count.sql})" for count in counts)
        given = [value for count in counts for value in count.params]
        return RawSQL(f"SELECT {text}", given, BigIntegerField())  # noqa: S611 - bound

    @cached_property
    def _parts(self) -> Sequence[Rows]:
        """The rows, in one or two parts.

        The second part has the rows that the caller sees for another reason than their owner. Each
        part has an index of its own, which the union of both does not have.
        """
        rule, caller = self.resource.visible, self.context.caller
        if not isinstance(rule, InLanes):
            return [self.rows]
        beside = rule.beside(caller)
        if beside is None:
            return [self.rows]
        is_owned = InSubquery(F(rule.path), rule.lanes(caller))
        is_beside = InSubquery(F("pk"), beside)
        owned = self.met.filter(is_owned)
        others = self.met.filter(~Q(is_owned), is_beside)
        return [owned, others]

    def _keys(self, order: Sequence[OrderBy], offset: int, limit: int) -> RawSQL:
        rule = self.resource.visible
        if isinstance(rule, InLanes):
            owners = rule.lanes(self.context.caller)
            if owners is not None:
                return self._merged_keys(rule.path, owners, order, offset, limit)
        page = self.rows.order_by(*order).values("pk")[offset : offset + limit]
        return RawSQL(*page.query.sql_with_params())  # noqa: S611 - parameters are bound

    def _merged_keys(
        self, path: str, owners: RawSQL, order: Sequence[OrderBy], offset: int, limit: int
    ) -> RawSQL:
        """Return the keys of a page of the rows that belong to the `owners` at `path`.

        The first rows of each owner are looked up, and these are merged.
        """
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
        """Return whether an index has the rows of each owner in that order."""
        names = set(self.resource.owner_order)
        if "id" in names:
            names |= {"pk", path}
        names |= {f"{name}__pk" for name in names}  # links are in the order of keys
        return any(order[0].expression == F(name) for name in names)


def _sort_columns(rows: Rows, names: Sequence[str], order: Sequence[OrderBy]) -> Rows:
    """Return the keys of rows with the values that they are ordered by."""
    sorts = {name: by.expression for name, by in zip(names, order, strict=True)}
    named = rows.annotate(listed=F("pk"), **sorts)
    found: Rows = named.order_by().values_list("listed", *names)
    return found


def _count_sql(rows: Rows) -> RawSQL:
    listed, given = rows.order_by().values("pk").query.sql_with_params()
    text = f"SELECT count(*) FROM ({listed}) AS listed"  # noqa: S608 - bound parameters
    return RawSQL(text, given)  # noqa: S611 - parameters are bound


def _countable_tables(*statements: RawSQL) -> tuple[str, ...] | None:
    """Return the tables that a list is made of, or None if nothing made of them may be kept.

    It may be kept if the writes to all of them are counted and no value is a moment, because that
    may be the time of the request.
    """
    if any(editions.has_moment(statement.params) for statement in statements):
        return None
    return editions.tables_of("".join(statement.sql for statement in statements))


def _total_sql(total: RawSQL, tables: tuple[str, ...] | None) -> RawSQL:
    """Return the number of all rows: the kept one if its edition is still current, else a count."""
    kept = _totals.get(_statement_key(total)) if tables is not None else None
    if kept is None or tables is None:
        return total
    edition = editions.edition_sql(tables)
    text = f"SELECT CASE WHEN ({edition.sql}) = %s THEN %s ELSE ({total.sql}) END"
    given = (*edition.params, kept.edition, kept.total, *total.params)
    return RawSQL(text, given, BigIntegerField())  # noqa: S611 - parameters are bound


def _statement_key(statement: RawSQL) -> Hashable:
    """Return a key that identifies a statement with its parameters."""
    return statement.sql, *map(_make_hashable, statement.params)


def _make_hashable(value: object) -> object:
    return tuple(map(_make_hashable, value)) if isinstance(value, list | tuple) else value


def _order_term(name: str, by: OrderBy) -> str:
    """Return a term of ORDER BY like `by`, for the column of that name."""
    # `row.order_0 DESC NULLS LAST`
    words = [f"row.{name}", "DESC" if by.descending else "ASC"]
    if by.nulls_first:
        words.append("NULLS FIRST")
    elif by.nulls_last:
        words.append("NULLS LAST")
    return " ".join(words)
