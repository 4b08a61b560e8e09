"""Work in the background that goes on as long as its process, whatever happens to the database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

import psycopg
from django.db import Error, connection

from apps.control.connection import close_control
from apps.control.worlds import WorldError

PAUSE = 0.5  # seconds before work that failed is begun again

_log = logging.getLogger("hexostore.control")


def keep_working(work: Callable[[], None], failing: str, stop: Event) -> None:
    """Do work, which ends when `stop` is set, and begin it again after errors of the database.

    `failing` begins the line of the log that says so.
    """
    while not stop.is_set():
        try:
            work()
        except (Error, psycopg.Error, WorldError) as error:
            _log.warning("%s: %s", failing, type(error).__name__)
            _disconnect()
            stop.wait(PAUSE)
    _disconnect()


def _disconnect() -> None:
    close_control()
    connection.close()
