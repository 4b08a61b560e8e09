"""OAuth 1 as our own web server hands the requests over: it decodes the path."""

from __future__ import annotations

import pytest
import requests
from oauthlib.oauth1 import Client as Signer
from requests_oauthlib import OAuth1

from tests.live import Live

KEY, SECRET = "0AuTh13X4mP1eK3y", "0AuTh13x4mPl3pR1v4tEK3y0AuTh13x4mP"  # of the demo world
CALLBACK = "https://app.example.com/callback"


@pytest.mark.parametrize("place", ["AUTH_HEADER", "BODY", "QUERY"])
@pytest.mark.parametrize("query", ["", "?a=%C3%A9&a=b+c&d=e%2C,/:~", "?realm=x&b&a="])
def test_a_signed_form(live: Live, place: str, query: str) -> None:
    login = OAuth1(KEY, SECRET, callback_uri=CALLBACK, signature_type=place)
    url = f"{live.base}/oauth/request_token{query}"
    answer = requests.post(url, data={"x": "y z", "ä": "+"}, auth=login, timeout=60)
    assert (answer.status_code, "oauth_token_secret" in answer.text) == (200, True)


def test_over_https(live: Live) -> None:
    login = OAuth1(KEY, SECRET, callback_uri=CALLBACK)
    url = f"{live.https.replace('127.0.0.1', 'localhost')}/oauth/request_token/"
    answer = requests.post(url, auth=login, timeout=60, verify=str(live.ca))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_double_slash(live: Live) -> None:
    """One published client begins paths so (wire trap 13)."""
    url = f"{live.base}//oauth/request_token"
    _, headers, _ = Signer(KEY, SECRET, callback_uri=CALLBACK).sign(url, "POST")
    assert requests.post(url, headers=headers, timeout=60).status_code == 200


def test_refusals_travel_whole(live: Live) -> None:
    login = OAuth1(KEY, SECRET, "n0ne", "n0ne")
    answer = requests.get(f"{live.base}/api/account/", auth=login, timeout=60)
    assert (answer.status_code, answer.json()) == (401, {"error": "API signature failed."})
    assert answer.headers["X-HexoStore-Reason"] == "unknown_token"
    assert answer.headers["WWW-Authenticate"] == 'OAuth realm="hexostore"'
