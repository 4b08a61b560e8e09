"""How the tables of the store compare with the migrations of this program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder

from apps.sandbox.models import Store

LOCK = 0x4865786F73746F72
"""The number of the advisory lock for making or upgrading a store."""


@dataclass(frozen=True)
class Standing:
    """The migrations to apply, in order, and applied ones that this program does not know.

    The latter mean that a newer version has used the store. `known` are all migrations of this
    program by app and name; for an up-to-date store none are read.
    """

    behind: list[str]
    ahead: list[str]
    known: Mapping[tuple[str, str], Migration]


def find_standing() -> Standing:
    """Return the state of the tables.

    Migrations are read only if their names alone do not tell. Otherwise a start and each request to
    /readyz would take many times as long.
    """
    if set(MigrationRecorder(connection).applied_migrations()) == named_migrations():
        return Standing([], [], {})
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known = executor.loader.disk_migrations
    return Standing(
        [str(migration) for migration, _ in plan], _unknown_migrations(executor.loader), known
    )


def named_migrations() -> set[tuple[str, str]]:
    """Return app and name of all migrations of this program, by their file names."""
    return {
        (app.label, name) for app in apps.get_app_configs() for name in _migration_files(app.label)
    }


def _migration_files(app: str) -> Iterator[str]:
    package, _ = MigrationLoader.migrations_module(app)
    spec = find_spec(package) if package else None
    for module in iter_modules(spec.submodule_search_locations if spec else []):
        if not module.ispkg and module.name[0] not in "_~":  # which Django passes over as well
            yield module.name


def _unknown_migrations(loader: MigrationLoader) -> list[str]:
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    return [f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in known]


def missing_migrations() -> list[str]:
    """Return the migrations that still have to be applied, in order."""
    return find_standing().behind


def unknown_migrations() -> list[str]:
    """Return the migrations that were applied and that this program does not know."""
    return find_standing().ahead


def any_applied() -> bool:
    """Return whether there are tables at all."""
    return bool(MigrationRecorder(connection).applied_migrations())


def any_there() -> bool:
    """Return whether the database has any table, view or sequence where ours would be created."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY_THERE)
        return bool(cursor.fetchone()[0])


_ANY_THERE = """
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class WHERE relnamespace = current_schema()::regnamespace
    )
"""


@contextmanager
def locked_store() -> Iterator[None]:
    """Keep others from making or upgrading the store of this database.

    Two homes may name one database. The lock belongs to the connection, so it is released when its
    holder is killed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a lost connection has let it go
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def hold_store() -> bool:
    """Return whether a store was begun in the tables, by whatever version. The first start seeds it
    last."""
    table = Store._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        cursor.execute(f"SELECT EXISTS (SELECT FROM {connection.ops.quote_name(table)})")  # noqa: S608
        return bool(cursor.fetchone()[0])
