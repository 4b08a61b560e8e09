"""Redirect URIs: behaviour 4; RFC 6749 section 3.1.2, RFC 8252 section 7."""

from __future__ import annotations

import pytest
from django.test import override_settings

from apps.accounts.models import User
from apps.credentials import redirects
from apps.credentials.models import Client

GOOD = [
    "https://app.example/callback",
    "https://app.example",
    "https://app.example:8443/a/b?c=d&e=%C3%A9",
    "https://[2001:db8::1]/cb",
    "myapp://callback",
    "myapp:/callback",
    "com.example.app:/oauth2redirect",
    "hexo+app-1.x:x",
]
LOCAL = ["http://127.0.0.1/cb", "http://127.0.0.1:8765/cb", "http://[::1]:1/", "http://localhost/"]
BAD = [
    "",
    "/callback",
    "app.example/callback",
    "https:",
    "https://",
    "https:///callback",
    "https:callback",
    "https://app.example/#",
    "https://app.example/#fragment",
    "https://user@app.example/",
    "https://app.example:99999/",
    "https://app.example:port/",
    "https://[::1/",
    "https://app.example/a b",
    "https://app.example/\n",
    "https://app.example/\0",
    "https://app.example\\@evil.example/",
    "https://app.example/é",
    "http://app.example/callback",
    "http://127.0.0.1.evil.example/",
    "http://127.0.0.1@evil.example/",
    "http://localhost.evil.example/",
    "HTTPS://app.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "1app:/x",
    "my_app:/x",
    "https://app.example/" + "a" * 1000,
]


@pytest.mark.parametrize("uri", GOOD + LOCAL)
def test_what_may_be_registered(uri: str) -> None:
    assert redirects.redirect_fault(uri) is None


@pytest.mark.parametrize("uri", BAD)
def test_what_may_not(uri: str) -> None:
    assert redirects.redirect_fault(uri)
    assert not redirects.is_registered(uri, [uri])


@pytest.mark.parametrize("uri", LOCAL)
@override_settings(HEXOSTORE_PROFILE="public")
def test_plain_http_is_for_the_sandbox(uri: str) -> None:
    assert redirects.redirect_fault(uri) == "is plain http; use https"
    assert not redirects.is_registered(uri, [uri])


@pytest.mark.parametrize("uri", GOOD + LOCAL)
def test_the_registered_one_matches(uri: str) -> None:
    assert redirects.is_registered(uri, ["https://other.example/", uri])
    assert not redirects.is_registered(uri, [])


@pytest.mark.parametrize(
    ("registered", "uri"),
    [
        ("https://app.example/cb", "https://app.example/cb/"),
        ("https://app.example/cb", "https://app.example/CB"),
        ("https://app.example/cb", "https://APP.example/cb"),
        ("https://app.example/cb", "https://app.example:443/cb"),
        ("https://app.example/cb", "https://app.example/cb?"),
        ("https://app.example/cb", "https://app.example/cb?x=1"),
        ("https://app.example/cb?x=1", "https://app.example/cb"),
        ("https://app.example/cb", "https://app.example/cb/../cb"),
        ("https://app.example/cb", "https://app.example/cb%2F.."),
        ("https://app.example/cb", "https://app.example.evil.example/cb"),
        ("https://app.example/cb", "http://app.example/cb"),
        ("myapp://cb", "myapp:/cb"),
        ("https://*.example/cb", "https://app.example/cb"),
        ("http://localhost:1/cb", "http://localhost:2/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/other"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb?x=1"),
        ("http://127.0.0.1:1/cb", "http://[::1]:1/cb"),
        ("http://127.0.0.1/cb", "http://localhost/cb"),
        ("http://127.0.0.1", "http://127.0.0.1/"),
    ],
)
def test_anything_else_does_not(registered: str, uri: str) -> None:
    assert not redirects.is_registered(uri, [registered])


@pytest.mark.parametrize("port", ["", ":1", ":65535"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_loopback_address_has_any_port(host: str, port: str) -> None:
    assert redirects.is_registered(f"http://{host}{port}/cb", [f"http://{host}:8080/cb"])


def test_a_client_asks_for_its_own(user: User) -> None:
    texts = "https://app.example/cb\n  myapp://cb http://evil.example/ javascript:x"
    client = Client(user=user, redirect_uris=texts)
    assert client.redirect_uri_allowed("myapp://cb")
    assert not client.redirect_uri_allowed("http://evil.example/")
    assert not client.redirect_uri_allowed("javascript:x")
    assert client.get_allowed_schemes() == ["https", "myapp"]
