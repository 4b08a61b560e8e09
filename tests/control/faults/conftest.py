"""A served sandbox whose requests can be made to fail."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.control.test_served_sandboxes import CONTROL, LOGIN, create
from tests.live import Live
from tests.people import owner

__all__ = ["faulty", "owner", "sandbox_name"]

RECORDS = "/api/record/?limit=2"
TIMEOUT = 60


@dataclass
class FaultySandbox:
    """A sandbox of a served store."""

    served: Live
    name: str

    @property
    def base(self) -> str:
        """Its beginning of all URLs."""
        return f"{self.served.base}/~{self.name}"

    def control(self, method: str, path: str, body: object = None) -> requests.Response:
        """Send a request to the control plane of the sandbox."""
        url = f"{self.base}/_sandbox/{path}"
        return requests.request(method, url, json=body, headers=CONTROL, timeout=TIMEOUT)

    def add(self, action: dict[str, Any], **members: Any) -> int:
        """Add a rule and return its number."""
        answer = self.control("POST", "faults", {"action": action, **members})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def counts(self, key: int) -> tuple[int, int]:
        """Return how often a rule matched and was applied."""
        found = self.control("GET", f"faults/{key}").json()
        return found["matched"], found["applied"]

    def get(
        self, path: str = RECORDS, *, timeout: float = TIMEOUT, **more: Any
    ) -> requests.Response:
        """Send a GET, as the athlete unless told otherwise."""
        return requests.get(self.base + path, timeout=timeout, **{"auth": LOGIN, **more})

    def send_raw(self, path: str = RECORDS, headers: str = "") -> socket.socket:
        """Send a GET as the athlete on a connection that is kept, and return the connection."""
        raw = socket.create_connection(("127.0.0.1", self.served.facts["port"]), timeout=TIMEOUT)
        login = "YXRobGV0ZUBleGFtcGxlLmNvbTphdGhsZXRl"
        head = f"GET /~{self.name}{path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
        raw.sendall(f"{head}Authorization: Basic {login}\r\n\r\n".encode())
        return raw


@pytest.fixture(scope="module")
def sandbox_name(served: Live) -> str:
    """The name of a sandbox for the tests of a module."""
    return create(served, name=f"f-{secrets.token_hex(4)}")


@pytest.fixture
def faulty(served: Live, sandbox_name: str) -> FaultySandbox:
    """The sandbox of the module, without rules."""
    found = FaultySandbox(served, sandbox_name)
    assert found.control("DELETE", "faults").status_code == 204
    return found
