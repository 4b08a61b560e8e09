"""Worlds share objects, which are swept when none of them names them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection

from apps.control import object_sweeping
from apps.control.abandoned import alone_with_worlds, working_on_worlds
from apps.control.connection import close_control
from apps.control.object_sweeping import NotNow
from apps.control.plane import plane
from apps.jobs.kinds import KINDS
from apps.signals.storage.objects import names
from apps.signals.storage.objects.bucket import bucket
from hexostore.database.chosen import ChosenDatabase, in_database
from tests import databases
from tests.control.small import SmallStore

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(small: SmallStore, tmp_path: Path, settings: Settings) -> Iterator[SmallStore]:
    """The small store, with tables of chunks and loose objects, and objects in a folder."""
    settings.HEXOSTORE_CHUNKS = f"file://{tmp_path}/objects"
    settings.HEXOSTORE_CHUNKS_LOOSE_HOURS = 0
    with psycopg.connect(databases.url_of(small.main)) as made:
        made.execute("CREATE TABLE signals_chunk (object bytea)")
        made.execute("CREATE TABLE signals_looseobject (name bytea PRIMARY KEY, since timestamptz)")
    with databases.connected(small.main):
        yield small


def put(store: SmallStore, sandbox: str) -> bytes:
    """Store an object that a row of a sandbox names."""
    name = names.new_name(secrets.token_bytes(4))
    bucket().put(name, b"anything")
    execute(store, sandbox, "INSERT INTO signals_chunk VALUES (%s)", name)
    return name


def forget(store: SmallStore, sandbox: str) -> None:
    execute(store, sandbox, "DELETE FROM signals_chunk")


def execute(store: SmallStore, sandbox: str, statement: str, *values: object) -> None:
    world = store.plane.sandbox(sandbox).world
    with psycopg.connect(databases.url_of(world)) as found:
        found.execute(statement, values)


def sweep() -> int:
    """Sweep twice, as the first time only notes what is loose. Return how many were removed."""
    removed = 0
    connection.close()  # an exchange of worlds has ended it
    for _ in range(2):
        place: str | None = ""
        while place is not None:
            some, place = object_sweeping.sweep_page(place)
            removed += some
    return removed


def test_a_snapshot_keeps_the_objects_of_its_sandbox(store: SmallStore) -> None:
    name = put(store, "main")
    store.sandboxes.take_snapshot("main", "before")
    forget(store, "main")
    assert sweep() == 0
    store.sandboxes.restore("main", "before")
    assert bucket().get_key(names.key_of(name))
    store.sandboxes.delete_snapshot("main", "before")
    store.sandboxes.drop_retired()
    assert sweep() == 0
    forget(store, "main")
    assert sweep() == 1


def test_a_fork_keeps_the_objects_that_it_shares(store: SmallStore) -> None:
    put(store, "main")
    store.sandboxes.fork("main", "other")
    forget(store, "main")
    assert sweep() == 0
    store.sandboxes.delete("other")
    store.sandboxes.drop_retired()
    assert sweep() == 1


def test_a_template_that_nobody_may_connect_to_is_asked_too(store: SmallStore) -> None:
    put(store, "main")
    store.templates.adopt_main()
    (template,) = store.databases()
    forget(store, "main")
    assert sweep() == 0
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(databases.url_of(template))
    made = store.sandboxes.create("copy")
    assert made.world in store.databases()
    assert sweep() == 0


def test_what_sandboxes_name_is_swept_only_after_them(store: SmallStore) -> None:
    store.templates.adopt_main()
    store.sandboxes.create("one")
    put(store, "one")
    kept = put(store, "main")
    assert sweep() == 0
    store.sandboxes.reset("one")
    store.sandboxes.drop_retired()
    assert sweep() == 1
    assert bucket().get_key(names.key_of(kept))


def test_nobody_copies_a_world_meanwhile(store: SmallStore) -> None:
    with working_on_worlds(), pytest.raises(NotNow):
        _beside(_swept)
    assert sweep() == 0


def _beside(work: Callable[[], None]) -> None:
    """Do it on a connection of its own, as another thread does."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def _swept() -> None:
    try:
        object_sweeping.sweep_page("1")
    finally:
        close_control()
        connection.close()


def test_a_world_that_appears_meanwhile_ends_the_sweep(
    store: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody without the lock copies a world, while another one is asked."""
    put(store, "main")
    usual, worlds = object_sweeping._named_in, iter([f"{store.main}_0123456789"])

    def named_in(asked: object, wanted: list[bytes]) -> set[bytes]:
        for world in worlds:
            databases.administer("CREATE DATABASE {}", world)
        return usual(asked, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(object_sweeping, "_named_in", named_in)
    with pytest.raises(NotNow, match="made or dropped"):
        sweep()


def test_only_the_job_of_main_sweeps(store: SmallStore) -> None:
    store.templates.adopt_main()
    world = store.sandboxes.create("one").world
    with in_database(ChosenDatabase(world, 1)):
        assert object_sweeping.sweep_some({}) is False
    payload: dict[str, object] = {}
    assert object_sweeping.sweep_some(payload) is True
    assert payload == {"after": "1"}
    with alone_with_worlds():
        assert plane() is not None


def test_stores_in_rows_have_no_such_job() -> None:
    assert "sweep_objects" not in KINDS
    try:
        object_sweeping.register_sweeping()
        assert KINDS["sweep_objects"].every == object_sweeping.EVERY
    finally:
        del KINDS["sweep_objects"]
