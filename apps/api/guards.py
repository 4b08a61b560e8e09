"""Columns that say whether the caller may see what a link leads to."""

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
    """Whether a value is one of an array."""

    array = "{}"
    """What makes an array of the other side."""

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        value, own = self.process_lhs(compiler, connection)
        others, given = self.process_rhs(compiler, connection)
        return f"{value} = ANY({self.array.format(others)})", (*own, *given)


class InSubquery(InArray):
    """Whether a value is among the rows of a statement, which has one column.

    The rows are read once, into an array, which an index can be searched for: `IN` beside
    another condition would have every row of the table looked at.
    """

    array = "ARRAY{}"


@dataclass(frozen=True)
class VisibilityColumn:
    """Says of each row whether the owner at `path` is among those whose rows the caller sees.

    `owners` gives their ids, or None for everybody. The column is made once, with the query that
    is kept, and then told for each caller whose rows he sees: to make the query anew would cost
    more than to run it.
    """

    path: str
    owners: Callable[[Caller], RawSQL | None]

    def column(self) -> Combinable:
        """The column as the kept query has it, which lets nobody see anything."""
        return InSubquery(F(self.path), RawSQL("SELECT NULL::bigint", ()))

    def open(self, query: Query, name: str, caller: Caller) -> None:
        """Makes the column, which the query has under that name, the caller's."""
        owners = self.owners(caller)
        owner = query.annotations[name].get_source_expressions()[0]
        found = Value(True, models.BooleanField()) if owners is None else InSubquery(owner, owners)
        query.annotations[name] = found
