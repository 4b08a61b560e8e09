"""Moving payloads between rows and objects, sixteen at a time, in the order of the rows.

A row has either a payload or the name of an object, and readers take both as they come. What is
under way is bounded, so memory does not grow with what is read or written.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import TypeVar

from apps.signals.storage.objects import bucket, names
from apps.signals.storage.objects.failures import DamagedObject, MissingObject
from hexostore.database.raw import raw_cursor

Item = TypeVar("Item")
Given = TypeVar("Given")
Result = TypeVar("Result")
AT_ONCE = 16
"""How many objects are under way for one reader or writer."""

_THREADS = 64
"""How many are under way in a process, for all readers and writers."""

_LOOKS = 3
"""How often rows are read again whose objects have been removed meanwhile."""

_OWNER = """
    SELECT record_id, datatype_id, start FROM signals_chunk
    WHERE object = %s AND object IS NOT NULL
"""

_log = logging.getLogger("hexostore.data")


def uploaded(
    payloads: Iterable[tuple[Item, bytes | None]],
) -> Iterator[tuple[Item, bytes | None]]:
    """Yield each item with the name of the object in which its payload is stored by then.

    None stays None. The next payloads are made while some are under way. Raise ObjectStoreOutage.
    """
    return in_turn(_put, payloads)


def fetched(named: Iterable[tuple[Item, bytes]]) -> Iterator[tuple[Item, bytes]]:
    """Yield each item with the payload of the object that its name names.

    Raise MissingObject, DamagedObject or ObjectStoreOutage.
    """
    return in_turn(lambda name: bucket.bucket().get(name), named)


def begin_fetching(name: bytes) -> Future[bytes]:
    """Return the payload of an object, which is got meanwhile."""
    return _pool(os.getpid()).submit(bucket.bucket().get, name)


def payloads_of(rows: Sequence[tuple[bytes | None, bytes | None]]) -> list[bytes]:
    """Return the payloads of rows: the payload, or the name of the object that has it instead.

    Raise MissingObject, DamagedObject or ObjectStoreOutage.
    """
    named = [(place, name) for place, (_, name) in enumerate(rows) if name is not None]
    found = dict(fetched(named))
    return [found[at] if payload is None else payload for at, (payload, _) in enumerate(rows)]


def while_rows_stay(look: Callable[[], Result]) -> Result:
    """Return what `look` gives, which reads rows and then their objects.

    It is called again if an object is missing, because its row may be another one by now. Raise
    DamagedObject if it is still missing then, and log whose it is.
    """
    try:
        for _ in range(_LOOKS - 1):
            with suppress(MissingObject):
                return look()
        return look()
    except MissingObject as error:
        damaged = DamagedObject(error.key, "is missing")
    except DamagedObject as error:
        damaged = error
    _log.error("%s: it has %s", damaged, _whose(damaged.key))
    raise damaged


def _whose(key: str) -> str:
    with raw_cursor() as cursor:
        rows = cursor.execute(_OWNER, [names.name_of(key)]).fetchall()
    told = [
        f"the chunk at {start} of datatype {datatype} of record {record}"
        for record, datatype, start in rows
    ]
    return ", ".join(told) or "no chunk any more"


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, with the next one already made whenever one is taken."""
    waiting: deque[Item] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > 1:
            yield waiting.popleft()
    yield from waiting


def _put(payload: bytes | None) -> bytes | None:
    if payload is None:
        return None
    name = names.new_name(payload)
    bucket.bucket().put(name, payload)
    return name


def in_turn(
    work: Callable[[Given], Result], items: Iterable[tuple[Item, Given]]
) -> Iterator[tuple[Item, Result]]:
    """Do the work for the next items while one is waited for."""
    pool, running = _pool(os.getpid()), deque[tuple[Item, Future[Result]]]()
    try:
        for item, given in items:
            running.append((item, pool.submit(work, given)))
            if len(running) >= AT_ONCE:
                first, done = running.popleft()
                yield first, done.result()
        while running:
            first, done = running.popleft()
            yield first, done.result()
    finally:
        for _, done in running:
            done.cancel()


@cache
def _pool(_process: int) -> ThreadPoolExecutor:
    """Return the threads of a process; one that was forked has none of its parent's."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="objects")
