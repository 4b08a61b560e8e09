"""Statements whose text is kept, because Django needs more time to write most of them than
PostgreSQL to run them.

A statement is written once for each question, for all callers. An `AnyCaller` stands for the
caller, and a `Placeholder` for each value that changes from request to request. The values are
filled in when the statement runs. So the question only has what the text itself depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Expression
from django.db.models.sql.compiler import SQLCompiler

from apps.api import editions, reading
from apps.api.shelves import BoundedCache
from hexostore.database.prepared import prepared_cursor

if TYPE_CHECKING:
    from apps.api.context import Context
    from apps.api.resources import ModelResource

MOST = 512

CALLER = "caller"
"""The placeholder for the caller's key."""

Rows = models.QuerySet[Any, Any]
Row = list[Any] | tuple[Any, ...]
Make = Callable[..., Rows]


class Placeholder(Expression):
    """A value of a statement that is known only when it runs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


@dataclass(frozen=True)
class AnyCaller:
    """Stands for any caller who is staff, or for any who is not."""

    is_staff: bool
    pk: Placeholder


@dataclass(frozen=True)
class ConvertedColumn:
    """A column whose values Django reads in its own way."""

    place: int
    convert: tuple[Callable[..., Any], ...]
    expression: Any

    def read(self, value: object) -> object:
        for convert in self.convert:
            value = convert(value, self.expression, connection)
        return value


@dataclass(frozen=True)
class Statement:
    """The text of a statement without its values. The text is empty if no row can meet the
    conditions."""

    text: str
    values: tuple[Any, ...] = ()
    columns: tuple[ConvertedColumn, ...] = ()

    def run(self, filled: Mapping[str, Any]) -> list[Row]:
        """Return the rows, with `filled` in place of the placeholders."""
        if not self.text:
            return []
        values = list(self.values)
        for place, value in enumerate(values):
            if isinstance(value, Placeholder):
                values[place] = filled[value.name]
        with prepared_cursor() as cursor:
            cursor.execute(self.text, values)
            found: list[Row] = cursor.fetchall()
        if not self.columns:
            return found
        return [self._read(row) for row in found]

    def _read(self, row: Iterable[Any]) -> Row:
        values = list(row)
        for column in self.columns:
            values[column.place] = column.read(values[column.place])
        return values

    def may_be_kept(self) -> bool:
        """Return whether the statement is the same at another time."""
        return not editions.has_moment(self.values)


_kept: BoundedCache[Statement] = BoundedCache(MOST)


def select_rows(
    resource: type[ModelResource[Any]],
    question: Hashable,
    context: Context,
    make: Make,
    **values: Any,
) -> list[Row]:
    """Return the rows that `make` selects for the caller, as tuples of columns.

    `make` is called with a context and the `values` by name, or with placeholders for both. The
    text of the statement may only depend on the resource, the form of the context, the `question`
    and whether the caller is staff. Nothing is kept if the value of a field depends on the caller.
    """
    if reading.is_personal(resource, context):
        return list(make(context, **values))
    caller = context.caller
    key = resource.name, context.form, question, caller.is_staff
    statement = _kept.get(key)
    if statement is None:
        anybody = AnyCaller(caller.is_staff, Placeholder(CALLER))
        blanks = {name: Placeholder(name) for name in values}
        statement = write_statement(make(replace(context, caller=anybody), **blanks))
        if statement.may_be_kept():
            _kept.put(key, statement)
    return statement.run({**values, CALLER: caller.pk})


def write_statement(selected: Rows) -> Statement:
    """Return the statement that selects those rows."""
    compiler: SQLCompiler = selected.query.get_compiler(selected.db)
    try:
        text, values = compiler.as_sql()
    except EmptyResultSet:
        return Statement("")
    selected_columns = (compiler.select or ())[: compiler.col_count]
    converters = compiler.get_converters([column for column, *_ in selected_columns])
    columns = []
    for place, (convert, expression) in converters.items():
        columns.append(ConvertedColumn(place, tuple(convert), expression))
    return Statement(text, tuple(values), tuple(columns))
