"""One worker process: an event loop that serves every listener."""

import asyncio
import itertools
import logging
import resource
import signal
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import uvloop
from django.conf import settings

from hexostore import tracing
from hexostore.tls import Certificates
from hexostore.web.connection import Connection
from hexostore.web.limits import WebLimits
from hexostore.web.listening import Listener
from hexostore.web.memory import keep_freed_memory, return_freed_memory
from hexostore.web.observer import Observer
from hexostore.web.reply import Application
from hexostore.web.server import WebServer
from hexostore.web.threads import Threads
from hexostore.web.told import WorkerTold

_PAUSE = 1.0  # seconds between two ticks, and before accepting again when the system refused
_BETWEEN_TRIMS = 10  # ticks
_OWN_FILES = 100  # descriptors that are no connections
_FILES = 8  # of the greatest size that may arrive at the same time

_log = logging.getLogger("hexostore.web")


def serve_requests(
    application: Application,
    listeners: Sequence[Listener],
    threads: int,
    observer: Observer | None = None,
    told: WorkerTold | None = None,
) -> None:
    """Serve until SIGTERM, or SIGHUP, after which nothing is accepted any more, and it ends with
    the last of its clients. An observer counts the requests."""
    limits = _usual_limits()
    told = told or WorkerTold()
    limits = replace(limits, stop_seconds=max(limits.stop_seconds, told.stop_seconds))
    keep_freed_memory()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        served = _serve_listeners(application, listeners, Threads(threads), limits, observer, told)
        runner.run(served)
    tracing.send_rest()


def _usual_limits() -> WebLimits:
    """Return the usual limits, or what the system allows of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * WebLimits.connections  # each may have a temporary file, and some wait for TLS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    connections = max(1, min(WebLimits.connections, (soft - _OWN_FILES) // 3))
    return WebLimits(
        connections=connections,
        body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0,
        file=settings.HEXOSTORE_IMPORT_BYTES,
        file_paths=settings.HEXOSTORE_FILE_PATHS,
        waiting_bodies=max(WebLimits.waiting_bodies, _FILES * settings.HEXOSTORE_IMPORT_BYTES),
    )


async def _serve_listeners(
    application: Application,
    listeners: Sequence[Listener],
    threads: Threads,
    limits: WebLimits,
    observer: Observer | None = None,
    told: WorkerTold = WorkerTold(),  # noqa: B008 - a frozen one
) -> None:
    loop = asyncio.get_running_loop()
    server = WebServer(application, threads, limits, observer)
    server.is_draining = told.is_draining
    stopping, retiring = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, retiring.set)
    doors = [Door(server, listener) for listener in listeners]
    ticking = loop.create_task(_tick_every_second(server, doors))
    asked = [loop.create_task(each.wait()) for each in (stopping, retiring)]
    told.note_serving()
    await asyncio.wait([*asked, ticking], return_when=asyncio.FIRST_COMPLETED)
    if retiring.is_set() and not stopping.is_set():
        await _retire(server, doors, stopping)
    if ticking.done():  # nobody looks after deadlines any more: the supervisor starts another
        ticking.result()
    for door in doors:
        door.shut()
    ticking.cancel()
    await server.stop()
    threads.stop()


async def _retire(server: WebServer, doors: Sequence["Door"], stopping: asyncio.Event) -> None:
    """Leave new connections to others, and wait until the clients of this process have left."""
    for door in doors:
        door.close()
    for door in doors:
        await door.let_in()
    await server.retire(stopping)


async def _tick_every_second(server: WebServer, doors: Sequence["Door"]) -> None:
    for count in itertools.count(1):
        await asyncio.sleep(_PAUSE)
        server.tick()
        for door in doors:
            door.tick()
        if count % _BETWEEN_TRIMS == 0:
            return_freed_memory()


class Door:
    """Accepts connections from one listening socket.

    It accepts one at each turn of the loop. A less busy worker comes back sooner, so workers share
    a crowd evenly.
    """

    def __init__(self, server: WebServer, listener: Listener) -> None:
        self.server, self.listener = server, listener
        self.certificate = (
            ServedCertificate(listener.certificates) if listener.certificates else None
        )
        self._loop = asyncio.get_running_loop()
        self._entering: dict[asyncio.Task[None], None] = {}
        self._is_closed = False
        self._open_door()

    def close(self) -> None:
        """Accept nobody any more."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self.listener.socket)
            self.listener.socket.close()

    async def let_in(self) -> None:
        """Wait until those have entered who were accepted."""
        if self._entering:
            await asyncio.wait(self._entering)

    def shut(self) -> None:
        """Accept nobody any more, and send away who was accepted and has not entered."""
        self.close()
        for task in self._entering:
            task.cancel()

    def tick(self) -> None:
        """Check whether the certificate was renewed."""
        if self.certificate is not None:
            self.certificate.look()

    def _open_door(self) -> None:
        if self._is_closed:
            return
        self._loop.add_reader(self.listener.socket, self._accept_waiting)

    def _accept_waiting(self) -> None:
        try:
            taken, _ = self.listener.socket.accept()
        except (BlockingIOError, ConnectionError):
            return  # another worker was faster, or the client has thought better of it
        except OSError as error:
            _log.error("cannot accept connections: %s", error)
            self._loop.remove_reader(self.listener.socket)
            self._loop.call_later(_PAUSE, self._open_door)
            return
        taken.setblocking(False)
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._let_in(taken))
        self._entering[task] = None
        task.add_done_callback(self._forget_task)
        if len(self._entering) > self.server.limits.connections:
            next(iter(self._entering)).cancel()  # whose handshake takes the longest

    async def _let_in(self, taken: socket.socket) -> None:
        """Make a connection from an accepted one, through TLS for https."""
        protocol = self._make_protocol
        if self.certificate is None:
            await self._loop.connect_accepted_socket(protocol, taken)
            return
        seconds = self.server.limits.handshake_seconds
        await self._loop.connect_accepted_socket(
            protocol, taken, ssl=self.certificate.context, ssl_handshake_timeout=seconds
        )

    def _make_protocol(self) -> Connection:
        return Connection(self.server, self.listener.scheme)

    def _forget_task(self, task: asyncio.Task[None]) -> None:
        del self._entering[task]
        if not task.cancelled() and not isinstance(task.exception(), OSError):
            self.server.report(task.exception())


class ServedCertificate:
    """The certificate of new connections. It is read again when its files have changed."""

    def __init__(self, files: Certificates) -> None:
        self.files = files
        self._seen = self._file_stamps()
        self.context = _server_context(files)

    def look(self) -> None:
        """Read the files again if they changed. The old certificate serves until both fit."""
        stamps = self._file_stamps()
        if stamps == self._seen:
            return
        try:
            self.context = _server_context(self.files)
        except (OSError, ssl.SSLError):
            return  # half written: the next look finds the rest
        self._seen = stamps
        _log.info("serving the renewed certificate")

    def _file_stamps(self) -> list[tuple[int, int] | None]:
        return [_file_stamp(file) for file in (self.files.certificate, self.files.key)]


def _file_stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _server_context(files: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # clients of 2014 do not know 1.3
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(files.certificate, files.key)
    return context
