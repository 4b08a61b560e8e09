"""Opening the control of a store: its database, its tables, and what is left of earlier servers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from apps.control import worlds
from apps.control.abandoned import alone_with_worlds
from apps.control.connection import SHARED, URL, Row, close_control, control
from apps.control.names import MAIN
from apps.control.plane import plane
from apps.control.tables import make_tables
from apps.control.worlds import Role
from hexostore.database import idle

_LOCK, _BEGINNING = 0x4865786F4F6E6C79, 0x4865786F42656769
_guards: dict[str, psycopg.Connection[Row]] = {}

_TRY, _TRY_SHARED = (f"SELECT pg_try_advisory_lock{how}(%s)" for how in ("", "_shared"))

_SCHEMA = "hexostore_control"
"""Where the tables are if the user of the database may not create one: in the store's own."""


def open_control(
    url: str, made_for: str, say: Callable[[str], None], *, shared: bool = False
) -> bool:
    """Prepare the control of the store at `url`, for this process and its children.

    `made_for` identifies the rows that a store of this version begins with. Only the server of a
    home calls this, before anybody serves. Return False if the server of another home has the
    control of this database: then this one goes without. With `shared`, servers on several machines
    have it together.
    """
    address = _control_address(url)
    with _only_beginner(address) if shared else nullcontext():
        is_first = _take_control(address, shared=False)
        if not is_first and not (shared and _take_control(address, shared=True)):
            say("The sandboxes of this database belong to the server of another home.")
            return False
        os.environ[URL] = address
        os.environ[SHARED] = str(int(shared))
        if is_first:
            _begin_control(url, made_for, say, shared=shared)
        if is_first and shared:
            _share_control(_guards[address])
    return True


@contextmanager
def _only_beginner(address: str) -> Iterator[None]:
    """Have servers that share the control wait while one of them has it alone, to begin it."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_BEGINNING])
        yield


def _begin_control(url: str, made_for: str, say: Callable[[str], None], *, shared: bool) -> None:
    """Make or update what the control database holds, while nobody serves."""
    make_tables(control())
    control().execute("UPDATE sharing SET is_shared = %s", [shared])
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


def _take_control(address: str, *, shared: bool) -> bool:
    """Take the lock of the only server with this control, or of one of several, as long as this
    process lives."""
    before = _guards.pop(address, None)
    if before is not None:
        before.close()
    guard = psycopg.connect(address, autocommit=True)
    taken = guard.execute(_TRY_SHARED if shared else _TRY, [_LOCK]).fetchone()
    if taken != (True,):
        guard.close()
        return False
    _guards[address] = guard
    return True


def _share_control(guard: psycopg.Connection[Row]) -> None:
    """Let other servers have the control too. Nobody else gets it alone in between."""
    guard.execute(_TRY_SHARED, [_LOCK])
    guard.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def leave_control() -> None:
    """Give up what `open_control` took."""
    release_control()
    close_control()
    for name in (URL, SHARED):
        os.environ.pop(name, None)


def release_control() -> None:
    """Let others have the control, also while processes of this server still end."""
    while _guards:
        _guards.popitem()[1].close()


def keep_control() -> None:
    """Take the control again if the database ended the connection that holds it."""
    for address in [each for each, guard in _guards.items() if idle.has_ended(guard)]:
        with suppress(psycopg.Error):
            _take_control(address, shared=os.environ.get(SHARED) == "1")


def join_control(url: str) -> bool:
    """Have this process use the control of the store at `url`, if a server has opened one. Return
    whether it has."""
    for address in (_in_own_database(url), _in_schema(url)):
        try:
            with psycopg.connect(address) as connection:
                connection.execute("SELECT 1 FROM sandbox LIMIT 1")
                shared = _is_shared(connection)
        except psycopg.Error:
            continue
        os.environ[URL] = address
        os.environ[SHARED] = str(int(shared))
        return True
    return False


def _is_shared(connection: psycopg.Connection[Row]) -> bool:
    """Return whether servers on several machines have this control; an older version has none."""
    if connection.execute("SELECT to_regclass('sharing')").fetchone() == (None,):
        return False
    return connection.execute("SELECT is_shared FROM sharing").fetchone() == (True,)


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
