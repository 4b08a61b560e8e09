"""Somebody who asks in the demo world."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.golden.world import demo_world

__all__ = ["demo_world"]

Ask = Callable[..., Any]


@pytest.fixture
def ask(demo_world: None, db: None) -> Ask:
    """The JSON of a GET as the demo athlete, or of another request; changes are undone."""

    def send(
        path: str, *, method: str = "GET", body: str = "", by: str = "athlete", status: int = 200
    ) -> Any:
        pair = b64encode(f"{by}@example.com:{by}".encode()).decode()
        client = Client(headers={"Authorization": f"Basic {pair}"})
        answer = client.generic(method, path, body, "application/json")
        assert answer.status_code == status, (answer.status_code, answer.content[:500])
        is_json = answer["Content-Type"] == "application/json"
        return answer.json() if is_json else answer.content.decode()

    return send
