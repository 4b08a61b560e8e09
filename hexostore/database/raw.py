"""A way to the database that transfers binary columns as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import psycopg
from django.db import connection

if TYPE_CHECKING:
    from hexostore.database.base import DatabaseWrapper


def raw_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a psycopg cursor on Django's connection.

    Django's own cursor turns every bytea into hexadecimal text, at three times the cost.
    """
    return psycopg.Cursor(cast("DatabaseWrapper", connection).raw_connection())
