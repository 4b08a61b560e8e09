"""Which database this process uses, and how long its statements may take."""

from __future__ import annotations

import os

from hexostore import settings
from hexostore.direct import DIRECT_ENTRY, has_pool


def use_database(url: str) -> None:
    """Use the database `url` in this process, which is not connected yet, and in its children."""
    os.environ["DATABASE_URL"] = url
    settings.DATABASES["default"].update(settings.database_entry(url))


def use_pool() -> None:
    """Have this process, which is not connected yet, use DATABASE_URL for what requests need.

    Everything else, and all of every other process, goes past the pooler. A pooler gives each
    transaction any connection, so what is prepared on one is unknown on the next; PgBouncer from
    1.21 on can do it, if HEXOSTORE_PREPARED_STATEMENTS is set.
    """
    if not has_pool():
        return
    prepares = settings.HEXOSTORE_PREPARED_STATEMENTS and settings.IS_PREPARED_SAID
    pooled = settings.database_entry(os.environ["DATABASE_URL"], prepares=prepares)
    entry = settings.DATABASES["default"]
    entry[DIRECT_ENTRY] = {name: entry[name] for name in pooled}
    entry.update(pooled)


def limit_statements() -> None:
    """Let the database cancel statements that run longer than HEXOSTORE_STATEMENT_TIMEOUT.

    This applies to this process, which is not connected yet, and to its children. Only servers call
    it: a migration or a simulation may take its time. As an option of the connection, it costs no
    statement.
    """
    if settings.HEXOSTORE_STATEMENT_TIMEOUT > 0:
        unlimit_statements()
        given: dict[str, str] = settings.DATABASES["default"].setdefault("OPTIONS", {})  # type: ignore[assignment]
        given["options"] = f"{given.get('options', '')} {_statement_limit()}".strip()


def unlimit_statements() -> None:
    """Undo `limit_statements` in a child that does jobs, not requests."""
    given: dict[str, str] = settings.DATABASES["default"].get("OPTIONS", {})  # type: ignore[assignment]
    if "options" in given:
        given["options"] = given["options"].replace(_statement_limit(), "").strip()


def _statement_limit() -> str:
    return f"-c statement_timeout={settings.HEXOSTORE_STATEMENT_TIMEOUT}s"
