"""`/_sandbox/tokens`: a token ends before its time, and its refresh token still works."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.control.faults.conftest import FaultySandbox
from tests.control.test_served_sandboxes import LOGIN


def grant(faulty: FaultySandbox, **form: str) -> dict[str, Any]:
    """Return what the token endpoint answers."""
    client = faulty.served.facts["oauth2"]
    url, proof = f"{faulty.base}/api/connect/oauth2/token/", (client["client_id"], client["secret"])
    answer = requests.post(url, data=form, auth=proof, timeout=60)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def log_in(faulty: FaultySandbox) -> dict[str, Any]:
    """Return new tokens of the athlete."""
    return grant(faulty, grant_type="password", username=LOGIN[0], password=LOGIN[1])


def ask_with(faulty: FaultySandbox, tokens: dict[str, Any]) -> requests.Response:
    """Send a request with a token."""
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return faulty.get("/api/account/", auth=None, headers=bearer)


def test_expired_then_refreshed_then_served(faulty: FaultySandbox) -> None:
    tokens = log_in(faulty)
    assert ask_with(faulty, tokens).status_code == 200
    faulty.control("POST", "tokens/end", {"token": tokens["access_token"]})
    refused = ask_with(faulty, tokens)
    assert refused.status_code == 401
    assert refused.headers["X-HexoStore-Reason"] == "expired_token"
    renewed = grant(faulty, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert ask_with(faulty, renewed).status_code == 200


def test_the_list_never_shows_a_token_in_full(faulty: FaultySandbox) -> None:
    tokens = log_in(faulty)
    answer = faulty.control("GET", "tokens")
    assert tokens["access_token"] not in answer.text
    assert tokens["refresh_token"] not in answer.text
    newest = answer.json()["tokens"][0]
    assert newest["user"] == "athlete@example.com"
    assert newest["client"] == faulty.served.facts["oauth2"]["client_id"]
    assert (newest["expired"], newest["refreshable"]) == (False, True)


@pytest.mark.parametrize("by", ["id", "user", "client"])
def test_tokens_are_named_in_several_ways(faulty: FaultySandbox, by: str) -> None:
    tokens = log_in(faulty)
    newest = faulty.control("GET", "tokens").json()["tokens"][0]
    ended = faulty.control("POST", "tokens/end", {by: newest[by]})
    assert ended.status_code == 200
    assert newest["id"] in {each["id"] for each in ended.json()["ended"]}
    assert all(each["expired"] for each in ended.json()["ended"])
    assert ask_with(faulty, tokens).status_code == 401


def test_other_tokens_are_left_alone(faulty: FaultySandbox) -> None:
    first, second = log_in(faulty), log_in(faulty)
    faulty.control("POST", "tokens/end", {"token": first["access_token"], "user": LOGIN[0]})
    assert ask_with(faulty, second).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({}, 400, "Say which tokens"),
        ({"token": ""}, 400, "Say which tokens"),
        ({"id": -5}, 400, "id must be"),
        ({"token": "a\0"}, 400, "NUL"),
        ({"id": "a"}, 400, "id must be a whole number"),
        ({"token": "unknown"}, 404, "no such token"),
    ],
)
def test_errors(faulty: FaultySandbox, body: dict[str, Any], status: int, why: str) -> None:
    answer = faulty.control("POST", "tokens/end", body)
    assert (answer.status_code, why in answer.text) == (status, True)
