"""The process that shows Prometheus what the server does, on a port of its own.

It is apart from the processes that answer clients, and from their addresses: no page of another
site may read it, no fault applies to it, and no journal keeps it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host

from apps.api import registry
from apps.api.hosts import is_near
from apps.api.reasons import Reason
from hexostore.home import make_private
from hexostore.server import Child, Observation
from hexostore.web.listening import Listener
from hexostore.web.observer import ObservedNames
from hexostore.web.reply import Application
from hexostore.web.request import Environ

PATH = "/metrics"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Start = Callable[..., Any]


def observe(home: Path, listener: Listener) -> Observation:
    """Return what is counted and where it is shown, with an empty folder for the counts."""
    folder = home / "observed"
    shutil.rmtree(folder, ignore_errors=True)  # of the server before; counts begin anew
    make_private(folder)
    return Observation(folder, observed_names(), listener)


def observed_names() -> ObservedNames:
    """Return the names of resources and reasons, the only ones that labels have."""
    return ObservedNames(frozenset(registry.all_names()), frozenset(map(str, Reason)))


def metrics_server(observation: Observation, others: Sequence[Listener]) -> Child:
    """Return the process that shows the counts. It closes the listeners of others."""
    return Child("metrics server", _show_metrics, (observation, tuple(others), os.getpid()))


def _show_metrics(observation: Observation, others: Sequence[Listener], supervisor: int) -> None:
    from hexostore.web import worker

    for each in others:
        each.socket.close()
    django.setup()
    application = metrics_application(observation.folder, supervisor)

    def on_living_connection(environ: Environ, start: Start) -> Iterable[bytes]:
        close_old_connections()  # the database may have been restarted since the last time
        return application(environ, start)

    worker.serve_requests(on_living_connection, [observation.listener], threads=1)


def metrics_application(folder: Path, supervisor: int) -> Application:
    """Return the WSGI application that answers GET /metrics with the counts in a folder.

    405 for another method, 404 for another path, and 421 for the name of another host: a page could
    point that here.
    """
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    from apps.sandbox.observed import ProcessCollector, StoreCollector

    shown = CollectorRegistry()
    MultiProcessCollector(shown, path=str(folder))  # type: ignore[no-untyped-call]
    shown.register(StoreCollector())
    shown.register(ProcessCollector(supervisor))

    def application(environ: Environ, start: Start) -> list[bytes]:
        refusal = _refusal_of(environ)
        if refusal is not None:
            return _answer(start, refusal, f"{refusal.phrase}\n".encode())
        return _answer(start, HTTPStatus.OK, generate_latest(shown))

    return application


def _refusal_of(environ: Environ) -> HTTPStatus | None:
    if not _is_own_host(environ.get("HTTP_HOST", "localhost")):
        return HTTPStatus.MISDIRECTED_REQUEST
    if environ["PATH_INFO"] != PATH:
        return HTTPStatus.NOT_FOUND
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return HTTPStatus.METHOD_NOT_ALLOWED
    return None


def _is_own_host(host: str) -> bool:
    """Return whether it is a configured host, an address, or a name that nobody outside can point
    here."""
    domain, _ = split_domain_port(host)
    return bool(domain) and (validate_host(domain, settings.HEXOSTORE_HOSTS) or is_near(domain))


def _answer(start: Start, status: HTTPStatus, body: bytes) -> list[bytes]:
    fields = [
        ("Content-Type", _TYPE),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
        ("X-HexoStore", "mock"),
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        fields.append(("Allow", "GET, HEAD"))
    start(f"{status.value} {status.phrase}", fields)
    return [body]
