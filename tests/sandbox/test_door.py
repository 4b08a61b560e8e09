"""Who reaches the control plane of a sandbox."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.sandbox import door, urls
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

PAGES = ["/_sandbox/outbox", "/_sandbox/auth/last"]
CONTROL = [
    "/_sandbox/sandboxes",
    "/_sandbox/sandboxes/main",
    "/_sandbox/sandboxes/main/load",
    "/_sandbox/sandboxes/main/simulate",
    "/_sandbox/sandboxes/main/reset",
    "/_sandbox/sandboxes/main/fork",
    "/_sandbox/sandboxes/main/restore",
    "/_sandbox/sandboxes/main/snapshots",
    "/_sandbox/sandboxes/main/snapshots/one",
    "/_sandbox/requests",
    "/_sandbox/requests/verify",
    "/_sandbox/requests/1",
    "/_sandbox/clock",
    "/_sandbox/clock/advance",
    "/_sandbox/sandboxes/main/clock",
    "/_sandbox/sandboxes/main/clock/advance",
    "/_sandbox/openapi.json",
    "/_sandbox/docs",
    "/_sandbox/faults",
    "/_sandbox/faults/1",
    "/_sandbox/tokens",
    "/_sandbox/tokens/end",
]
AFAR = "192.0.2.7"


@pytest.fixture(autouse=True)
def people() -> None:
    new_user("ada").save()
    for name in ("staff", "former"):
        user = new_user(name)
        user.is_staff, user.is_active = True, name == "staff"
        user.save()


def login(name: str, password: str = PASSWORD) -> dict[str, str]:
    pair = b64encode(f"{name}@example.com:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def ask(path: str, sender: str, headers: dict[str, str] | None = None) -> Answer:
    return Client().get(path, headers=headers or {}, REMOTE_ADDR=sender)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("sender", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_from_this_machine_nobody_logs_in(path: str, sender: str) -> None:
    assert ask(path, sender).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("sender", [AFAR, "172.17.0.1", "2001:db8::1", "::ffff:10.0.0.1", ""])
def test_from_elsewhere_staff_logs_in(path: str, sender: str) -> None:
    refused = ask(path, sender)
    assert refused.status_code == 401
    assert refused["X-HexoStore-Reason"] == "sandbox_login"
    assert refused["WWW-Authenticate"].startswith("Basic")
    assert ask(path, sender, login("staff")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (login("ada"), 403),
        (login("former"), 401),
        (login("staff", "wrong"), 401),
        (login("nobody"), 401),
        ({"Authorization": "Bearer token"}, 401),
        ({"Authorization": "Basic"}, 401),
    ],
    ids=["user", "inactive", "wrong", "nobody", "bearer", "malformed"],
)
def test_nobody_else_does(headers: dict[str, str], status: int) -> None:
    for path in PAGES:
        assert ask(path, AFAR, headers).status_code == status


def test_a_setting_opens_it_again(settings: Settings) -> None:
    settings.HEXOSTORE_SANDBOX_OPEN = True
    for path in PAGES:
        assert ask(path, AFAR).status_code == 200


def test_the_setting_opens_nothing_in_public(settings: Settings) -> None:
    settings.HEXOSTORE_SANDBOX_OPEN, settings.HEXOSTORE_PROFILE = True, "public"
    for path in PAGES:
        assert ask(path, "127.0.0.1").status_code == 404


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via"])
@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"]])
def test_who_comes_by_a_proxy_of_this_machine_logs_in(
    settings: Settings, name: str, trusted: list[str]
) -> None:
    """The proxy is near, but the one that it asks for may be anybody."""
    settings.HEXOSTORE_TRUSTED_PROXIES = trusted
    value = "127.0.0.1" if name == "X-Forwarded-For" else "testserver"
    assert ask(PAGES[0], "127.0.0.1", {name: value}).status_code == 401
    assert ask(PAGES[0], "127.0.0.1", {name: value, **login("staff")}).status_code == 200


def test_every_page_wants_a_login_from_afar() -> None:
    """Of the door, or as the truth of a record does of the API."""
    paths = [*PAGES, "/_sandbox/truth/1/", *CONTROL]
    for pattern, path in zip(urls.urlpatterns, paths, strict=True):
        assert pattern.resolve(path.removeprefix("/_sandbox/"))
        assert ask(path, AFAR).status_code == 401


@pytest.mark.parametrize("address", ["", "localhost", "10.0.0.1", "::ffff:8.8.8.8", "fe80::1"])
def test_addresses_that_are_not_near(address: str) -> None:
    assert not door.is_near(address)
