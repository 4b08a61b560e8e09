"""Several workers agree: what one is told, every other knows at the next request.

The server has four: two for http, two for https, in processes of their own. A worker is chosen
by connection, so that a row of connections to both ports reaches them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from tests.live import Live
from tests.programs import EMAIL, OAUTH2, PASSWORD, served

NEW_PASSWORD = "another way to run"
CONNECTIONS = 12

spec = pytest.mark.spec
Ask = Callable[[str], requests.Response]


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with served() as store:
        yield store


def everywhere(live: Live, ask: Ask) -> set[int]:
    """The statuses of many requests, each on a connection of its own, over http and https."""
    return {ask(base).status_code for base in (live.base, live.https) for _ in range(CONNECTIONS)}


def login(live: Live, password: str) -> Ask:
    def ask(base: str) -> requests.Response:
        url = f"{base}/api/account/"
        return requests.get(url, auth=(EMAIL, password), verify=str(live.ca), timeout=10)

    return ask


def bearing(live: Live, token: str) -> Ask:
    def ask(base: str) -> requests.Response:
        url, headers = f"{base}/api/account/", {"Authorization": f"Bearer {token}"}
        return requests.get(url, headers=headers, verify=str(live.ca), timeout=10)

    return ask


def asked(live: Live, name: str, **sent: str) -> requests.Response:
    """What an endpoint of OAuth 2 answers the program."""
    url, login = f"{live.base}/api/connect/oauth2/{name}/", (OAUTH2.key, OAUTH2.secret)
    return requests.post(url, sent, auth=login, timeout=10)


def change_password(live: Live, password: str) -> None:
    """By the way of who forgot his: a mail, and the link in it."""
    url = f"{live.base}/api/resetpassword/"
    assert requests.post(url, json={"email": EMAIL}, timeout=10).status_code == 202
    (link,) = requests.get(f"{live.base}/_sandbox/outbox", timeout=10).json()[0]["links"]
    assert requests.put(link, json={"password": password}, timeout=10).status_code == 200


@spec("RFC 7009", "2.1", "Every worker refuses a revoked token at once")
@spec("RFC 6749", "6", "Every worker refuses a refreshed token at once, and takes the new one")
def test_revoked_and_refreshed_tokens(live: Live) -> None:
    old = asked(live, "token", grant_type="password", username=EMAIL, password=PASSWORD).json()
    assert everywhere(live, bearing(live, old["access_token"])) == {200}
    sent = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    new = asked(live, "token", **sent).json()
    assert everywhere(live, bearing(live, old["access_token"])) == {401}
    assert everywhere(live, bearing(live, new["access_token"])) == {200}
    assert asked(live, "revoke", token=new["access_token"]).status_code == 200
    assert everywhere(live, bearing(live, new["access_token"])) == {401}


@spec("Hexostore", "workers", "Every worker refuses a changed password at once")
def test_a_changed_password(live: Live) -> None:
    assert everywhere(live, login(live, PASSWORD)) == {200}
    change_password(live, NEW_PASSWORD)
    assert everywhere(live, login(live, PASSWORD)) == {401}
    assert everywhere(live, login(live, NEW_PASSWORD)) == {200}
