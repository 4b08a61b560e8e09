"""Opening the control of a store: its database, its tables, and what is left of earlier servers."""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from apps.control import worlds
from apps.control.abandoned import alone_with_worlds
from apps.control.connection import URL, Row, close_control, control
from apps.control.names import MAIN
from apps.control.plane import plane
from apps.control.tables import make_tables
from apps.control.worlds import Role

_LOCK = 0x4865786F4F6E6C79
_guards: dict[str, psycopg.Connection[Row]] = {}

_SCHEMA = "hexostore_control"
"""Where the tables are if the user of the database may not create one: in the store's own."""


def open_control(url: str, made_for: str, say: Callable[[str], None]) -> bool:
    """Prepare the control of the store at `url`, for this process and its children.

    `made_for` identifies the rows that a store of this version begins with. Only the server of a
    home calls this, before anybody serves. Return False if the server of another home has the
    control of this database: then this one goes without.
    """
    address = _control_address(url)
    if not _take_control(address):
        say("The sandboxes of this database belong to the server of another home.")
        return False
    os.environ[URL] = address
    make_tables(control())
    control().execute(
        "INSERT INTO sandbox (name, world, template) VALUES (%s, %s, '') "
        "ON CONFLICT (name) DO UPDATE SET world = EXCLUDED.world",
        [MAIN, name_of_database(url)],
    )
    known = plane()
    assert known is not None
    known.numbers.forget_closing()
    _forget_older(made_for, say)
    with alone_with_worlds():
        _sweep_worlds(name_of_database(url))
    known.tell_all()
    close_control()
    return True


def _take_control(address: str) -> bool:
    """Take the lock of the only server with this control, as long as this process lives."""
    before = _guards.pop(address, None)
    if before is not None:
        before.close()
    guard = psycopg.connect(address, autocommit=True)
    taken = guard.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    if taken != (True,):
        guard.close()
        return False
    _guards[address] = guard
    return True


def leave_control() -> None:
    """Give up what `open_control` took."""
    while _guards:
        _guards.popitem()[1].close()
    close_control()
    os.environ.pop(URL, None)


def join_control(url: str) -> bool:
    """Have this process use the control of the store at `url`, if a server has opened one. Return
    whether it has."""
    for address in (_in_own_database(url), _in_schema(url)):
        try:
            with psycopg.connect(address) as connection:
                connection.execute("SELECT 1 FROM sandbox LIMIT 1")
        except psycopg.Error:
            continue
        os.environ[URL] = address
        return True
    return False


def name_of_database(url: str) -> str:
    """Return the name of the database in a URL."""
    return str(conninfo_to_dict(url)["dbname"])


def _control_address(url: str) -> str:
    """Return the address of the control database, which is created if it is missing."""
    name = f"{name_of_database(url)}_control"
    with psycopg.connect(url, autocommit=True) as connection:
        if _exists(connection, name):
            return _in_own_database(url)
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return _in_own_database(url)  # somebody else was faster
        except psycopg.errors.InsufficientPrivilege:
            connection.execute(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(_SCHEMA))
            )
            return _in_schema(url)
    return _in_own_database(url)


def _exists(connection: psycopg.Connection[Row], name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


def _in_own_database(url: str) -> str:
    return make_conninfo(url, dbname=f"{name_of_database(url)}_control")


def _in_schema(url: str) -> str:
    return make_conninfo(url, options=f"-csearch_path={_SCHEMA}")


def _forget_older(made_for: str, say: Callable[[str], None]) -> None:
    """Delete sandboxes and templates whose tables or rows are those of another version."""
    older = control().execute(
        "SELECT name FROM world WHERE role = %s AND made_for NOT IN ('', %s)",
        [Role.TEMPLATE, made_for],
    )
    if not older.fetchall():
        return
    gone = control().execute("DELETE FROM sandbox WHERE name <> %s RETURNING name", [MAIN])
    names = [name for (name,) in gone.fetchall()]
    if names:
        say(f"Deleted sandboxes of an earlier version: {', '.join(sorted(names))}")
    control().execute("DELETE FROM world")
    control().execute("UPDATE sandbox SET template = ''")
    control().execute("DELETE FROM snapshot")


def _sweep_worlds(main: str) -> None:
    """Drop every world that no sandbox, snapshot or template needs.

    The template of a fork is needed by its sandbox. Its copies are dropped later, if it is gone.
    """
    rows = control().execute(
        "SELECT name FROM world WHERE role = 'spare' OR (role = 'template' AND made_for <> '') "
        "UNION SELECT world FROM sandbox UNION SELECT world FROM snapshot "
        "UNION SELECT template FROM sandbox"
    )
    needed = {name for (name,) in rows.fetchall()}
    for world in worlds.existing_worlds(main):
        if world not in needed:
            worlds.drop_world(world)
    control().execute("DELETE FROM world WHERE name <> ALL(%s)", [list(needed)])
