"""Many rows like one, made by the database."""

from __future__ import annotations

from django.db import connection, models
from django.db.models import Field, Max, Model, UniqueConstraint


def multiply(row: Model, count: int) -> int:
    """Make `count` rows like one, which differ in what has to be different.

    What the database may have only once is another text, another number, or a link to another
    row made in the same way. Returns the key before the first one's.
    """
    meta = type(row)._meta
    before = type(row)._default_manager.aggregate(last=Max("pk"))["last"]
    values = {meta.pk.column: f"{before} + n"}
    varied = _once(type(row))
    for field in meta.concrete_fields:
        if field is not meta.pk:
            differs = field.name in varied
            values[field.column] = _another(row, field, count) if differs else f'"{field.column}"'
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
    return found | {names[-1] for names in model._meta.unique_together}


def _another(row: Model, field: Field[object, object], count: int) -> str:
    """The SQL of a value for the n-th row."""
    if isinstance(field, models.ForeignKey):
        return f"{multiply(getattr(row, field.name), count)} + n"
    if isinstance(field, models.CharField):
        return f'left("{field.column}", {field.max_length} - 8) || n'
    return f'"{field.column}" + n'
