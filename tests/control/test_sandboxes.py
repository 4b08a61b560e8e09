"""Sandboxes: what they begin with, what a reset, snapshot and fork make of them, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from apps.control import opening, sandboxes, worlds
from apps.control.connection import URL, close_control, control
from apps.control.gates import Gates
from apps.control.plane import UnknownSandbox
from apps.control.sandboxes import Conflict, Missing, SandboxError
from apps.control.templates import SPARES
from apps.control.worlds import NotPermitted, Role
from tests import databases
from tests.control.small import (
    VERSION,
    SmallStore,
    count_connections,
    count_open_files,
    join_small,
)


def test_a_sandbox_begins_like_a_store_and_shares_nothing_with_it(small: SmallStore) -> None:
    small.add("main", "of main")
    small.sandboxes.create("one")
    small.add("one", "of one")
    assert small.words("one") == ["first", "of one"]
    assert small.words("main") == ["first", "of main"]


def test_a_reset_brings_the_beginning_back(small: SmallStore) -> None:
    small.sandboxes.create("one")
    before = small.plane.sandbox("one")
    small.add("one", "more")
    after = small.sandboxes.reset("one")
    assert small.words("one") == ["first"]
    assert after.incarnation != before.incarnation
    assert before.world in small.databases()
    small.sandboxes.drop_retired()
    assert before.world not in small.databases()


def test_main_is_reset_under_its_own_name(small: SmallStore) -> None:
    small.add("main", "more")
    before = small.plane.sandbox("main")
    after = small.sandboxes.reset("main")
    assert small.words("main") == ["first"]
    assert after.world == small.main
    assert after.incarnation != before.incarnation
    small.sandboxes.drop_retired()
    assert small.databases() == {small.templates.usual()}


def test_a_snapshot_is_restored_as_often_as_wanted(small: SmallStore) -> None:
    for name in ("main", "one"):
        if name != "main":
            small.sandboxes.create(name)
        small.add(name, "kept")
        small.sandboxes.take_snapshot(name, "before")
        for _ in range(2):
            small.add(name, "lost")
            small.sandboxes.restore(name, "before")
            assert small.words(name) == ["first", "kept"]


def test_a_fork_begins_with_what_its_source_has_now(small: SmallStore) -> None:
    small.sandboxes.create("one")
    small.add("one", "kept")
    small.sandboxes.fork("one", "two")
    small.add("one", "of one")
    small.add("two", "of two")
    assert small.words("two") == ["first", "kept", "of two"]
    small.sandboxes.reset("two")
    assert small.words("two") == ["first", "kept"]
    small.sandboxes.reset("one")
    assert small.words("one") == ["first"]


def test_a_deleted_sandbox_leaves_nothing(small: SmallStore) -> None:
    usual = small.templates.usual()
    small.sandboxes.create("one")
    small.sandboxes.fork("one", "two")
    small.sandboxes.take_snapshot("two", "kept")
    for name in ("one", "two"):
        small.sandboxes.delete(name)
        with pytest.raises(UnknownSandbox):
            small.plane.enter(name)
    small.sandboxes.drop_retired()
    assert small.databases() == {usual}
    assert control().execute("SELECT name FROM world").fetchall() == [(usual,)]


def test_a_world_is_dropped_after_the_last_request_in_it(small: SmallStore) -> None:
    small.sandboxes.create("one")
    sandbox, passage = small.plane.enter("one")
    small.sandboxes.reset("one")
    small.sandboxes.drop_retired()
    assert sandbox.world in small.databases()
    passage.leave()
    small.sandboxes.drop_retired()
    assert sandbox.world not in small.databases()


def test_what_cannot_be_done_says_why(small: SmallStore) -> None:
    small.sandboxes.create("one")
    small.sandboxes.take_snapshot("one", "kept")
    with pytest.raises(Conflict, match="already"):
        small.sandboxes.create("one")
    with pytest.raises(Conflict, match="already"):
        small.sandboxes.fork("main", "one")
    with pytest.raises(Conflict, match="already"):
        small.sandboxes.take_snapshot("one", "kept")
    with pytest.raises(Missing, match="no sandbox 'two'"):
        small.sandboxes.reset("two")
    with pytest.raises(Missing, match="no snapshot 'gone'"):
        small.sandboxes.restore("one", "gone")
    with pytest.raises(SandboxError, match="cannot be deleted"):
        small.sandboxes.delete("main")


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a" * 41, "ä", "a b", "a\n", "../a"])
def test_names_are_fit_for_hosts(small: SmallStore, name: str) -> None:
    with pytest.raises(SandboxError, match="small letters"):
        small.sandboxes.create(name)
    assert small.databases() == set()


def test_nothing_is_left_of_a_sandbox_whose_seed_is_wrong(small: SmallStore) -> None:
    def fail() -> None:
        raise ValueError("no seed")

    with pytest.raises(ValueError, match="no seed"):
        small.sandboxes.create("one", fill=fail)
    assert "one" not in small.plane.state().sandboxes
    small.sandboxes.drop_retired()
    assert small.databases() == {small.templates.usual()}


def test_a_reset_brings_the_rows_of_the_seed_back(
    small: SmallStore, django_db_blocker: DjangoDbBlocker
) -> None:
    def fill() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO words VALUES ('seeded')")

    with django_db_blocker.unblock():
        small.sandboxes.create("one", fill=fill)
        connection._follow_choice()  # type: ignore[attr-defined]  # back to the database of tests
    small.add("one", "more")
    small.sandboxes.reset("one")
    assert small.words("one") == ["first", "seeded"]
    assert small.words("main") == ["first"]
    small.sandboxes.create("two")
    assert small.words("two") == ["first"]


def test_spares_are_made_when_copies_are_asked_for(small: SmallStore) -> None:
    assert not small.templates.keep_spares()
    small.sandboxes.create("one")
    while small.templates.keep_spares():
        pass
    ready = spares()
    assert len(ready) == SPARES
    assert small.sandboxes.reset("one").world in ready
    control().execute("UPDATE world SET copied = now() - interval '1 hour'")
    small.templates.drop_needless()
    assert spares() == []


def spares() -> list[str]:
    """The copies that are kept ready."""
    rows = control().execute("SELECT name FROM world WHERE role = %s", [Role.SPARE])
    return [name for (name,) in rows.fetchall()]


def test_idle_sandboxes_are_deleted_after_their_lifetime(small: SmallStore) -> None:
    small.sandboxes.create("short", timedelta(seconds=60))
    small.sandboxes.create("long", timedelta(hours=2))
    small.sandboxes.create("endless")
    assert small.sandboxes.sweep() == []
    control().execute("UPDATE sandbox SET used = now() - interval '1 hour'")
    assert small.sandboxes.sweep() == ["short"]
    assert set(small.plane.state().sandboxes) == {"main", "long", "endless"}


def test_many_at_once_get_one_sandbox_each(small: SmallStore) -> None:
    wrong: list[Exception] = []

    def create(name: str) -> None:
        try:
            small.sandboxes.create(name)
            small.add(name, f"of {name}")
        except Exception as error:  # noqa: BLE001 - told to the test
            wrong.append(error)

    names = [f"s{number}" for number in range(8)]
    threads = [Thread(target=create, args=(name,)) for name in [*names, "s0"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in wrong] == [Conflict]
    for name in names:
        assert small.words(name)[:2] == ["first", f"of {name}"]


def test_many_at_once_are_not_more_than_the_most(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them have found room before the first is there."""
    small.templates.usual()
    before = small.databases()
    monkeypatch.setattr(sandboxes, "MOST_SANDBOXES", 3)
    together, require_new = Barrier(4, timeout=60), small.sandboxes._require_new

    def find_room(name: str) -> None:
        require_new(name)
        together.wait()

    def create(number: int) -> bool:
        try:
            small.sandboxes.create(f"s{number}")
        except Conflict:
            return False
        finally:
            close_control()
        return True

    monkeypatch.setattr(small.sandboxes, "_require_new", find_room)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(create, range(4))) == 2
    assert len(small.plane.state().sandboxes) == 3
    assert len(small.databases()) == len(before) + 2


def test_resets_stay_flat(small: SmallStore) -> None:
    """In databases, rows, files and connections."""
    small.sandboxes.create("one")
    seen, opened = [], []
    for _ in range(12):
        small.sandboxes.reset("one")
        small.words("one")
        small.sandboxes.drop_retired()
        rows = control().execute("SELECT count(*) FROM world").fetchone()
        assert isinstance(small.plane.gates, Gates)
        files = len(list(small.plane.gates._folder.iterdir()))
        opened.append(count_open_files())  # also those that tests before have left, and may end
        seen.append((len(small.databases()), rows, files))
        assert count_connections(small.main) <= 1  # which PostgreSQL may just be ending
    assert len(set(seen[2:])) == 1, seen
    assert opened[-1] <= opened[2], opened


def test_resets_in_a_row_do_not_fill_the_disk(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nobody else drops what they leave."""
    monkeypatch.setattr(sandboxes, "MOST_RETIRED", 3)
    small.sandboxes.create("one")
    _, passage = small.plane.enter("one")  # whose world cannot be dropped
    for _ in range(8):
        small.sandboxes.reset("one")
    assert len(small.databases()) <= 3 + len(["template", "of one", "left a moment ago"])
    passage.leave()


def test_two_processes_do_not_drop_the_same_world(small: SmallStore) -> None:
    small.sandboxes.create("one")
    for _ in range(6):
        small.sandboxes.reset("one")
    with ThreadPoolExecutor(3) as pool:
        dropped = list(pool.map(lambda _: small.sandboxes.drop_retired(), range(3)))
    assert sum(dropped) == 6
    assert len(small.databases()) == 2


def test_the_next_server_sweeps_what_a_killed_one_left(small: SmallStore) -> None:
    small.sandboxes.create("one")
    small.add("one", "kept")
    needed = small.databases()
    stray = worlds.create_empty(small.main)
    worlds.copy_world(small.templates.usual(), small.main, Role.USED)
    worlds.note_world("never_made", Role.MAKING)
    assert stray in small.databases()
    assert small.reopen() == []
    assert small.databases() == needed
    assert small.words("one") == ["first", "kept"]


def test_sandboxes_of_an_earlier_version_are_deleted(small: SmallStore) -> None:
    small.add("main", "kept")
    small.sandboxes.create("one")
    assert small.reopen("version 2") == ["Deleted sandboxes of an earlier version: one"]
    assert small.databases() == set()
    assert small.words("main") == ["first", "kept"]


RESET = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "hexostore.settings"
import django
django.setup()
from tests.control.small import join_small
store = join_small(sys.argv[1])
while True:
    for name in ("one", "main"):
        print(name, flush=True)
        store.sandboxes.reset(name)
        store.sandboxes.take_snapshot(name, "kept")
        store.sandboxes.delete_snapshot(name, "kept")
"""


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_kill_at_any_moment_leaves_every_sandbox_whole(
    small: SmallStore, home: Path, after: int
) -> None:
    small.sandboxes.create("one")
    environment = {**os.environ, "HEXOSTORE_HOME": str(home), URL: os.environ[URL]}
    command = [sys.executable, "-c", RESET, small.main]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as busy:
        assert busy.stdout is not None
        for _ in range(after):
            assert busy.stdout.readline()
        busy.send_signal(signal.SIGKILL)
    small.reopen()
    for name in ("one", "main"):
        assert small.words(name) == ["first"]
        small.sandboxes.reset(name)
        assert small.words(name) == ["first"]
    small.sandboxes.drop_retired()
    needed = {each.world for each in small.plane.state().sandboxes.values()} - {small.main}
    kept = control().execute("SELECT world FROM snapshot").fetchall()
    assert small.databases() == needed | {small.templates.usual()} | {world for (world,) in kept}


OPEN = """
import sys
import django
django.setup()
from apps.control.opening import open_control
print(open_control(sys.argv[1], "version 1", print))
"""


def test_two_servers_on_one_database_do_not_share_its_sandboxes(
    small: SmallStore, tmp_path: Path
) -> None:
    small.sandboxes.create("one")
    environment = {**os.environ, "HEXOSTORE_HOME": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "hexostore.settings"
    command = [sys.executable, "-c", OPEN, databases.url_of(small.main)]
    other = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert other.stdout == (
        "The sandboxes of this database belong to the server of another home.\nFalse\n"
    )
    assert small.words("one") == ["first"]


def test_without_the_right_to_create_databases_there_is_only_main(
    home: Path, settings: Settings
) -> None:
    settings.HEXOSTORE_HOME = home
    role = f"plain_{os.getpid()}"
    with databases.database("plain") as url:
        main = databases.name_of(url)
        databases.administer("CREATE ROLE {} LOGIN NOCREATEDB", role)
        databases.administer("ALTER DATABASE {} OWNER TO {}", main, role)
        try:
            opening.open_control(make_conninfo(url, user=role), VERSION, lambda _: None)
            assert opening.join_control(make_conninfo(url, user=role))
            small = join_small(main)
            assert list(small.plane.state().sandboxes) == ["main"]
            for operation in (
                lambda: small.sandboxes.create("one"),
                lambda: small.sandboxes.reset("main"),
                lambda: small.sandboxes.take_snapshot("main", "kept"),
                lambda: small.sandboxes.fork("main", "one"),
            ):
                with pytest.raises(NotPermitted, match="may not create databases"):
                    operation()
            assert control().execute("SELECT name FROM world").fetchall() == []
        finally:
            opening.leave_control()
            databases.drop(main)
            databases.administer("DROP ROLE {}", role)
