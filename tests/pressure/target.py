"""The store under attack: served with the demo world, with more than one worker."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.chaos.store import Store
from tests.embedded import remove_home, throwaway_home
from tests.live import free_port

OWNER = "swimmer"
"""Whose things are attacked. Coach and staff may see them, and nobody else."""
OWNER_URI = "/api/user/835/"
OUTSIDERS = ("stranger", "friend", "runner", "athlete", "nobody")
TIMEOUT = 120.0  # seconds; a busy machine is no finding


@contextmanager
def served_target() -> Iterator[Store]:
    """Serve a demo world until the end of the block."""
    home = throwaway_home()
    try:
        with tempfile.TemporaryDirectory(prefix="hexostore-attack-") as folder:
            log = Path(folder) / "log"
            log.touch()
            store = Store(home, log, free_port(), free_port())
            store.start()
            try:
                yield store
            finally:
                store.stop()
    finally:
        remove_home(home)


@dataclass(frozen=True)
class Request:
    """A request as data; `path` has the query in it."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.headers or ''} {self.body or ''}".strip()


class Caller:
    """Somebody of the demo world, or nobody, with a connection of their own."""

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name = store, name
        self.session = requests.Session()
        self.session.trust_env = False
        if name != "nobody":
            self.session.auth = f"{name}@example.com", name

    def send(self, request: Request) -> requests.Response:
        """Send a request; a server that gives no answer raises RequestException."""
        return self.session.request(
            request.method,
            self.store.base + request.path,
            json=request.body,
            headers=request.headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def get(self, path: str) -> Any:
        """Return the JSON of a GET that has to succeed."""
        answer = self.send(Request("GET", path))
        answer.raise_for_status()
        return answer.json()


def list_resources(store: Store) -> list[str]:
    """Return the names of all resources that have a list."""
    return sorted(Caller(store, "staff").get("/api/"))
