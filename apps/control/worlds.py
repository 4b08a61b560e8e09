"""Worlds: databases of the store's server that are copied, exchanged and dropped as a whole.

A world is a database with all rows of a store. The control database has a row for each, with its
role. A world gets its row before it is made and loses it after it is dropped, so whatever a killed
process leaves behind is found again (opening.py, abandoned.py).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from enum import StrEnum
from time import sleep

import psycopg
from psycopg import sql

from apps.control.connection import control
from hexostore import outages

MOST_TRIES = 50
"""How often a copy is tried while somebody is still connected to its source."""

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_END_MAKING = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE state = 'active' AND pid <> pg_backend_pid() AND starts_with(query, %s)"
)
_PAUSE = 0.002  # seconds
_MOST_LOOKS = 2500


class Role(StrEnum):
    """What a world is for."""

    MAKING = "making"
    TEMPLATE = "template"
    SPARE = "spare"
    USED = "used"
    SNAPSHOT = "snapshot"
    RETIRED = "retired"
    DROPPING = "dropping"


class WorldError(Exception):
    """A world could not be made. The text says why."""


class NotPermitted(WorldError):
    """The user of the database may not create databases."""


def new_name(main: str) -> str:
    """Return a name for a new world beside the database `main`."""
    return f"{main}_{secrets.token_hex(5)}"


def is_world_of(main: str, name: str) -> bool:
    """Return whether a database is one that `new_name` named."""
    return re.fullmatch(re.escape(main) + r"_[0-9a-f]{10}", name) is not None


def note_world(name: str, role: Role, template: str = "", made_for: str = "") -> None:
    """Add the row of a world, or change it."""
    control().execute(
        "INSERT INTO world (name, role, template, made_for) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (name) DO UPDATE SET role = EXCLUDED.role, template = EXCLUDED.template, "
        "made_for = EXCLUDED.made_for",
        [name, role, template, made_for],
    )


def copy_world(source: str, main: str, role: Role, template: str = "") -> str:
    """Copy a world and return the name of the copy, which has that role.

    Nobody may work in the source meanwhile. Connections on which nothing runs are ended. Raise
    NotPermitted or WorldError.
    """
    _require_right()
    name = new_name(main)
    note_world(name, Role.MAKING, template)
    try:
        _copy_database(source, name)
    except BaseException:
        drop_world(name)
        raise
    note_world(name, role, template)
    return name


def create_empty(main: str) -> str:
    """Create a world without tables, with the role `making`. Raise NotPermitted or WorldError."""
    _require_right()
    name = new_name(main)
    note_world(name, Role.MAKING)
    _administer("CREATE DATABASE {}", name)
    return name


def drop_world(name: str) -> None:
    """Drop a world, whoever is connected to it or still makes it, and then its row.

    PostgreSQL goes on making a database whose maker was killed.
    """
    _end_all(_END_MAKING, f'CREATE DATABASE "{name}"')
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    control().execute("DELETE FROM world WHERE name = %s", [name])


def drop_unclaimed(name: str, role: Role) -> bool:
    """Drop a world that has a role. Return False if it no longer has it, because somebody else
    needs or drops it."""
    claimed = control().execute(
        "UPDATE world SET role = %s WHERE name = %s AND role = %s RETURNING name",
        [Role.DROPPING, name, role],
    )
    if claimed.fetchone() is None:
        return False
    drop_world(name)
    return True


def exchange_names(main: str, left: str, world: str, note: Callable[[], object]) -> None:
    """Name the world `main` from now on `left`, and `world` from now on `main`: both or neither,
    together with what `note` writes into the control database.

    Nobody may work in them meanwhile. Connections on which nothing runs are ended.
    """
    for attempt in range(MOST_TRIES):
        _end_connections(main)
        try:
            with control().transaction():
                _administer("ALTER DATABASE {} RENAME TO {}", main, left)
                _administer("ALTER DATABASE {} RENAME TO {}", world, main)
                note_world(left, Role.RETIRED)
                control().execute("DELETE FROM world WHERE name = %s", [world])
                note()
        except psycopg.errors.ObjectInUse as error:
            if attempt == MOST_TRIES - 1:
                raise WorldError(f"The store is in use: {_first_line(error)}") from error
        else:
            return


def close_to_others(name: str) -> None:
    """Let nobody connect to a world that is only copied."""
    _administer("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)


def existing_worlds(main: str) -> list[str]:
    """Return the databases of the server that are worlds beside `main`."""
    rows = control().execute("SELECT datname FROM pg_database").fetchall()
    return [name for (name,) in rows if is_world_of(main, name)]


def sizes(names: list[str]) -> dict[str, int]:
    """Return the bytes that worlds take, by name."""
    rows = control().execute(
        "SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname = ANY(%s)", [names]
    )
    return dict(rows.fetchall())


def _copy_database(source: str, name: str) -> None:
    for attempt in range(MOST_TRIES):
        _end_connections(source)
        try:
            _administer("CREATE DATABASE {} TEMPLATE {}", name, source)
        except psycopg.errors.ObjectInUse as error:  # somebody has just connected
            if attempt == MOST_TRIES - 1:
                raise WorldError(f"The world {source} is in use: {_first_line(error)}") from error
        except psycopg.errors.DiskFull as error:
            raise WorldError(f"There is no space for a copy: {_first_line(error)}") from error
        else:
            return


def _end_connections(name: str) -> None:
    """End all connections to a database, and wait some seconds until they are gone.

    PostgreSQL would wait for one after the other, and look only ten times a second.
    """
    _end_all(_END, name)


def _end_all(statement: str, subject: str) -> None:
    for _ in range(_MOST_LOOKS):
        if not control().execute(statement, [subject]).fetchall():
            return
        sleep(_PAUSE)


def _require_right() -> None:
    """Raise NotPermitted if the user of the database may not create databases.

    The control tables are then in the store's own, so its connections must not be ended.
    """
    found = control().execute(
        "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    if found.fetchone() != (True,):
        raise NotPermitted(
            "The database user may not create databases, so there is only the sandbox main. "
            "Allow it with: ALTER ROLE … CREATEDB"
        )


def _administer(statement: str, *names: str) -> None:
    """Run a statement about whole databases."""
    control().execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _first_line(error: Exception) -> str:
    return outages.first_line(error)
