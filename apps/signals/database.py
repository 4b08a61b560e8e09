"""The way to the database that carries binary columns as they are."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection


def raw_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """A cursor of psycopg's own on Django's connection.

    Django's cursor turns every bytea into hexadecimal text, at three times the cost.
    """
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)
