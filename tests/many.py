"""Many rows like one, made by the database."""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.db.models import F, Field, Max, Model, UniqueConstraint


def multiply(row: Model, count: int) -> int:
    """Make `count` rows like one, each at another time, and different where it has to be.

    What the database may have only once is another text, or a link to another row made in the
    same way. Returns the key before the first one's.
    """
    meta = type(row)._meta
    before = type(row)._default_manager.aggregate(last=Max("pk"))["last"]
    values = {meta.pk.column: f"{before} + n"}
    once = _once(type(row))
    for field in meta.concrete_fields:
        if field is not meta.pk:
            number = f"({before} + n)"
            values[field.column] = _another(row, field, count, number, once=field.name in once)
    names = ", ".join(f'"{name}"' for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({names}) SELECT {", ".join(values.values())} '  # noqa: S608 - names of columns
            f'FROM "{meta.db_table}", generate_series(1, {count}) AS n '
            f'WHERE "{meta.pk.column}" = %s',
            [row.pk],
        )
        cursor.execute(f'VACUUM ANALYZE "{meta.db_table}"')
    return int(before)


def _once(model: type[Model]) -> set[str]:
    """A field of each combination that may be there only once."""
    found = {field.name for field in model._meta.fields if field.unique and not field.primary_key}
    rules = [rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)]
    found |= {rule.fields[-1] for rule in rules if rule.fields}
    found |= {name for rule in rules for part in rule.expressions for name in _columns_of(part)}
    return found | {names[-1] for names in model._meta.unique_together}


def _columns_of(expression: Any) -> set[str]:
    """The names of the columns that an expression is made of."""
    own = {str(getattr(expression, "name", ""))} if isinstance(expression, F) else set()
    return own.union(*map(_columns_of, expression.get_source_expressions() if not own else ()))


def _another(row: Model, field: Field[object, object], count: int, n: str, *, once: bool) -> str:
    """The SQL of the value of a field in the row with the key `n`."""
    column = f'"{field.column}"'
    if once and isinstance(field, models.ForeignKey):
        return f"{multiply(getattr(row, field.name), count)} + n"
    if once and isinstance(field, models.CharField):
        return f"left({column}, {field.max_length} - 8) || {n}"
    if field.db_type(connection) == "bigint" and not isinstance(field, models.ForeignKey):
        return f"{column} + {n}"
    if isinstance(field, models.DateTimeField):
        return f"{column} + {n} * interval '1 second'"
    return column
