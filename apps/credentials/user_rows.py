"""Users found by statements of our own, for every request pays for them.

Django would build the statement anew each time, which costs more than running it, and reading
its rows with `objects.raw` costs twice as much as reading them here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from hexostore.database.prepared import prepared_cursor

_names: dict[str, list[str]] = {}
"""The columns of each statement, which the driver would describe anew with every row."""


@cache
def user_columns() -> str:
    """The columns of a user, of a table called u. They are named one by one, for the database
    refuses a prepared statement whose `u.*` has come to mean more."""
    fields = get_user_model()._meta.concrete_fields
    return ", ".join(f'u."{field.column}"' for field in fields)


def fetch_user(sql: str, values: list[str]) -> Any | None:
    """The user in the first row, with what it has besides the user's columns as attributes of
    those names; None without a row.

    The columns must be plain ones: no field's own reading of them is applied.
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
