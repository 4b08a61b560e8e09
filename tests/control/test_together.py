"""Faults, journal, clock and resets of one sandbox at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.control.clock.clocked import NEW_YEAR, Clocked, new_clocked
from tests.control.faults.conftest import FaultySandbox
from tests.control.requests.test_served_journal import journal
from tests.control.test_served_sandboxes import LOGIN, create
from tests.live import Live

WORKERS, EACH, TIMES = 8, 15, 10
KEY, SECRET = "3X4mP1ePu6licK3y", "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"

Seen = dict[int, tuple[int, str | None]]
"""Status and fault of each request, by its number."""


@pytest.fixture
def clocked(served: Live) -> Iterator[Clocked]:
    with new_clocked(served) as found:
        yield found


def ask_for_ranges(base: str, worker: int) -> Seen:
    seen = {}
    for number in range(worker * EACH, (worker + 1) * EACH):
        url = f"{base}/api/range/?limit=1&offset={number}"
        answer = requests.get(url, auth=LOGIN, timeout=60)
        seen[number] = answer.status_code, answer.headers.get("X-HexoStore-Fault")
    return seen


def kept_requests(base: str) -> list[tuple[int, tuple[int, str | None]]]:
    """What the journal has of the same, the oldest first."""
    found = []
    for each in journal(base):
        (number,) = parse_qs(urlsplit(each["url"]).query)["offset"]
        fault = None if each["fault"] is None else str(each["fault"])
        found.append((int(number), (each["status"], fault)))
    return found


def test_the_journal_tells_what_each_client_saw_whatever_is_reset_meanwhile(served: Live) -> None:
    """A rule ends with the reset of its sandbox; what it did stays in the journal."""
    sandbox = FaultySandbox(served, create(served))
    rules = []
    with ThreadPoolExecutor(WORKERS) as pool:
        asking = [pool.submit(ask_for_ranges, sandbox.base, each) for each in range(WORKERS)]
        for _ in count():
            rules.append(sandbox.add({"status": 500}, match={"resource": "range"}, times=TIMES))
            assert sandbox.control("POST", f"sandboxes/{sandbox.name}/reset").status_code == 200
            if all(each.done() for each in asking):
                break
    seen = dict(pair for each in asking for pair in each.result().items())
    kept = kept_requests(sandbox.base)
    assert len(kept) == len(seen) == WORKERS * EACH
    assert dict(kept) == seen
    for worker in range(WORKERS):
        mine = range(worker * EACH, (worker + 1) * EACH)
        assert [number for number, _ in kept if number in mine] == list(mine)
    assert {status for status, _ in seen.values()} <= {200, 500}
    applied = Counter(fault for status, fault in seen.values() if status == 500)
    assert set(applied) <= set(map(str, rules))
    assert all(number <= TIMES for number in applied.values())
    assert sandbox.control("GET", "faults").json() == {"faults": []}
    assert sandbox.get("/api/range/?limit=1").status_code == 200


def test_a_rule_is_counted_exactly_while_others_are_reset(served: Live) -> None:
    sandbox, other = (FaultySandbox(served, create(served)) for _ in range(2))
    key = sandbox.add({"status": 500}, match={"resource": "range"}, times=TIMES)
    with ThreadPoolExecutor(WORKERS) as pool:
        asking = [pool.submit(ask_for_ranges, sandbox.base, each) for each in range(WORKERS)]
        while not all(each.done() for each in asking):
            assert other.control("POST", f"sandboxes/{other.name}/reset").status_code == 200
    seen = [pair for each in asking for pair in each.result().values()]
    assert Counter(seen)[500, str(key)] == TIMES
    assert sandbox.counts(key) == (WORKERS * EACH, TIMES)
    assert sum(status == 500 for _, (status, _) in kept_requests(sandbox.base)) == TIMES
    assert kept_requests(other.base) == []


def send_signed(
    clocked: Clocked, method: str, path: str, moment: datetime, body: object = None
) -> requests.Response:
    """Send a request that is signed with a key at a moment."""
    url, stamp = f"{clocked.base}{path}", str(int(moment.timestamp()))
    text = f"{SECRET}{stamp}{url}".encode()
    headers = {
        "X-HEXOTIMESTAMP": stamp,
        "X-HEXOAPIKEY": KEY,
        "X-HEXOAPISIGNATURE": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
    }
    return requests.request(method, url, headers=headers, json=body, auth=LOGIN, timeout=60)


def test_signed_requests_and_their_jobs_keep_to_a_frozen_clock(clocked: Clocked) -> None:
    clocked.freeze()
    record = send_signed(clocked, "GET", "/api/record/37700/", NEW_YEAR).json()
    body = {
        "name": "still",
        "user": record["user"],
        "start": record["start"] + 256,
        "end": record["start"] + 256 * 301,
        "context": {"activitytype": "/api/activitytype/8/", "trainingroutine": None},
    }
    made = send_signed(clocked, "POST", "/api/range/", NEW_YEAR, body)
    assert made.status_code == 201, made.text
    clocked.advance(0)
    found = send_signed(clocked, "GET", made.json()["resource_uri"], NEW_YEAR).json()
    assert found["status"] == "complete"
    assert found["last_modified"] == NEW_YEAR.isoformat()
    clocked.advance(299)
    assert send_signed(clocked, "GET", "/api/account/", NEW_YEAR).status_code == 200
    clocked.advance(2)
    late = send_signed(clocked, "GET", "/api/account/", NEW_YEAR)
    assert late.headers["X-HexoStore-Reason"] == "timestamp_outside_window"
    now = NEW_YEAR + timedelta(seconds=301)
    assert send_signed(clocked, "GET", "/api/account/", now).status_code == 200
    assert {each["client"] for each in journal(clocked.base)} == {KEY}
