"""Columns that say whether the caller may see the row behind a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Value
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

from apps.api.callers import Caller


class InArray(Lookup[Any]):
    """Tests whether a value is in an array."""

    array = "{}"
    """Turns the other side into an array."""

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        value, own = self.process_lhs(compiler, connection)
        others, given = self.process_rhs(compiler, connection)
        return f"{value} = ANY({self.array.format(others)})", (*own, *given)


class InSubquery(InArray):
    """Tests whether a value is among the rows of a statement with one column.

    The rows are read once into an array, which an index can be searched for. With `IN` next to
    another condition, the database would look at every row of the table.
    """

    array = "ARRAY{}"


@dataclass(frozen=True)
class VisibilityColumn:
    """Says for each row whether the caller sees the rows of the owner at `path`.

    `owners` returns the ids of such owners, or None for everybody. The column is made once,
    together with the kept query. Each caller's owners are filled in later, because building the
    query again would cost more than running it.
    """

    path: str
    owners: Callable[[Caller], RawSQL | None]

    def column(self) -> Combinable:
        """Return the column as in the kept query: nobody sees anything."""
        return InSubquery(F(self.path), RawSQL("SELECT NULL::bigint", ()))

    def open(self, query: Query, name: str, caller: Caller) -> None:
        """Fill the owners for a caller into the column that the query has under that name."""
        # `user_id = ANY(ARRAY(SELECT NULL::bigint))`, which is false for every row, becomes
        # `user_id = ANY(ARRAY(SELECT id FROM …))`, or `true` if the caller sees all owners.
        owners = self.owners(caller)
        if owners is None:
            query.annotations[name] = Value(True, models.BooleanField())
            return
        owner, *_ = query.annotations[name].get_source_expressions()
        query.annotations[name] = InSubquery(owner, owners)
