"""Who reaches the control plane of a sandbox."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.sandbox import door
from apps.sandbox.plane.replies import HEADER
from tests.people import PASSWORD, new_user
from tests.sandbox.addresses import CHANGES, PATHS

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

PAGES = ["/_sandbox/outbox", "/_sandbox/auth/last"]
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


@pytest.mark.parametrize("path", PATHS)
def test_every_page_wants_a_login_from_afar(path: str) -> None:
    """Of the door, or as the truth of a record does of the API."""
    assert ask(path, AFAR).status_code == 401


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_every_change_needs_a_header_that_no_page_can_send(method: str, path: str) -> None:
    answer = Client().generic(method, path, "{}")
    assert answer.status_code == 403
    assert HEADER in answer.json()["error"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_below_an_address_of_another_name(path: str) -> None:
    """A page whose name leads here by another resolution of it is not of this server."""
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        sent = {"Host": "evil.example", HEADER: "1"}
        assert Client().generic(method, path, "{}", headers=sent).status_code == 421


@pytest.mark.parametrize("address", ["", "localhost", "10.0.0.1", "::ffff:8.8.8.8", "fe80::1"])
def test_addresses_that_are_not_near(address: str) -> None:
    assert not door.is_near(address)
