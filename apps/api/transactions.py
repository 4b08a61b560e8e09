"""One transaction per request, repeated once if another transaction got in its way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, transaction

from apps.api.errors import Unavailable
from hexostore import outages

T = TypeVar("T")

WAIT = 1
"""Seconds until the next try after two conflicts."""

CONFLICTS = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "23503",  # foreign_key_violation, found at the commit: the row at the other end came or went
}

log = logging.getLogger("hexostore.api")


def run_transaction(work: Callable[[], T]) -> T:
    """Return the result of `work`, which runs in one transaction.

    `work` is called once more if the database cancelled the first transaction in favour of another.
    Raise Unavailable if it cancels the second one too.
    """
    try:
        return _run_once(work)
    except DatabaseError as error:
        if not is_conflict(error):
            raise
    try:
        return _run_once(work)
    except DatabaseError as error:
        if not is_conflict(error):
            raise
        log.warning("gave up after two conflicts: %s", outages.first_line(error))
        raise Unavailable(WAIT) from error


def _run_once(work: Callable[[], T]) -> T:
    with transaction.atomic():
        return work()


def is_conflict(error: DatabaseError) -> bool:
    """Return whether the same transaction may succeed if it is repeated."""
    return outages.sqlstate_of(error) in CONFLICTS
