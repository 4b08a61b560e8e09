"""Logging in at the pages of a sandbox, whose cookies belong to it alone."""

from __future__ import annotations

import re

import requests

from tests.control.test_served_sandboxes import create
from tests.live import Live

PAGE = "api/connect/oauth2/auth/"
ASKED = {
    "client_id": "0AuTh23X4mP1eK3y",
    "response_type": "code",
    "redirect_uri": "https://app.example.com/callback",
}


def test_a_login_holds_in_its_sandbox_and_in_no_other(served: Live) -> None:
    here, there = (f"{served.base}/~{create(served)}/{PAGE}" for _ in range(2))
    browser = requests.Session()

    def page(url: str) -> str:
        return browser.get(url, params=ASKED, timeout=60).text

    form = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page(here))
    assert form
    login = {"action": "login", "email": "friend@example.com", "password": "friend"}
    sent = {"csrfmiddlewaretoken": form[1], **login}
    browser.post(here, params=ASKED, data=sent, timeout=60)
    assert "Log in" not in page(here)
    assert "Log in" in page(there)
    assert {cookie.path.startswith("/~") for cookie in browser.cookies} == {True}
