"""What tests ask of the journal."""

from __future__ import annotations

from typing import Any

from django.test import Client

HEADERS = {"X-HexoStore-Control": "1"}


def kept(**query: Any) -> list[dict[str, Any]]:
    """Return the requests in the journal that fit, the newest first."""
    answer = Client().get("/_sandbox/requests", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["requests"]
    return found


def newest() -> dict[str, Any]:
    """Return the newest request."""
    return kept(limit=1)[0]


def verify(**body: Any) -> tuple[int, dict[str, Any]]:
    """Verify something, and return status and body of the answer."""
    answer = Client().post(
        "/_sandbox/requests/verify", body, content_type="application/json", headers=HEADERS
    )
    told: dict[str, Any] = answer.json()
    return answer.status_code, told
