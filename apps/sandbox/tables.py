"""How the tables of the store stand against the migrations that this program knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder

from apps.sandbox.models import Store

LOCK = 0x4865786F73746F72
"""The number of the advisory lock of whoever makes or upgrades a store."""


@dataclass(frozen=True)
class Standing:
    """The migrations that are still to be applied, in their order, and those that were applied
    and that this program does not know: a newer one has had the store. `known` are all that it
    does know, by app and name."""

    behind: list[str]
    ahead: list[str]
    known: Mapping[tuple[str, str], Migration]


def standing() -> Standing:
    """Return both; all migrations are read for it."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known = executor.loader.disk_migrations
    return Standing([str(migration) for migration, _ in plan], _unknown(executor.loader), known)


def _unknown(loader: MigrationLoader) -> list[str]:
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    return [f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in known]


def behind() -> list[str]:
    """Return the migrations that are still to be applied, in their order."""
    return standing().behind


def ahead() -> list[str]:
    """Return the migrations that were applied and that this program does not know."""
    return standing().ahead


def any_applied() -> bool:
    """Whether there are tables at all."""
    return bool(MigrationRecorder(connection).applied_migrations())


def any_there() -> bool:
    """Whether the database has any table, view or sequence where ours would be made."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY_THERE)
        return bool(cursor.fetchone()[0])


_ANY_THERE = """
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class WHERE relnamespace = current_schema()::regnamespace
    )
"""


@contextmanager
def locked() -> Iterator[None]:
    """Keep others from making or upgrading the store of this database meanwhile.

    Two homes may name one database. The lock belongs to the connection, so that it is free again
    when its holder is killed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a lost connection has let it go
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def hold_store() -> bool:
    """Whether a store was begun in them, by whatever version: the first start seeds it last."""
    table = Store._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        cursor.execute(f"SELECT EXISTS (SELECT FROM {connection.ops.quote_name(table)})")  # noqa: S608
        return bool(cursor.fetchone()[0])
