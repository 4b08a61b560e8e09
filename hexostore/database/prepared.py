"""Statements that the database plans once for a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from hexostore.database.base import DatabaseWrapper


def prepared_cursor() -> CursorWrapper:
    """Return a cursor for statements whose text is always the same, and of which there are few."""
    return cast("DatabaseWrapper", connection).prepared_cursor()
