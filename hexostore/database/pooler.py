"""Whether a URL of a database leads through a pooler, and whether that suits a server.

A pooler in transaction mode, such as PgBouncer with `pool_mode = transaction`, gives each
transaction whichever connection is free. What belongs to a session is lost there: advisory locks,
LISTEN, SET, prepared statements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from hexostore import outages

_TRIES = 5


class PoolError(Exception):
    """The URLs of the database do not suit a server. The text says which variable to set."""


def require_session(url: str, variable: str) -> None:
    """Raise PoolError if a URL leads through a pooler in transaction mode.

    Two connections that are open at the same time then work in one process of PostgreSQL. This
    costs a direct connection one statement. Raise psycopg.Error if nobody answers.
    """
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as first:
        if _backend(first) == first.info.backend_pid:
            return  # PostgreSQL itself; a pooler makes up what it says of the process
        for _ in range(_TRIES):
            with psycopg.connect(url, autocommit=True, prepare_threshold=None) as second:
                if _backend(first) == _backend(second):
                    raise PoolError(_through_pooler(variable))


def require_pool(url: str, database: str, limit: int, say: Callable[[str], None]) -> None:
    """Raise PoolError if requests cannot work in that database through the pooler at `url`.

    `limit` is how many seconds their statements may take. Say so if the pooler does not see to it.
    """
    try:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as pooled:
            name, seconds = _ask_pooled(pooled)
    except psycopg.Error as error:
        why = outages.first_line(error)
        raise PoolError(f"The pooler in DATABASE_URL does not answer: {why}") from error
    if name != database:
        raise PoolError(
            f"DATABASE_URL leads to the database {name}, and DATABASE_DIRECT_URL to {database}. "
            "They must name the same one."
        )
    if limit and not 0 < seconds <= limit:
        say(
            f"Through the pooler, statements may run {_limit_text(seconds)}. Have it begin each "
            f"connection with SET statement_timeout = '{limit}s' (PgBouncer: connect_query)."
        )


def _ask_pooled(pooled: psycopg.Connection[Any]) -> tuple[str, float]:
    row = pooled.execute(
        "SELECT current_database(), setting::float8 / 1000 FROM pg_settings "
        "WHERE name = 'statement_timeout'"
    ).fetchone()
    assert row is not None
    return str(row[0]), float(row[1])


def _limit_text(seconds: float) -> str:
    return f"{seconds:g} s" if seconds else "for ever"


def _backend(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def _through_pooler(variable: str) -> str:
    remedy = (
        "Set DATABASE_DIRECT_URL to the same database without the pooler"
        if variable == "DATABASE_URL"
        else "It must lead to PostgreSQL itself"
    )
    return (
        f"{variable} leads through a pooler in transaction mode, where locks, LISTEN and prepared "
        f"statements are lost. {remedy}: migrations, jobs and sandboxes need it."
    )
