"""Rules: what they match, how often they apply, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from apps.control.faults.stored import MOST_RULES
from tests.control.faults.conftest import FaultySandbox
from tests.control.test_served_sandboxes import CONTROL, LOGIN, ask, create

FAIL = {"status": 503}


def statuses(faulty: FaultySandbox, count: int) -> list[int]:
    """Return the statuses of so many requests, one after the other."""
    return [faulty.get().status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"method": "get"}, True),
        ({"method": ["POST", "GET"]}, True),
        ({"method": "POST"}, False),
        ({"path": "/api/record/"}, True),
        ({"path": "*/rec*"}, True),
        ({"path": "/api/record"}, False),
        ({"resource": "record"}, True),
        ({"resource": "range"}, False),
        ({"query": {"limit": "2"}}, True),
        ({"query": {"limit": "3"}}, False),
        ({"query": {"offset": "*"}}, False),
        ({"headers": {"x-mine": "a*"}}, True),
        ({"headers": {"x-mine": "a"}}, False),
        ({"headers": {"x-other": "*"}}, False),
        ({"user": "athlete@example.com"}, True),
        ({"user": "1511"}, True),
        ({"user": "runner@example.com"}, False),
        ({"client": "anything"}, False),
        ({"body": "word"}, False),
        ({"method": "GET", "resource": "range"}, False),
    ],
)
def test_match(faulty: FaultySandbox, match: dict[str, Any], fits: bool) -> None:
    key = faulty.add(FAIL, match=match)
    answer = faulty.get(headers={"X-Mine": "abc"})
    assert answer.status_code == (503 if fits else 200)
    assert faulty.counts(key) == (int(fits), int(fits))


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({"body": '"tired"'}, True),
        ({"body": "awake"}, False),
        ({"json": {"name": "tired"}}, True),
        ({"json": {"name": "tired", "more": {"list": [1, {"a": None}]}}}, True),
        ({"json": {"more": {"list": [1]}}}, False),
        ({"json": {"more": {"list": [True, {}]}}}, False),
        ({"json": {"name": "awake"}}, False),
    ],
)
def test_match_of_a_body(faulty: FaultySandbox, match: dict[str, Any], fits: bool) -> None:
    faulty.add(FAIL, match=match)
    body = {"name": "tired", "more": {"list": [1, {"a": None, "b": 2}]}}
    answer = requests.post(f"{faulty.base}/api/label/", json=body, auth=LOGIN, timeout=60)
    assert (answer.status_code == 503) == fits


def test_match_of_a_key_and_of_a_token(faulty: FaultySandbox) -> None:
    key, secret = (faulty.served.facts["oauth2"][name] for name in ("client_id", "secret"))
    form = {"grant_type": "password", "username": LOGIN[0], "password": LOGIN[1]}
    url = f"{faulty.base}/api/connect/oauth2/token/"
    sent = requests.post(url, data=form, auth=(key, secret), timeout=60)
    assert sent.status_code == 200, sent.text
    bearer = {"Authorization": f"Bearer {sent.json()['access_token']}"}
    for match in ({"client": key}, {"user": LOGIN[0]}, {"client": key, "user": "1511"}):
        faulty.add(FAIL, match=match, times=1)
        assert faulty.get(auth=None, headers=bearer).status_code == 503
        assert faulty.get(auth=None, headers=bearer).status_code == 200
    api_key = faulty.served.facts["key"]
    faulty.add(FAIL, match={"client": api_key, "user": LOGIN[0]})
    assert faulty.get(auth=None, headers={"X-HEXOAPIKEY": api_key}).status_code == 503
    signed = {"Authorization": f'OAuth oauth_consumer_key="{api_key}", oauth_token="none"'}
    faulty.add(FAIL, match={"client": api_key})
    assert faulty.get(auth=None, headers=signed).status_code == 503


class TestCounting:
    """After N, times N, and with a probability."""

    def test_after_and_times(self, faulty: FaultySandbox) -> None:
        key = faulty.add(FAIL, after=2, times=2)
        assert statuses(faulty, 6) == [200, 200, 503, 503, 200, 200]
        assert faulty.counts(key) == (6, 2)

    def test_counters_are_exact_in_all_workers(self, faulty: FaultySandbox) -> None:
        key = faulty.add(FAIL, after=7, times=11)
        with ThreadPoolExecutor(12) as pool:
            found = Counter(pool.map(lambda _: faulty.get().status_code, range(60)))
        assert found == {200: 49, 503: 11}
        assert faulty.counts(key) == (60, 11)

    def test_a_seed_decides_the_same_each_time(self, faulty: FaultySandbox) -> None:
        rule = {"probability": 0.5, "seed": 3}
        faulty.add(FAIL, **rule)
        first = statuses(faulty, 20)
        assert 4 <= first.count(503) <= 16
        faulty.control("DELETE", "faults")
        faulty.add(FAIL, **rule)
        assert statuses(faulty, 20) == first
        faulty.control("DELETE", "faults")
        faulty.add(FAIL, **{**rule, "seed": 4})
        assert statuses(faulty, 20) != first

    def test_probability_zero_never_applies(self, faulty: FaultySandbox) -> None:
        key = faulty.add(FAIL, probability=0)
        assert statuses(faulty, 3) == [200] * 3
        assert faulty.counts(key) == (3, 0)


def test_the_first_rule_that_applies_counts(faulty: FaultySandbox) -> None:
    first = faulty.add({"status": 500}, times=1)
    second = faulty.add(FAIL)
    assert statuses(faulty, 2) == [500, 503]
    assert (faulty.counts(first), faulty.counts(second)) == ((2, 1), (1, 1))


def test_one_rule_can_do_several_things(faulty: FaultySandbox) -> None:
    faulty.add({"status": 503, "delay_ms": 1, "content_length": 5, "body": "down"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="5 more expected"):
        faulty.get()


def test_a_fault_is_of_its_sandbox_alone(faulty: FaultySandbox) -> None:
    faulty.add(FAIL)
    other = FaultySandbox(faulty.served, create(faulty.served))
    assert other.get().status_code == 200
    assert other.control("GET", "faults").json() == {"faults": []}
    fork = ask(faulty.served, "POST", f"sandboxes/{faulty.name}/fork").json()["name"]
    assert FaultySandbox(faulty.served, fork).get().status_code == 200
    assert faulty.get().status_code == 503


def test_a_reset_removes_the_faults(faulty: FaultySandbox) -> None:
    faulty.add(FAIL)
    assert ask(faulty.served, "POST", f"sandboxes/{faulty.name}/reset").status_code == 200
    assert faulty.control("GET", "faults").json() == {"faults": []}
    assert faulty.get().status_code == 200


def test_the_control_plane_the_console_and_probes_do_not_fail(faulty: FaultySandbox) -> None:
    key = faulty.add(FAIL)
    assert faulty.control("GET", "outbox").status_code == 200
    for path in ("/", "/docs/files/house.css"):
        assert requests.get(f"{faulty.base}{path}", timeout=60).status_code == 200
    assert requests.get(f"{faulty.served.base}/livez", timeout=60).status_code == 200
    assert faulty.counts(key) == (0, 0)


def test_the_journal_says_which_fault_was_applied(faulty: FaultySandbox) -> None:
    key = faulty.add({"drop": "before"}, times=1)
    with pytest.raises(requests.ConnectionError):
        faulty.get("/api/range/?limit=1")
    assert faulty.get("/api/range/?limit=1").status_code == 200
    kept = faulty.control("GET", "requests?path=/api/range/").json()["requests"]
    assert {each["fault"] for each in kept[:2]} == {key, None}


class TestControlPlane:
    """`/_sandbox/faults` itself."""

    RULE: dict[str, Any] = {
        "name": "an outage",
        "match": {"resource": "record", "method": "GET"},
        "action": {"status": 503, "retry_after": 5},
        "after": 1,
        "times": 2,
        "probability": 0.5,
        "seed": 9,
    }

    def test_life_of_a_rule(self, faulty: FaultySandbox) -> None:
        added = faulty.control("POST", "faults", self.RULE)
        assert added.status_code == 201
        found = added.json()
        assert found.items() >= {**self.RULE, "kind": "rule", "matched": 0, "applied": 0}.items()
        assert faulty.control("GET", "faults").json() == {"faults": [found]}
        assert faulty.control("GET", f"faults/{found['id']}").json() == found
        assert faulty.control("DELETE", f"faults/{found['id']}").status_code == 204
        assert faulty.control("GET", f"faults/{found['id']}").status_code == 404
        assert faulty.control("DELETE", f"faults/{found['id']}").status_code == 404

    def test_marks_are_listed(self, faulty: FaultySandbox) -> None:
        served, key = faulty.served, faulty.served.facts["key"]
        of = ("--sandbox", faulty.name)
        assert served.run("user", "mark", "runner@example.com", "fail:rate", *of).returncode == 0
        assert served.run("key", "mark", key, "fail:key", *of).returncode == 0
        try:
            found = faulty.control("GET", "faults").json()["faults"]
            assert [(each["kind"], each["match"], each["action"]) for each in found] == [
                ("mark", {"user": "runner@example.com"}, {"reason": "rate_limited"}),
                ("mark", {"client": key}, {"reason": "unknown_key"}),
            ]
            assert faulty.control("DELETE", "faults").status_code == 204
            assert faulty.control("GET", "faults").json()["faults"] == found
        finally:
            served.run("user", "unmark", "runner@example.com", *of)
            served.run("key", "unmark", key, *of)

    @pytest.mark.parametrize(
        ("rule", "why"),
        [
            ({}, "action is missing"),
            ({"action": {}}, "action is empty"),
            ({"action": 5}, "action must be an object"),
            ({"action": {"staus": 5}}, "Unknown member action.staus. Did you mean 'status'?"),
            ({"action": {"status": 99}}, "action.status must be a whole number from 200 to 599"),
            ({"action": {"status": True}}, "action.status"),
            ({"action": {"reason": "no"}}, "action.reason must be one of: no_credentials"),
            ({"action": {"status": 500, "reason": "bad_login"}}, "action.reason cannot be"),
            ({"action": {"body": "x"}}, "action.body needs action.status or action.reason"),
            ({"action": {"retry_after": 1}}, "action.retry_after needs"),
            ({"action": {"reset": True}}, "action.reset needs action.drop"),
            ({"action": {"drop": "amid", "reset": True}}, "action.reset needs action.drop to be"),
            ({"action": {"drop": "request", "status": 500}}, "action.status cannot be"),
            ({"action": {"drop": "never"}}, "action.drop must be one of: request, before"),
            ({"action": {"drop": "amid", "content_length": 1}}, "action.content_length cannot"),
            ({"action": {"delay_ms": -1}}, "action.delay_ms must be a number from 0"),
            ({"action": {"delay_ms": {"median": 5}}}, "action.delay_ms needs median"),
            ({"action": {"delay_ms": {"mean": 5}}}, "action.delay_ms.mean"),
            ({"action": {"bytes_per_second": 0}}, "action.bytes_per_second"),
            ({"action": {"content_length": 0}}, "action.content_length must not be 0"),
            ({"action": {"damage": "all"}}, "action.damage"),
            ({"action": {"stale": False}}, "action.stale must be true"),
            ({"action": {"stale": True, "status": 500}}, "action.status cannot be combined"),
            ({"action": {"gap": {"begin": 0.7}}}, "action.gap.begin must be less"),
            ({"action": {"samples": 2}}, "action.samples must be 1 or -1"),
            ({"action": {"record_status": "complete"}}, "action.record_status"),
            ({"action": {"headers": {"A b": "c"}}}, "action.headers.A b is not a header"),
            ({"action": {"headers": {"A": "c\r\nB: d"}}}, "action.headers.A is not a header"),
            ({"action": {"headers": {"Content-Length": "5"}}}, "see content_length"),
            ({"action": FAIL, "match": {"path": 5}}, "match.path must be a string"),
            ({"action": FAIL, "match": {"method": "LOOK"}}, "match.method must be one of"),
            ({"action": FAIL, "match": {"method": []}}, "match.method must be a method"),
            ({"action": FAIL, "match": {"resource": "recrd"}}, "Did you mean 'record'?"),
            ({"action": FAIL, "match": {"headers": {}}}, "match.headers must be an object"),
            ({"action": FAIL, "match": {"json": [0] * 1001}}, "match.json has more than 1000"),
            ({"action": FAIL, "match": {"usr": "a"}}, "Unknown member match.usr"),
            ({"action": FAIL, "times": 0}, "times must be a whole number from 1"),
            ({"action": FAIL, "after": -1}, "after must be a whole number from 0"),
            ({"action": FAIL, "probability": 2}, "probability must be a number from 0 to 1"),
            ({"action": FAIL, "seed": 2**40}, "seed must be"),
            ({"action": FAIL, "name": "a" * 101}, "name must be a string of 1 to 100"),
            ({"action": FAIL, "nme": "a"}, "nme"),
            ({"action": {"status": 500, "body": {"a": 2**70}}}, "cannot be written as JSON"),
            ({"action": {"status": 500, "body": "\ud800"}}, "The body is not JSON"),
            ({"action": {"status": 500, "body": ["a" * 300_000]}}, "is longer than"),
        ],
    )
    def test_a_wrong_rule_is_a_400_that_names_the_member(
        self, faulty: FaultySandbox, rule: dict[str, Any], why: str
    ) -> None:
        url = f"{faulty.base}/_sandbox/faults"
        answer = requests.post(url, data=json.dumps(rule), headers=CONTROL, timeout=60)
        assert answer.status_code == 400, answer.text
        assert why in answer.json()["error"]
        assert faulty.control("GET", "faults").json() == {"faults": []}

    def test_there_is_a_limit(self, faulty: FaultySandbox) -> None:
        for _ in range(MOST_RULES):
            faulty.add(FAIL)
        answer = faulty.control("POST", "faults", {"action": FAIL})
        assert answer.status_code == 409
        assert f"has {MOST_RULES} faults" in answer.json()["error"]

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "faults/none", 404),
            ("GET", "faults/99999999999999999999", 404),
            ("DELETE", "faults/0", 404),
            ("DELETE", "faults?number=1", 400),
            ("PUT", "faults", 405),
            ("POST", "faults/1", 405),
        ],
    )
    def test_errors(self, faulty: FaultySandbox, method: str, path: str, status: int) -> None:
        assert faulty.control(method, path).status_code == status

    def test_a_change_needs_the_header(self, faulty: FaultySandbox) -> None:
        url = f"{faulty.base}/_sandbox/faults"
        assert requests.post(url, json={"action": FAIL}, timeout=60).status_code == 403
        assert requests.delete(url, timeout=60).status_code == 403

    def test_an_unknown_sandbox_is_a_404(self, faulty: FaultySandbox) -> None:
        unknown = FaultySandbox(faulty.served, "nowhere")
        assert unknown.control("POST", "faults", {"action": FAIL}).status_code == 404
