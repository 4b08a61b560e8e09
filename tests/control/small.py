"""A store of one small table with a control plane, for tests of sandboxes themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from apps.control import opening, worlds
from apps.control.connection import control
from apps.control.plane import ControlPlane, plane
from apps.control.sandboxes import Sandboxes
from apps.control.templates import Templates
from tests import databases

VERSION = "version 1"


@dataclass
class SmallStore:
    """The store with database `main`, and the operations on its sandboxes."""

    main: str
    plane: ControlPlane
    templates: Templates
    sandboxes: Sandboxes

    def words(self, sandbox: str) -> list[str]:
        """Return the rows of a sandbox."""
        with self._connected(sandbox) as connection:
            return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]

    def add(self, sandbox: str, word: str) -> None:
        """Add a row to a sandbox."""
        with self._connected(sandbox) as connection:
            connection.execute("INSERT INTO words VALUES (%s)", [word])

    @contextmanager
    def _connected(self, sandbox: str) -> Iterator[psycopg.Connection[tuple[str]]]:
        found, passage = self.plane.enter(sandbox)
        try:
            with psycopg.connect(databases.url_of(found.world)) as connection:
                yield connection
        finally:
            passage.leave()

    def reopen(self, version: str = VERSION) -> list[str]:
        """Open the control plane again, as the next server does. Return what it says."""
        said: list[str] = []
        opening.open_control(databases.url_of(self.main), version, said.append)
        return said

    def databases(self) -> set[str]:
        """Return the names of all worlds on the server."""
        return set(worlds.existing_worlds(self.main))


def begin_words(world: str) -> None:
    """Fill an empty world with what the small store begins with."""
    with psycopg.connect(databases.url_of(world)) as connection:
        connection.execute("CREATE TABLE words (word text)")
        connection.execute("INSERT INTO words VALUES ('first')")


@contextmanager
def small_store(home: Path, name: str = "small") -> Iterator[SmallStore]:
    """Make the store and, in the end, remove everything of it."""
    with databases.database(name) as url:
        main = databases.name_of(url)
        begin_words(main)
        try:
            opening.open_control(url, VERSION, lambda _: None)
            yield join_small(main)
        finally:
            remove_databases(main)


def join_small(main: str) -> SmallStore:
    """Return the store of that database, whose control plane this process knows."""
    known = plane()
    assert known is not None
    templates = Templates(main, VERSION, begin_words)
    return SmallStore(main, known, templates, Sandboxes(known, templates, main))


def remove_databases(main: str) -> None:
    """Drop every database beside the main one."""
    for world in worlds.existing_worlds(main):
        databases.drop(world)
    opening.leave_control()
    databases.drop(f"{main}_control")


def count_connections(main: str) -> int:
    """Return how many connections there are to worlds of the store."""
    found = control().execute(
        "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, %s) AND datname <> %s",
        [f"{main}_", f"{main}_control"],
    )
    row = found.fetchone()
    assert row is not None
    return int(row[0])


def count_open_files() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
