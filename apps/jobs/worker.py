"""The process that does jobs: a thread for each kind, so that no kind waits for another.

The main thread listens to PostgreSQL, which reports new jobs when they are committed. Some poolers
do not forward such messages, so the threads also look by themselves every few seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Event, Thread
from typing import Any

import psycopg
from django.db import Error, connection

from apps.jobs.kinds import KINDS, Kind
from apps.jobs.queue import CHANNEL, do_next, plan_regular

POLL = 5.0  # seconds between two looks at the table when nobody rings
LISTENED = 0.5  # seconds after which the listener looks whether it should stop
PATIENCE = 5.0  # seconds that work in progress may go on when asked to stop

Inside = Callable[[], AbstractContextManager[object]]

_log = logging.getLogger("hexostore.jobs")


def run_worker(stop: Event, inside: Inside = nullcontext) -> None:
    """Do jobs until `stop` is set, or until a thread has died of a fault in our own code.

    Each job is done inside of what `inside` returns, which may wait until the database may be used.
    This survives restarts of the database. Work that does not end in time is broken off, which
    leaves nothing half done.
    """
    bells = {name: Event() for name in KINDS}
    threads = [
        Thread(
            target=_work_on,
            args=(kind, bells[kind.name], stop, inside),
            name=kind.name,
            daemon=True,
        )
        for kind in KINDS.values()
    ]
    for thread in threads:
        thread.start()
    while not stop.is_set() and all(thread.is_alive() for thread in threads):
        _listen_for_jobs(bells, stop, threads)
    stop.set()
    for bell in bells.values():
        bell.set()
    for thread in threads:
        thread.join(PATIENCE)


def _work_on(kind: Kind, bell: Event, stop: Event, inside: Inside) -> None:
    """Do the jobs of one kind; its bell wakes this thread up."""
    while not stop.is_set():
        bell.clear()
        connection.close_if_unusable_or_obsolete()
        try:
            with inside():
                plan_regular(kind)
            while not stop.is_set() and _do_next_inside(kind, inside):
                pass
        except Error as error:
            _log.warning(
                "the %s thread is waiting for the database: %s", kind.name, _error_name(error)
            )
            connection.close()
        if not stop.is_set():
            bell.wait(POLL)
    connection.close()


def _do_next_inside(kind: Kind, inside: Inside) -> bool:
    with inside():
        return do_next(kind)


def _listen_for_jobs(bells: Mapping[str, Event], stop: Event, threads: list[Thread]) -> None:
    """Ring the bell of each kind that has a new job, as long as the connection lasts."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        for bell in bells.values():  # for what was committed before
            bell.set()
        while not stop.is_set() and all(thread.is_alive() for thread in threads):
            _ring_bells(bells, connection.connection)
    except (Error, psycopg.Error):
        stop.wait(LISTENED)
    finally:
        connection.close()


def _ring_bells(bells: Mapping[str, Event], raw: psycopg.Connection[Any]) -> None:
    """Pass on what PostgreSQL reports within a moment."""
    for message in raw.notifies(timeout=LISTENED):
        if message.payload in bells:
            bells[message.payload].set()


def _error_name(error: Exception) -> str:
    """Return what is logged of a database error: only its kind, because texts may quote rows."""
    return type(error).__name__
