"""Raw SQL for the user lookup, which runs on every request.

Django would build the statement each time, which costs more than running it. Reading its rows with
`objects.raw` costs twice as much as reading them here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from hexostore.database.prepared import prepared_cursor

_names: dict[str, list[str]] = {}
"""The columns of each statement. The driver would describe them again with every row."""


@cache
def user_columns() -> str:
    """Return the columns of a user, of a table called u.

    They are listed, because the database refuses a prepared statement if the meaning of its `u.*`
    has changed.
    """
    fields = get_user_model()._meta.concrete_fields
    return ", ".join(f'u."{field.column}"' for field in fields)


def fetch_user(sql: str, values: list[str]) -> Any | None:
    """Return the user in the first row, or None without a row.

    Additional columns become attributes of the user. All columns must be plain: no conversion of a
    field is applied.
    """
    with prepared_cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
        if row is None:
            return None
        names = _names.get(sql, [])
        if len(names) != len(row):
            names = _names[sql] = [column.name for column in cursor.description]
    found = dict(zip(names, row, strict=True))
    users = get_user_model()
    fields = users._meta.concrete_fields
    columns = [found.pop(str(field.column)) for field in fields]
    user = users.from_db(connection.alias, [field.attname for field in fields], columns)
    user.__dict__.update(found)
    return user
