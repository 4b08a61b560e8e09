"""Several workers agree: what one is told, every other knows at the next request.

The server has four: two for http, two for https, in processes of their own. A worker is chosen
by connection, so that a row of connections to both ports reaches them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from tests.live import Live
from tests.programs import EMAIL, PASSWORD, served

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


def change_password(live: Live, password: str) -> None:
    """By the way of who forgot his: a mail, and the link in it."""
    url = f"{live.base}/api/resetpassword/"
    assert requests.post(url, json={"email": EMAIL}, timeout=10).status_code == 202
    (link,) = requests.get(f"{live.base}/_sandbox/outbox", timeout=10).json()[0]["links"]
    assert requests.put(link, json={"password": password}, timeout=10).status_code == 200


@spec("Hexostore", "authentication.md", "Every worker refuses a changed password at once")
def test_a_changed_password(live: Live) -> None:
    assert everywhere(live, login(live, PASSWORD)) == {200}
    change_password(live, NEW_PASSWORD)
    assert everywhere(live, login(live, PASSWORD)) == {401}
    assert everywhere(live, login(live, NEW_PASSWORD)) == {200}
