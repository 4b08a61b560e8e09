"""A page whose own name leads to this machine must not read the store (DNS rebinding)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.api import hosts

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

PATHS = ["/", "/api/", "/api/account/", "/docs/", "/_sandbox/outbox", "/_sandbox/auth/last"]
PAGES = ["/api/connect/oauth2/auth/", "/oauth/authorize", "/.well-known/oauth-authorization-server"]
OURS = [
    "127.0.0.1",
    "127.0.0.1:8000",
    "192.168.1.20",
    "[::1]",
    "[::1]:8443",
    "[::ffff:127.0.0.1]:80",
    "localhost",
    "localhost.",
    "LocalHost:8000",
    "store.localhost",
    "hexostore",
    "app:8000",
    "api.hexoskin.com",
    "API.Hexoskin.com:443",
]
FOREIGN = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "api.hexoskin.com.evil.example",
    "nothexoskin.com",
]
MALFORMED = ["a b", "evil.example@localhost", "localhost:port", "[::1", "a/b", "<b>", "a,b"]


def ask(path: str, host: str, method: str = "GET") -> Answer:
    return Client().generic(method, path, headers={"Host": host})


@pytest.mark.parametrize("path", [*PATHS, *PAGES])
def test_a_foreign_name_is_refused_everywhere(path: str) -> None:
    answer = ask(path, "evil.example:8000")
    assert answer.status_code == 421
    assert answer["X-HexoStore-Reason"] == "host_unknown"
    assert "HEXOSTORE_HOSTS=" in answer.json()["error"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_foreign_name_is_refused_before_the_mail_is_touched(method: str) -> None:
    assert ask("/_sandbox/outbox", "evil.example", method).status_code == 421


@pytest.mark.parametrize("host", FOREIGN)
def test_foreign_names(host: str) -> None:
    assert ask("/api/", host).status_code == 421


@pytest.mark.parametrize("host", OURS)
def test_names_that_no_stranger_can_have_lead_here(host: str) -> None:
    assert ask("/api/", host).status_code == 200


@pytest.mark.parametrize("host", MALFORMED)
def test_malformed_hosts(host: str) -> None:
    answer = ask("/api/", host)
    assert answer.status_code == 400
    assert answer["X-HexoStore-Reason"] == "host_malformed"


@pytest.mark.parametrize("host", ["evil.example", "a b", "10.1.2.3"])
@pytest.mark.parametrize("profile", ["sandbox", "public"])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_are_answered_under_any_host(
    settings: Settings, path: str, profile: str, host: str
) -> None:
    settings.HEXOSTORE_PROFILE = profile
    assert ask(path, host).status_code in {200, 503}


def test_more_names_are_a_setting(settings: Settings) -> None:
    settings.HEXOSTORE_HOSTS = ["store.example.org", ".lab.example"]
    for host in ("store.example.org:8000", "a.lab.example", "lab.example"):
        assert ask("/api/", host).status_code == 200
    assert ask("/api/", "evil.store.example.org").status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "10.0.0.1", "hexostore"])
def test_a_public_server_has_the_names_of_its_setting_only(settings: Settings, host: str) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    settings.HEXOSTORE_HOSTS = ["hexo.example.org"]
    assert not hosts.is_own(host)
    assert hosts.is_own("hexo.example.org:443")
    assert ask("/api/", host).status_code == 421


def test_the_name_that_a_trusted_proxy_forwards_is_looked_at(settings: Settings) -> None:
    settings.HEXOSTORE_TRUSTED_PROXIES = ["127.0.0.1"]
    headers = {"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    assert Client().get("/api/", headers=headers).status_code == 421
