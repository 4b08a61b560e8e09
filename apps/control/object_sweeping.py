"""Sweeping the objects that no world of a store names, and counting them.

Worlds are copies of each other and share objects, so all of them are asked: the store's own
database, sandboxes, snapshots, templates and spare copies. While they are asked nobody may copy
one; otherwise a copy could begin to name what has just been taken out of its source. Whoever makes
worlds holds a lock that says so (abandoned.py). Worlds that nobody may connect to are opened for
the moment.

Why removing an object is safe is explained in apps/signals/storage/objects/loose.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from apps.control.abandoned import alone_with_worlds
from apps.control.connection import has_control
from apps.control.worlds import is_world_of
from apps.jobs.kinds import Failed, job_kind
from apps.signals.storage.objects import loose
from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.failures import ObjectStoreOutage
from apps.signals.storage.objects.owner import OtherOwner, main_database, require_own
from hexostore import outages
from hexostore.database.chosen import chosen_database
from hexostore.direct import direct_url

EVERY = timedelta(hours=1)
AFTER = "after"
"""Where the payload of the job notes the place that the listing has come to."""

_WORLDS = "SELECT datname, datallowconn FROM pg_database ORDER BY datname"
_ALLOW = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")


class NotNow(Exception):
    """Somebody makes or drops a world. The sweep goes on later."""


@dataclass(frozen=True)
class Stored:
    """How many objects there are and how many no world names, with their bytes."""

    objects: int = 0
    size: int = 0
    loose: int = 0
    loose_size: int = 0


def register_sweeping() -> None:
    """Have the jobs of a store with objects sweep them."""
    job_kind("sweep_objects", every=EVERY)(sweep_some)


def sweep_some(payload: dict[str, Any]) -> bool:
    """Sweep one page of the objects. Return whether there are more; main's job does it for all.

    Raise Failed to be called again soon.
    """
    if not _is_main():
        return False
    try:
        _, following = sweep_page(payload.get(AFTER, ""))
    except (NotNow, ObjectStoreOutage, OtherOwner, psycopg.Error) as error:
        raise Failed(outages.first_line(error)) from error
    payload[AFTER] = following or ""
    return following is not None


def sweep_page(place: str, *, waits: bool = False) -> tuple[int, str | None]:
    """Sweep a page of the objects, as loose.sweep_page.

    Raise NotNow, which is rare for who waits for those who make worlds, OtherOwner or
    ObjectStoreOutage.
    """
    if not place:
        require_own()
    with _worlds_that_stay(waits=waits) as worlds:
        return loose.sweep_page(place, lambda names: _named(names, worlds))


def count_stored() -> Stored:
    """Count all objects under the prefix. Raise NotNow or ObjectStoreOutage."""
    found, place = Stored(), ""
    while True:
        page, following = bucket().page_after(place)
        with _worlds_that_stay(waits=True) as worlds:
            named = _named([each.name for each in page], worlds)
        unnamed = [each.size for each in page if each.name not in named]
        found = Stored(
            found.objects + len(page),
            found.size + sum(each.size for each in page),
            found.loose + len(unnamed),
            found.loose_size + sum(unnamed),
        )
        if following is None:
            return found
        place = following


def _is_main() -> bool:
    chosen = chosen_database()
    return chosen is None or chosen.name == main_database()


@contextmanager
def _worlds_that_stay(*, waits: bool) -> Iterator[list[tuple[str, bool]]]:
    """Yield the worlds beside the store's own database, and whether one may connect to them.

    Nobody makes or drops one meanwhile. Raise NotNow if somebody does.
    """
    with alone_with_worlds(waits=waits) if has_control() else nullcontext(True) as is_alone:
        if not is_alone:
            raise NotNow("somebody makes or drops a sandbox")
        yield _worlds()


def _worlds() -> list[tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(_WORLDS)
        return [row for row in cursor.fetchall() if is_world_of(main_database(), row[0])]


def _named(names: list[bytes], worlds: list[tuple[str, bool]]) -> set[bytes]:
    """Return which of the objects are named anywhere. Most are named by the store itself.

    Raise NotNow if there are other worlds afterwards, made by somebody who knows no lock.
    """
    with _connected(main_database(), is_open=True) as own:
        found = _named_in(own, names)
    for world, is_open in worlds:
        left = [name for name in names if name not in found]
        if not left:
            break
        with _connected(world, is_open=is_open) as other:
            found |= _named_in(other, left)
    if _worlds() != worlds:
        raise NotNow("somebody has made or dropped a sandbox")
    return found


def _named_in(asked: psycopg.Connection[Any], names: list[bytes]) -> set[bytes]:
    try:
        return {name for (name,) in asked.execute(loose.NAMED, [names], binary=True).fetchall()}
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return set()  # a world that is only being filled, or of an older version


@contextmanager
def _connected(world: str, *, is_open: bool) -> Iterator[psycopg.Connection[Any]]:
    with _opened(world, is_open=is_open), psycopg.connect(_url_of(world), autocommit=True) as found:
        yield found


@contextmanager
def _opened(world: str, *, is_open: bool) -> Iterator[None]:
    """Let this process connect to a world that nobody may connect to."""
    if is_open:
        yield
        return
    with psycopg.connect(_url_of(main_database()), autocommit=True) as administrator:
        name = sql.Identifier(world)
        administrator.execute(_ALLOW.format(name, sql.SQL("true")))
        try:
            yield
        finally:
            administrator.execute(_ALLOW.format(name, sql.SQL("false")))


def _url_of(database: str) -> str:
    return make_conninfo(direct_url(), dbname=database)
