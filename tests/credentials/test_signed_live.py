"""Signed keys as our own web server hands the requests over: with the target as it was sent."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from hexostore import clock
from tests.credentials.conftest import KEY, SECRET
from tests.credentials.test_signatures import sign
from tests.live import Live


def status(live: Live, target: str, host: str, signed_for: str) -> int:
    """The status of a request for a target as it is, by a key that signed for a host."""
    where = urlsplit(live.base)
    now = str(int(clock.now().timestamp()))
    name, other = (text.format(port=where.port) for text in (host, signed_for))
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {name}",
        f"X-HEXOTIMESTAMP: {now}",
        f"X-HEXOAPIKEY: {KEY}",
        f"X-HEXOAPISIGNATURE: {sign(f'http://{other}{target}', now, SECRET)}",
        "Connection: close",
    ]
    with socket.create_connection((str(where.hostname), where.port or 0), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


HERE = "127.0.0.1:{port}"


@pytest.mark.parametrize(
    "target",
    [
        "/api/record/?limit=1&user=1511&user=1511",
        "/api/record/?user=1511&limit=1&x=a,b/c:d&&y",
        "/api/record/?limit=1&search=\u00e9",
        "/api/record/?limit=1&search=%c3%a9%2C,+%20",
        "//api/record/?limit=1",
        "/api/%72ecord/?limit=1",
    ],
)
def test_the_query_as_it_was_sent(live: Live, target: str) -> None:
    assert status(live, target, HERE, HERE) == 200


@pytest.mark.parametrize("name", ["a@b", "a%40b", "%C3%A9", "%c3%a9", "\u00e9", "a,b", "a%2Cb"])
def test_the_path_in_every_likely_spelling(live: Live, name: str) -> None:
    """There is no such user: the signature is right, and what comes after it is another matter."""
    assert status(live, f"/api/user/{name}/", HERE, HERE) == 404


@pytest.mark.parametrize(
    ("host", "signed_for", "right"),
    [
        ("api.hexoskin.com:80", "api.hexoskin.com", True),
        ("api.hexoskin.com", "api.hexoskin.com:80", True),
        ("API.Hexoskin.com", "api.hexoskin.com", True),
        ("API.Hexoskin.com", "API.Hexoskin.com", True),
        ("api.hexoskin.com:8080", "api.hexoskin.com", False),
        ("127.0.0.1", HERE, False),
    ],
)
def test_the_host(live: Live, host: str, signed_for: str, right: bool) -> None:
    found = status(live, "/api/record/?limit=1", host, signed_for)
    assert found == (200 if right else 401)
