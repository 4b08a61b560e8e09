"""A sandbox of a served store, with its clock in the hand of a test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from tests.live import Live

LOGIN = "athlete@example.com", "athlete"
CONTROL = {"X-HexoStore-Control": "1"}
NEW_YEAR = datetime(2031, 1, 1, tzinfo=UTC)


@dataclass
class Clocked:
    """A sandbox by its name. `base` is the beginning of its URLs."""

    served: Live
    name: str

    @property
    def base(self) -> str:
        return f"{self.served.base}/~{self.name}"

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request into the sandbox. A redirect is not followed."""
        more.setdefault("headers", {})
        url = f"{self.base}{path}"
        return requests.request(method, url, timeout=120, allow_redirects=False, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """Send a GET, with the login of the athlete unless there is another."""
        more.setdefault("auth", LOGIN)
        return self.ask("GET", path, **more)

    def clock(self, method: str = "GET", path: str = "", **body: object) -> requests.Response:
        """Send a request about the clock."""
        sent = {"json": body} if body else {}
        return self.ask(method, f"/_sandbox/clock{path}", headers=CONTROL, **sent)

    def shown(self, method: str = "GET", path: str = "", **body: object) -> dict[str, Any]:
        """Return the object that such a request answers with."""
        answer = self.clock(method, path, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def freeze(self, moment: datetime = NEW_YEAR) -> None:
        """Stop the clock at a moment."""
        self.shown("PATCH", frozen=True, now=moment.isoformat())

    def advance(self, seconds: float) -> list[dict[str, Any]]:
        """Advance the clock, and return what ran, without periodic tasks."""
        done = self.shown("POST", "/advance", seconds=seconds)
        assert done["finished"], done
        regular = {"purge", "unprocessed", "fold_editions"}
        return [run for run in done["ran"] if run["kind"] not in regular]


@contextmanager
def new_clocked(served: Live) -> Iterator[Clocked]:
    """Create a sandbox for a block."""
    clocked = Clocked(served, f"c-{secrets.token_hex(4)}")
    url = f"{served.base}/_sandbox/sandboxes"
    made = requests.post(url, json={"name": clocked.name}, headers=CONTROL, timeout=120)
    assert made.status_code == 201, made.text
    yield clocked
    requests.delete(f"{url}/{clocked.name}", headers=CONTROL, timeout=120)


def moment_of(text: str) -> datetime:
    """Return the moment of an ISO text."""
    return datetime.fromisoformat(text)
