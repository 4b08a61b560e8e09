"""A client that reads from one server only, politely and within limits.

A redirect is an answer like any other. So no login is ever sent to another place than the one that
was given.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Timer
from time import sleep

from apps.verification.answers import ServerAnswer, VerifyRequest
from apps.verification.places import ServerPlace

READING = frozenset({"GET", "HEAD", "OPTIONS"})
AGENT = "hexostore-verify"
BUSY = frozenset({429, 503})
LONGEST_PAUSE = 60
"""Seconds for which a server may ask to be left alone, by Retry-After."""

LOST_IN_A_ROW = 3
"""So many requests without an answer, and the server is taken to be gone."""

_BLOCK = 65_536


class NoAnswer(Exception):
    """A request that got no whole answer; the text says why, `late` that it took too long, and
    `command` how to send it."""

    def __init__(self, text: str, *, late: bool = False) -> None:
        super().__init__(text)
        self.late, self.command = late, ""


class ServerGone(Exception):
    """A server that cannot be asked any more, or not as this login; the text says why."""


class EnoughAsked(Exception):
    """The limit of requests is reached."""


@dataclass(frozen=True)
class AskingLimits:
    """The most requests, the seconds between two, the seconds for one answer, and its bytes."""

    requests: int = 3000
    delay: float = 0.0
    seconds: float = 30.0
    size: int = 32 << 20


@dataclass
class ReadingClient:
    """Asks a server, one request after the other. `pause` waits for some seconds."""

    place: ServerPlace
    limits: AskingLimits = AskingLimits()
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    pause: Callable[[float], object] = sleep
    asked: int = 0
    _lost: int = 0
    _kept: http.client.HTTPConnection | None = None

    def send(self, request: VerifyRequest) -> ServerAnswer:
        """Return the answer to a request. If the server is busy, ask once more when it says.

        Raise NoAnswer, EnoughAsked, or ServerGone if there was none several times in a row.
        """
        answer = self._count(request)
        if answer.status in BUSY and (wait := answer.headers.get("Retry-After", "")).isdecimal():
            if int(wait) > LONGEST_PAUSE:
                raise ServerGone(f"The server is busy, and asks to wait for {wait} s.")
            self.pause(int(wait))
            answer = self._count(request)
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _count(self, request: VerifyRequest) -> ServerAnswer:
        if request.method not in READING:
            raise ValueError(f"{request.method} does more than reading.")
        if self.asked >= self.limits.requests:
            raise EnoughAsked(f"the limit of {self.limits.requests} requests was reached")
        if self.asked and self.limits.delay:
            self.pause(self.limits.delay)
        self.asked += 1
        try:
            answer = self._exchange(request)
        except NoAnswer as error:
            error.command = request.as_curl(self.place)
            self._lost += 1
            if self._lost >= LOST_IN_A_ROW:
                raise ServerGone(f"No answer from {self.place.root}: {error}") from error
            raise
        self._lost = 0
        return answer

    def _exchange(self, request: VerifyRequest) -> ServerAnswer:
        """Return the answer on a kept connection, or on a new one if the server has closed it."""
        if self._kept is not None:
            try:
                return self._exchange_once(self._kept, request)
            except NoAnswer as error:
                if error.late:
                    raise
        return self._exchange_once(self._connect(), request)

    def _connect(self) -> http.client.HTTPConnection:
        self.close()
        self._kept = http.client.HTTPConnection(self.place.host, self.place.port)
        return self._kept

    def _exchange_once(
        self, connection: http.client.HTTPConnection, request: VerifyRequest
    ) -> ServerAnswer:
        watch = _Watch(connection, self.limits.seconds)
        try:
            with watch:
                if connection.sock is None:
                    connection.sock = self._open_socket(watch)
                answer = self._ask(connection, request)
        except (http.client.HTTPException, OSError, ValueError) as error:
            self.close()
            raise watch.explain(error) from error
        if watch.expired:
            self.close()
            raise watch.explain(None)
        return answer

    def _open_socket(self, watch: _Watch) -> socket.socket:
        place = self.place
        opened = socket.create_connection((place.host, place.port), timeout=self.limits.seconds)
        watch.socket = opened
        if place.scheme == "http":
            return opened
        wrapped = self.tls.wrap_socket(
            opened, server_hostname=place.host, do_handshake_on_connect=False
        )
        watch.socket = wrapped
        wrapped.do_handshake()
        return wrapped

    def _ask(self, connection: http.client.HTTPConnection, request: VerifyRequest) -> ServerAnswer:
        headers = {"User-Agent": AGENT, "Accept": "application/json"}
        headers |= request.login.headers(self.place.url(request.target))
        headers |= request.headers
        target = self.place.prefix + request.target
        connection.request(request.method, target, body=request.body, headers=headers)
        response = connection.getresponse()
        body = self._read_body(response)
        if response.will_close:
            self.close()
        return ServerAnswer(request, self.place, response.status, response.headers, body)

    def _read_body(self, response: http.client.HTTPResponse) -> bytes:
        found = bytearray()
        while block := response.read(_BLOCK):
            found += block
            if len(found) > self.limits.size:
                raise ValueError(f"the answer is longer than {self.limits.size} bytes")
        if response.length:
            raise ValueError(f"the answer ends {response.length} bytes early")
        return bytes(found)


class _Watch:
    """Ends an exchange that takes too long, however often a byte arrives."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self.socket: socket.socket | None = connection.sock
        self.seconds, self.expired = seconds, False
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.expired = True
        if self.socket is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def explain(self, error: Exception | None) -> NoAnswer:
        """Return why there is no answer."""
        if self.expired or isinstance(error, TimeoutError):
            return NoAnswer(f"no whole answer within {self.seconds:g} s", late=True)
        return NoAnswer(str(error) or type(error).__name__)


def tls_context(*, ca: str | None = None, insecure: bool = False) -> ssl.SSLContext:
    """Return how certificates are checked: by those of the system, by a file, or not at all.

    Raise OSError if the file cannot be read or has no certificate.
    """
    context = ssl.create_default_context(cafile=ca)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
