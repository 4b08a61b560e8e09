"""Probes for monitoring and for balancers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

import psycopg
from django.db import Error, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, JsonResponse

from hexostore.database import replicas

SECONDS = 2.0
"""How long the database may take to answer the checks of /readyz."""


def answer_live(_request: HttpRequest) -> JsonResponse:
    """GET /livez: 200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


def answer_ready(_request: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 if requests can be served, else 503 and the first check that failed.

    With replicas, it also says which of them this process leaves out.
    """
    failed = _readiness.failed()
    if failed is None:
        return JsonResponse({"status": "ok", **_replica_states()})
    return JsonResponse({"status": "unavailable", "failed": failed}, status=503)


def _replica_states() -> dict[str, dict[str, str]]:
    if not replicas.are_configured():
        return {}
    known = replicas.known_replicas()
    return {"replicas": {each.name: "left out" if each.is_left_out else "ok" for each in known}}


def failing_check() -> str | None:
    """Return the first of `database`, `migrations`, `seed`, `catalogue` that fails, or None.

    Migrations and catalogue fail before an upgrade, and after one to a newer version.
    """
    from apps.sandbox import store, tables

    try:
        connection.ensure_connection()
        standing = tables.find_standing()
        if standing.behind or standing.ahead:
            return "migrations"
        begun = store.current()
        if begun is None:
            return "seed"
        return None if store.is_current(begun) else "catalogue"
    except Error:
        return "database"


class Readiness:
    """What /readyz of a process says."""

    def failed(self) -> str | None:
        """Return the check that failed, or None."""
        return failing_check()


class ServedReadiness(Readiness):
    """What /readyz of a web server says: `drain` while it drains, and `database` if the checks take
    too long. They have a thread and a connection of their own, so they wait behind nobody."""

    def __init__(self, is_draining: Callable[[], bool], seconds: float = SECONDS) -> None:
        self._is_draining, self._seconds = is_draining, seconds
        self._thread = ThreadPoolExecutor(1, "ready")
        self._turn = Lock()
        self._running: Future[str | None] | None = None
        self._used: BaseDatabaseWrapper | None = None  # the connection of the thread

    def failed(self) -> str | None:
        if self._is_draining():
            return "drain"
        with self._turn:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._check)
            running = self._running
        try:
            return running.result(self._seconds)
        except TimeoutError:
            self._break_off()
            return "database"

    def _check(self) -> str | None:
        self._used = used = connections["default"]
        used.close_if_unusable_or_obsolete()
        return failing_check()

    def _break_off(self) -> None:
        """End the connection on which the checks wait, so that the next ones make another."""
        raw = self._used and self._used.connection
        if not raw:
            return
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(raw.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)


_readiness = Readiness()


def serve_readiness(is_draining: Callable[[], bool]) -> None:
    """Have /readyz of this process answer in time, and say `drain` while `is_draining` does."""
    global _readiness  # noqa: PLW0603 - a web server is told once, at its start
    _readiness = ServedReadiness(is_draining)
