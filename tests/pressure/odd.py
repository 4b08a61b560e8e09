"""Odd input: seeded random requests with bytes, bodies and headers that nobody should send."""

from __future__ import annotations

import socket
from contextlib import suppress
from random import Random
from urllib.parse import quote_from_bytes

from tests.chaos.store import Store
from tests.pressure.odd_values import (
    BODIES,
    HEADERS,
    LITERALS,
    MEMBERS,
    METHODS,
    QUERIES,
    TEXTS,
)
from tests.pressure.outcome import Outcome, scaled
from tests.pressure.target import list_resources

FULL = 20_000
SEED = 9
LOGIN = "Basic YXRobGV0ZUBleGFtcGxlLmNvbTphdGhsZXRl"  # athlete@example.com:athlete


def attack_with_odd_input(store: Store, scale: float) -> Outcome:
    """Send random requests; a server error, a traceback or silence is a finding."""
    random, resources = Random(SEED), list_resources(store)  # noqa: S311 - no secret
    outcome = Outcome()
    for _ in range(scaled(FULL, scale)):
        outcome.tried += 1
        sent = make_request(random, resources)
        received = exchange(store.port, sent)
        status = status_of(received)
        if status == 0 or (status >= 500 and status != 501) or has_traceback(received):
            outcome.find(f"{status or 'nothing'} to {sent[:200]!r}")
    for line in store.new_tracebacks():
        outcome.find(f"traceback: {line}")
    return outcome


def make_request(random: Random, resources: list[str]) -> bytes:
    """Return the bytes of a request; the same random state gives the same request."""
    method, body = random.choice(METHODS), b""
    if method in {"POST", "PUT", "PATCH"}:
        body = _make_body(random)
    headers = [("Host", b"127.0.0.1"), ("Connection", b"close")]
    headers.append(("Content-Length", b"%d" % len(body)))
    odd = random.sample(HEADERS, random.randrange(3))
    names = {name for name, _ in odd}
    usual = [("Authorization", LOGIN.encode()), ("Content-Type", b"application/json")]
    headers += [*(each for each in usual if each[0] not in names), *odd]
    lines = [f"{method} {_make_target(random, resources)} HTTP/1.1".encode()]
    lines += [name.encode() + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", body])


def _make_target(random: Random, resources: list[str]) -> str:
    path = f"/api/{random.choice(resources)}/"
    path += random.choice(["", "", "1/", "set/1;2/", "schema/", f"{_make_text(random)}/"])
    names = random.sample(QUERIES, random.randrange(4))
    query = "&".join(f"{name}={_make_text(random)}" for name in names)
    return f"{path}?{query}" if query else path


def _make_text(random: Random) -> str:
    return quote_from_bytes(random.choice(TEXTS), safe="")


def _make_body(random: Random) -> bytes:
    if random.random() < 0.3:
        return random.choice(BODIES)
    members = random.sample(MEMBERS, random.randrange(1, 5))
    pairs = [f'"{member}": {random.choice(LITERALS)}' for member in members]
    text = f"{{{', '.join(pairs)}}}"
    return (f'{{"objects": [{text}]}}' if random.random() < 0.2 else text).encode()


def exchange(port: int, sent: bytes, patience: float = 30.0) -> bytes:
    """Send bytes on a connection of their own and return all that comes back."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        with suppress(OSError):  # a server may answer and close before all is sent
            connection.sendall(sent)
        with suppress(OSError):
            while part := connection.recv(65_536):
                received += part
    return received


def status_of(received: bytes) -> int:
    """Return the status of an answer, 0 when there is none."""
    words = received.split(b" ", 2)
    return int(words[1]) if len(words) == 3 and words[0].startswith(b"HTTP/") else 0


def has_traceback(received: bytes) -> bool:
    """Return whether an answer tells of the program's inside."""
    return b"Traceback (most recent" in received or b'File "/' in received
