"""What is good for one use, used by many at once: exactly one of them may succeed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.chaos.store import Store
from tests.pressure.outcome import Outcome, scaled
from tests.pressure.target import TIMEOUT

AT_ONCE = 12
FULL = 20  # rounds of each kind
RESETTER = "coach@example.com"  # who attacks in no other direction
PATIENCE = 30.0  # seconds for a letter
CHANGE = {"X-HexoStore-Control": "1"}

Send = Callable[[], requests.Response]


def attack_tickets(store: Store, scale: float) -> Outcome:
    """Use each ticket many times at once; anything but one success is a finding."""
    outcome = Outcome()
    for _ in range(scaled(FULL, scale)):
        for name, make_use in (
            ("resetpassword", _use_of_reset),
            ("refresh token", _use_of_refresh),
            ("createuser", _use_of_address),
        ):
            use = make_use(store, outcome.tried)
            statuses = send_at_once(use, AT_ONCE)
            outcome.tried += AT_ONCE
            if wrong := judge_statuses(statuses):
                outcome.find(f"{name}: {wrong}")
    return outcome


def send_at_once(send: Send, number: int) -> list[int]:
    """Send the same request from many threads at one moment and return the statuses."""
    together = Barrier(number)

    def wait_and_send(_: int) -> int:
        together.wait()
        return send().status_code

    with ThreadPoolExecutor(number) as pool:
        return sorted(pool.map(wait_and_send, range(number)))


def judge_statuses(statuses: list[int]) -> str:
    """Return what is wrong with the answers to one ticket, empty for nothing."""
    succeeded = sum(200 <= status < 300 for status in statuses)
    failed = [status for status in statuses if status >= 500 and status != 503]
    return "" if succeeded == 1 and not failed else f"{succeeded} succeeded: {statuses}"


def _use_of_reset(store: Store, round_number: int) -> Send:
    """Return how to set a password by a mailed link."""
    asked = requests.post(
        f"{store.base}/api/resetpassword/", json={"email": RESETTER}, timeout=TIMEOUT
    )
    asked.raise_for_status()
    url = store.base + _read_link(store)
    body = {"password": f"correct horse battery {round_number}"}
    return lambda: requests.put(url, json=body, timeout=TIMEOUT)


def _read_link(store: Store) -> str:
    """Return the path in the newest letter, which is then taken out of the outbox."""
    deadline = monotonic() + PATIENCE
    url, query = f"{store.base}/_sandbox/outbox", {"to": RESETTER}
    while monotonic() < deadline:
        letters = requests.get(url, query, timeout=TIMEOUT).json()
        links = [link for letter in letters for link in letter["links"]]
        if links:
            requests.delete(url, params=query, headers=CHANGE, timeout=TIMEOUT).raise_for_status()
            return str(urlsplit(links[0]).path)
        sleep(0.1)
    raise TimeoutError("no letter with a link came")


def _use_of_refresh(store: Store, _: int) -> Send:
    """Return how to exchange a refresh token."""
    login = {"username": "athlete@example.com", "password": "athlete"}
    answer = _ask_for_token(store, grant_type="password", **login)
    answer.raise_for_status()
    token = answer.json()["refresh_token"]
    return lambda: _ask_for_token(store, grant_type="refresh_token", refresh_token=token)


def _ask_for_token(store: Store, **form: Any) -> requests.Response:
    program = store.facts["oauth2"]
    login = program["client_id"], program["secret"]
    url = f"{store.base}/api/connect/oauth2/token/"
    return requests.post(url, form, auth=login, timeout=TIMEOUT)


def _use_of_address(store: Store, round_number: int) -> Send:
    """Return how to make an account for an address."""
    body = {"email": f"new{round_number}@example.com", "password": "correct horse battery"}
    body |= {"first_name": "New", "last_name": "Person"}
    return lambda: requests.post(
        f"{store.base}/api/createuser/",
        json=body,
        auth=("staff@example.com", "staff"),
        timeout=TIMEOUT,
    )
