"""What killed processes leave behind is found while the server runs, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep

import psycopg
import pytest
from psycopg import sql

from apps.control import abandoned, worlds
from apps.control.abandoned import retire_abandoned
from apps.control.connection import URL, close_control, control, held_lock
from apps.control.keeper import keep_house
from apps.control.worlds import Role
from tests import databases
from tests.control.small import SmallStore

WORK = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "hexostore.settings"
import django
django.setup()
from apps.control import worlds
from tests.control.small import join_small
store = join_small(sys.argv[1])
made = worlds._copy_database
def copy_and_wait(source, name):
    made(source, name)
    print(name, flush=True)
    sys.stdin.read()
worlds._copy_database = copy_and_wait
getattr(store.sandboxes, sys.argv[2])(*sys.argv[3:])
"""


@pytest.mark.parametrize(
    "work", [("reset", "one"), ("fork", "one", "two"), ("take_snapshot", "one", "kept")], ids=str
)
def test_the_copy_of_a_killed_process_is_dropped(
    small: SmallStore, home: Path, work: tuple[str, ...]
) -> None:
    small.sandboxes.create("one")
    needed = small.databases()
    environment = {**os.environ, "HEXOSTORE_HOME": str(home), URL: os.environ[URL]}
    command = [sys.executable, "-c", WORK, small.main, *work]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as busy:
        assert busy.stdout is not None
        copy = busy.stdout.readline().strip()
        assert retire_abandoned() == 0  # somebody works on it
        assert copy in small.databases()
        busy.send_signal(signal.SIGKILL)
    with held_lock(abandoned._LOCK, abandoned._KEY):
        pass  # PostgreSQL knows by now that it was killed
    assert retire_abandoned() == 1
    small.sandboxes.drop_retired()
    assert small.databases() == needed
    assert small.words("one") == ["first"]


@pytest.mark.parametrize("role", [Role.MAKING, Role.USED, Role.SNAPSHOT, Role.DROPPING])
def test_the_keeper_drops_what_nobody_needs(small: SmallStore, role: Role) -> None:
    small.sandboxes.create("one")
    small.sandboxes.take_snapshot("one", "kept")
    small.sandboxes.fork("one", "two")
    needed = small.databases()
    stray = worlds.create_empty(small.main)
    worlds.note_world(stray, role)
    stop = Event()

    def wait_until_dropped() -> None:
        try:
            for _ in range(3000):
                if stray not in small.databases():
                    return
                control().execute("SELECT pg_sleep(0.01)")
        finally:
            stop.set()
            close_control()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_until_dropped)
        keep_house(small.sandboxes, small.templates, stop)
        waiting.result(60)
    assert stray not in small.databases()
    assert needed <= small.databases()
    small.sandboxes.restore("one", "kept")
    for name in ("one", "two"):
        small.sandboxes.reset(name)
        assert small.words(name) == ["first"]


def test_a_world_that_is_still_being_made_is_dropped(small: SmallStore) -> None:
    """As when its maker was killed: PostgreSQL goes on without it. Here it waits for whoever is
    connected to the source, up to five seconds."""
    name = worlds.new_name(small.main)
    worlds.note_world(name, Role.MAKING)
    with psycopg.connect(databases.url_of(small.main)), ThreadPoolExecutor(1) as pool:
        making = pool.submit(make_database, name, small.main)
        wait_until_made(name)
        worlds.drop_world(name)
        with pytest.raises(psycopg.errors.AdminShutdown):
            making.result(timeout=60)
    assert name not in small.databases()


def make_database(name: str, source: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(databases.url_of("postgres"), autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))


def wait_until_made(name: str) -> None:
    """Wait until a process of the server makes that database."""
    asked = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND starts_with(query, %s)"
    for _ in range(1000):
        if control().execute(asked, [f'CREATE DATABASE "{name}"']).fetchone():
            return
        sleep(0.01)
    pytest.fail("nobody makes it")
