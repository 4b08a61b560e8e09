"""The token endpoint for whoever is no client: refusals in the right shape, whatever is sent."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from tests.credentials.dances import FORM, TOKEN

GRANT = urlencode({"grant_type": "password", "username": "a", "password": "b", "scope": "readonly"})


@pytest.mark.parametrize("query", ["", f"?{GRANT}"])
@pytest.mark.parametrize("body", ["", GRANT, "%", "\0", "{", "{}", "[]", '{"grant_type": 1}'])
@pytest.mark.parametrize("login", [None, "client:secret", "nonsense"])
def test_strangers_are_refused(db: None, query: str, body: str, login: str | None) -> None:
    encoded = b64encode((login or "").encode()).decode()
    headers = {"Authorization": f"Basic {encoded}"} if login else {}
    client = Browser(enforce_csrf_checks=True)
    answer = client.generic("POST", f"{TOKEN}{query}", body, FORM, headers=headers)
    told = answer.json()
    repeated = bool(query) and body == GRANT
    known = (bool(query) or body == GRANT) and not repeated and body != "{"
    expected = "invalid_client" if known else "invalid_request"
    assert (told["error"], list(told)) == (expected, ["error", "error_description"])
    assert answer.status_code == (401 if known and login else 400)
    assert ("WWW-Authenticate" in answer) == (answer.status_code == 401)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "no-store")


@pytest.mark.parametrize("label", ["application/json", "text/plain", ""])
def test_the_label_of_the_body_does_not_matter(db: None, label: str) -> None:
    answers = [Browser().generic("POST", TOKEN, GRANT, each) for each in (label, FORM)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["error"] == "invalid_client"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_tokens_are_posted_for(method: str) -> None:
    answer = Browser().generic(method, TOKEN)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert not answer["Content-Type"].startswith("application/json")


def test_no_token_request_is_logged_with_its_password(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    query = urlencode({"grant_type": "password", "password": "s3cret-word"})
    assert Browser().generic("POST", f"{TOKEN}?{query}", "", FORM).status_code == 400
    assert caplog.text
    assert "s3cret-word" not in caplog.text


@pytest.mark.parametrize("length", [16_385, 10**7])
def test_long_bodies_are_not_read(db: None, length: int) -> None:
    answer = Browser().generic("POST", TOKEN, "a=" + "b" * (length - 2), FORM)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
