"""How the tables of the store stand against the migrations that this program knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from apps.sandbox.models import Store


@dataclass(frozen=True)
class Standing:
    """The migrations that are still to be applied, in their order, and those that were applied
    and that this program does not know: a newer one has had the store."""

    behind: list[str]
    ahead: list[str]


def standing() -> Standing:
    """Return both; all migrations are read for it."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Standing([str(migration) for migration, _ in plan], _unknown(executor.loader))


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


def hold_store() -> bool:
    """Whether a store was begun in them, by whatever version: the first start seeds it last."""
    table = Store._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        cursor.execute(f"SELECT EXISTS (SELECT FROM {connection.ops.quote_name(table)})")  # noqa: S608
        return bool(cursor.fetchone()[0])
