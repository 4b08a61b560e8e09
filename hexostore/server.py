"""The web server: Granian for http and for https, under a supervisor that keeps them together.

The supervisor has loaded the application before it starts them; where processes fork (Linux)
the workers therefore begin at once and share its memory.
"""

import http.client
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from time import monotonic, sleep
from types import FrameType
from typing import Any

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.log import LogLevels

from hexostore.lifeline import dies_with_parent
from hexostore.tls import Certificates, trusting

PATIENCE = 30.0  # seconds for the servers to answer, and to stop
BLOCKING_THREADS = 4

_log = logging.getLogger("hexostore.server")


class PortTaken(Exception):
    """Another program listens on a port that was asked for."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(f"Port {port} is taken by another program. Choose one with {option} N.")


@dataclass(frozen=True)
class Listener:
    """One of the two servers: where it listens, and its certificates when it speaks TLS."""

    host: str
    port: int
    certificates: Certificates | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.certificates else "http"

    @property
    def url(self) -> str:
        """Its base URL as seen from this machine."""
        return f"{self.scheme}://{bracketed(self.reached_at)}:{self.port}"

    @property
    def reached_at(self) -> str:
        """The address to ask; a server on all addresses is asked on the loopback."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    def answers(self) -> bool:
        """Whether GET /readyz gives 200."""
        try:
            with closing(self._connection()) as connection:
                connection.request("GET", "/readyz", headers={"Host": "localhost"})
                return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _connection(self) -> http.client.HTTPConnection:
        if self.certificates is None:
            return http.client.HTTPConnection(self.reached_at, self.port, timeout=5)
        context = trusting(self.certificates.ca)
        context.check_hostname = False  # the address may be one that the certificate lacks
        return http.client.HTTPSConnection(self.reached_at, self.port, timeout=5, context=context)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def require_free(host: str, port: int, option: str) -> None:
    """Raises PortTaken when somebody listens on the port; `option` is how to choose another.

    Asked before the servers start, for theirs is a shared port, which would simply be shared.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(port, option) from error


class Supervisor:
    """Runs the listeners until a signal comes or one of them dies.

    `tend` is called twice a second; `on_ready` once, when all of them answer; `release` in each
    child, to let go of what belongs to the parent.
    """

    def __init__(
        self,
        listeners: list[Listener],
        workers: int,
        *,
        tend: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self.listeners, self.workers = listeners, workers
        self.tend, self.release = tend, release
        self._stopping = False

    def run(self, on_ready: Callable[[], None]) -> bool:
        """True when it was asked to stop, False when a server died or never answered."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask_to_stop)
        processes = [self._start(listener) for listener in self.listeners]
        try:
            if self._wait_until_ready(processes):
                on_ready()
                self._watch(processes)
            return self._stopping
        finally:
            _end(processes)

    def _ask_to_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, listener: Listener) -> BaseProcess:
        method = "fork" if sys.platform == "linux" else "spawn"
        multiprocessing.set_start_method(method, force=True)
        release = self.release if method == "fork" else None
        process = multiprocessing.Process(
            target=_serve,
            args=(listener, self.workers, method, dies_with_parent(signal.SIGTERM), release),
        )
        process.start()
        return process

    def _wait_until_ready(self, processes: list[BaseProcess]) -> bool:
        deadline = monotonic() + PATIENCE
        waiting = list(self.listeners)
        while waiting and not self._stopping:
            if monotonic() > deadline or not all(process.is_alive() for process in processes):
                _log.error("%s does not answer", waiting[0].url)
                return False
            if waiting[0].answers():
                waiting.pop(0)
            else:
                sleep(0.02)
        return not self._stopping

    def _watch(self, processes: list[BaseProcess]) -> None:
        while not self._stopping:
            if wait([process.sentinel for process in processes], timeout=0.5):
                if not self._stopping:
                    _log.error("A server process died; stopping.")
                return
            self.tend()


def _end(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()


def _serve(
    listener: Listener,
    workers: int,
    method: str,
    bind: Callable[[], None],
    release: Callable[[], None] | None,
) -> None:
    """One Granian, in a process of its own."""
    bind()
    os.setsid()  # Ctrl-C reaches the supervisor alone, which then stops all in order
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    if release is not None:
        release()
    multiprocessing.set_start_method(method, force=True)
    loader = partial(_application, dies_with_parent(signal.SIGTERM))
    _granian(listener, workers).serve(target_loader=loader, wrap_loader=False)


def _granian(listener: Listener, workers: int) -> Any:
    files = listener.certificates
    return Granian(
        "hexostore.wsgi:application",
        address=listener.host,
        port=listener.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        http=HTTPModes.http1,  # a body of HTTP/2 without a length would arrive empty
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=settings.LOGGING,
        ssl_cert=files.certificate if files else None,
        ssl_key=files.key if files else None,
        ssl_protocol_min=SSLProtocols.tls12,  # clients of 2014 do not know 1.3
    )


def _application(bind: Callable[[], None]) -> Any:
    """What each worker serves."""
    bind()
    from hexostore.wsgi import application

    return application


def default_workers() -> int:
    """One per core, at most two: a test bench rarely needs more."""
    return min(os.cpu_count() or 1, 2)
