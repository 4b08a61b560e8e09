"""Requests that meet at a certain place: both wait for a lock that the test holds.

No luck is needed. The test locks a row in a transaction of its own, starts the requests one after
the other, waits until the database says that each of them waits, and lets go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection, models, transaction

T = TypeVar("T")

LONGEST = 60
"""After how many seconds a request that does not come to the lock is a failure."""

_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@contextmanager
def locked(*rows: models.Model) -> Iterator[None]:
    """Holds rows of the database, so that nobody else changes or locks them."""
    with transaction.atomic():
        for row in rows:
            type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
        yield


@contextmanager
def unsaved(row: models.Model) -> Iterator[None]:
    """Holds the unique values of a row that is taken back in the end."""
    with transaction.atomic():
        row.save(force_insert=True)
        yield
        transaction.set_rollback(True)


def meet(*sends: Callable[[], T], at: Callable[[], Any]) -> list[T]:
    """The answers to requests that all wait until the block of `at` ends; they came there in
    this order, and so the database lets them go on in this order."""
    with ThreadPoolExecutor(len(sends)) as pool:
        with at():
            running = [
                _come(pool.submit(_send, send), number) for number, send in enumerate(sends, 1)
            ]
        return [each.result(LONGEST) for each in running]


def _send(send: Callable[[], T]) -> T:
    try:
        return send()
    finally:
        connection.close()


def _come(running: Future[T], number: int) -> Future[T]:
    """The same request, once `number` requests wait for a lock."""
    until = time.monotonic() + LONGEST
    with connection.cursor() as cursor:
        while not running.done():
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            if cursor.fetchone()[0] >= number:
                return running
            assert time.monotonic() < until, "the request does not wait"
            time.sleep(0.002)
    raise AssertionError(f"the request did not wait: {running.result()!r}")
