"""Which statements run in a block, for a developer who wants to see them.

Values of statements are not noted, since some are secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from django.db import connection

from hexostore.contexts import set_during

MOST, LONGEST = 200, 4000
"""The most statements that are noted, and the most characters of each."""

Heard = list[dict[str, Any]]

_heard: ContextVar[Heard | None] = ContextVar("heard statements", default=None)


@contextmanager
def hear_statements() -> Iterator[Heard]:
    """Note the statements that this thread runs on the default connection in a block: text and
    milliseconds."""
    heard: Heard = []
    with set_during(_heard, heard), connection.execute_wrapper(_hear_django):
        yield heard


def listener() -> Heard | None:
    """Return where statements of this context are noted, None if nobody listens."""
    return _heard.get()


@contextmanager
def noted(heard: Heard, statement: object) -> Iterator[None]:
    """Note a statement, which runs in the block."""
    began = perf_counter()
    try:
        yield
    finally:
        if len(heard) < MOST:
            text = " ".join(str(statement).split())[:LONGEST]
            heard.append({"sql": text, "ms": round((perf_counter() - began) * 1000, 2)})


def _hear_django(
    execute: Callable[..., Any], sql: str, params: object, many: bool, context: object
) -> Any:
    heard = listener()
    if heard is None:
        return execute(sql, params, many, context)
    with noted(heard, sql):
        return execute(sql, params, many, context)
