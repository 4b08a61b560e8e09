"""People who write and read without pause, and remember what was acknowledged.

A writer creates, changes and deletes labels, and reads each at once after an acknowledged write: an
answer without it is stale. A reader fetches lists and whole archives, which must stay the same.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

GONE = None
"""The name of a label that is deleted."""

WRITERS = {"athlete": 1511, "friend": 36, "runner": 805, "swimmer": 835}
READERS = {"coach": "/api/record/?limit=50", "staff": "/api/data/?record=37700&format=zip"}
PAUSE = 0.1
"""Seconds that a refused writer waits. It does not wait as long as it is told to, to ask more."""

Names = set[str | None]


@dataclass
class Seen:
    """What all clients saw. `answers` counts by phase, kind of request and status or fault."""

    phase: str = ""
    answers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    acknowledged: int = 0
    stale: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    labels: dict[str, Names] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def count(self, kind: str, what: str) -> None:
        with self.lock:
            self.answers[self.phase, kind, what] += 1

    def refusals(self, phase: str) -> dict[tuple[str, str], int]:
        """Return how often requests of a phase were not served, by kind and reason."""
        return {
            (kind, what): number
            for (during, kind, what), number in self.answers.items()
            if during == phase and what not in {"served", "304"}
        }

    def lost(self, stored: dict[str, str]) -> list[str]:
        """Return the acknowledged writes that the database `stored` does not have."""
        return [
            f"{uri}: {stored.get(uri)!r} instead of {names!r}"
            for uri, names in self.labels.items()
            if stored.get(uri) not in names
        ]


@dataclass
class Client:
    """Somebody with a connection of their own, which is made again if it breaks."""

    base: str
    login: str
    seen: Seen
    _connection: HTTPConnection | None = None

    def send(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Send a request; the status is 0 if the answer did not come, or not whole."""
        kind = "read" if method == "GET" else "write"
        try:
            status, content, fault = self._exchange(method, path, body)
        except (OSError, HTTPException) as error:
            self._connection = None
            self.seen.count(kind, f"broken ({type(error).__name__})")
            return 0, b""
        self.seen.count(kind, fault or "served")
        return status, content

    def _exchange(self, method: str, path: str, body: object) -> tuple[int, bytes, str]:
        if self._connection is None:
            self._connection = HTTPConnection(urlsplit(self.base).netloc, timeout=60)
        token = b64encode(f"{self.login}@example.com:{self.login}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        fault = ""
        if answer.status >= 500:
            fault = str(answer.status)
            if answer.status == 503 and not answer.headers.get("Retry-After"):
                fault = "503 without Retry-After"
        return answer.status, content, fault


class Writer:
    """Somebody who writes labels and reads each of them at once."""

    def __init__(self, client: Client, user: int, stopping: Event) -> None:
        self.client, self.user, self.stopping = client, user, stopping
        self.seen = client.seen

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            self._live_through(f"{self.client.login} {number}", deletes=number % 3 == 0)

    def _live_through(self, name: str, *, deletes: bool) -> None:
        body = {"name": name, "user": f"/api/user/{self.user}/"}
        status, content = self.client.send("POST", "/api/label/", body)
        if not self._is_acknowledged(status, 201):
            return
        uri = str(json.loads(content)["resource_uri"])
        self._expect(uri, {name})
        later = f"{name} changed"
        status, _ = self.client.send("PATCH", uri, {"name": later})
        self._expect(uri, {later} if self._is_acknowledged(status, 202) else {name, later})
        if deletes:
            status, _ = self.client.send("DELETE", uri)
            gone = self._is_acknowledged(status, 204)
            self._expect(uri, {GONE} if gone else {GONE, *self.seen.labels[uri]})

    def _is_acknowledged(self, status: int, wanted: int) -> bool:
        if status == wanted:
            with self.seen.lock:
                self.seen.acknowledged += 1
            return True
        if status not in {0, 503}:
            self.seen.faults.append(f"{self.client.login}: {status} instead of {wanted}")
        self.stopping.wait(PAUSE)
        return False

    def _expect(self, uri: str, names: Names) -> None:
        """Remember what a label may be called, and read it."""
        self.seen.labels[uri] = names
        status, content = self.client.send("GET", uri)
        if status not in {200, 404}:
            return
        found = json.loads(content)["name"] if status == 200 else GONE
        if found not in names:
            self.seen.stale.append(f"{uri}: {found!r} instead of {names!r}")


class Reader:
    """Somebody who fetches the same again and again."""

    def __init__(self, client: Client, path: str, stopping: Event) -> None:
        self.client, self.path, self.stopping = client, path, stopping

    def run(self) -> None:
        first = ""
        while not self.stopping.is_set():
            status, content = self.client.send("GET", self.path)
            if status != 200:
                self.stopping.wait(PAUSE)
                continue
            digest = sha256(content).hexdigest()
            first = first or digest
            if digest != first:
                self.client.seen.faults.append(f"{self.path} has changed")


class Load:
    """All of them at work, each in a thread."""

    def __init__(self, base: str) -> None:
        self.seen, self._stopping = Seen(), Event()
        people: list[Any] = [
            Writer(Client(base, login, self.seen), user, self._stopping)
            for login, user in WRITERS.items()
        ]
        people += [
            Reader(Client(base, login, self.seen), path, self._stopping)
            for login, path in READERS.items()
        ]
        self._threads = [
            Thread(target=self._noting_faults(each.run), daemon=True) for each in people
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(90)
            assert not thread.is_alive(), "a client waits for ever"

    def _noting_faults(self, run: Callable[[], None]) -> Callable[[], None]:
        def noting() -> None:
            try:
                run()
            except Exception as error:  # noqa: BLE001 - it belongs in the report
                self.seen.faults.append(repr(error))

        return noting
