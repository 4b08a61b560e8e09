"""The OAuth2 token endpoint until there are tokens: 400, so that clients fall back."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

PATH = "/api/connect/oauth2/token/"
FORM = "application/x-www-form-urlencoded"
GRANT = urlencode({"grant_type": "password", "username": "a", "password": "b", "scope": "readonly"})


@pytest.mark.parametrize("query", ["", f"?{GRANT}"])
@pytest.mark.parametrize("body", ["", GRANT, "%", "\0"])
@pytest.mark.parametrize("login", [None, "client:secret", "nonsense"])
def test_every_grant_is_refused(db: None, query: str, body: str, login: str | None) -> None:
    encoded = b64encode((login or "").encode()).decode()
    headers = {"Authorization": f"Basic {encoded}"} if login else {}
    client = Browser(enforce_csrf_checks=True)
    answer = client.generic("POST", f"{PATH}{query}", body, FORM, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    assert list(told) == ["error", "error_description"]
    assert told["error"] == "unsupported_grant_type"
    assert isinstance(told["error_description"], str)


@pytest.mark.parametrize("label", ["application/json", "multipart/form-data; boundary=x", ""])
def test_the_label_of_the_body_does_not_matter(label: str) -> None:
    assert Browser().generic("POST", PATH, "--", label).status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_tokens_are_posted_for(method: str) -> None:
    answer = Browser().generic(method, PATH)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert not answer["Content-Type"].startswith("application/json")


def test_no_token_request_is_logged_with_its_password(caplog: pytest.LogCaptureFixture) -> None:
    query = urlencode({"grant_type": "password", "password": "s3cret-word"})
    assert Browser().post(f"{PATH}?{query}").status_code == 400
    assert caplog.text
    assert "s3cret-word" not in caplog.text
