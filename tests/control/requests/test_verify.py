"""Verification: whether a client has sent what a test expects, and what differs if not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.control.globs import Glob
from apps.control.journal.matching import MatchError, check_match, statuses_of
from tests.control.requests.asking import verify
from tests.people import Caller, owner

__all__ = ["owner"]


@pytest.fixture
def sent(controlled: None, owner: Caller) -> Caller:
    """A read, a write with JSON and one with a form."""
    owner.get("/api/account/", {"limit": "1", "order": ["a", "b"]})
    body = {"name": "one", "tags": [1, {"a": True}], "password": "hunter2"}
    owner.sending("X-Mine", "yes, mine").post("/api/label/", body)
    form = "application/x-www-form-urlencoded"
    owner.send("POST", "/api/nowhere/", "name=two&tag=1&tag=2", form)
    return owner


FITTING: list[dict[str, Any]] = [
    {"method": "get", "path": "/api/account/"},
    {"path": "/api/acc*/"},
    {"resource": "account", "query": {"limit": "1"}},
    {"query": {"limit": 1, "order": "b", "other": None}},
    {"resource": "label", "headers": {"x-mine": "*mine"}},
    {"resource": "label", "headers": {"Authorization": "*", "X-Other": None}},
    {"body": {"name": "one"}},
    {"body": {"tags": [1, {"a": True}]}},
    {"body": {"password": "..."}},
    {"body": '*"one"*'},
    {"body": {"name": "two", "tag": ["1", "2"]}},
    {"status": 404},
    {"status": "2xx", "user": "owner@*", "scheme": "basic", "method": "GET"},
    {},
]
DIFFERING: list[tuple[dict[str, Any], str, Any]] = [
    ({"path": "/api/account/", "method": "PUT"}, "method", "GET"),
    ({"path": "/api/account", "method": "GET"}, "path", "/api/account/"),
    ({"resource": "account", "query": {"limit": "2"}}, "query.limit", "1"),
    ({"resource": "account", "query": {"order": "c"}}, "query.order", ["a", "b"]),
    ({"resource": "account", "query": {"x": "1"}}, "query.x", "absent"),
    ({"resource": "account", "query": {"limit": None}}, "query.limit", "1"),
    ({"resource": "label", "headers": {"X-Mine": "no"}}, "headers.X-Mine", "yes, mine"),
    ({"resource": "label", "body": {"name": "x"}}, "body.name", "one"),
    ({"resource": "label", "body": {"tags": [1]}}, "body.tags", [1, {"a": True}]),
    ({"resource": "label", "body": {"tags": [True, {}]}}, "body.tags[0]", 1),
    ({"resource": "label", "body": {"tags": [1, {"a": 1}]}}, "body.tags[1].a", True),
    ({"resource": "label", "body": {"b": {"c": 1}}}, "body.b", "absent"),
    ({"resource": "account", "body": {"a": 1}}, "body", "absent"),
    ({"resource": "account", "status": 201}, "status", 200),
    ({"resource": "account", "user": "coach"}, "user", "owner@example.com"),
    ({"resource": "account", "reason": "rate_limited"}, "reason", ""),
]


@pytest.mark.parametrize("match", FITTING, ids=str)
def test_what_fits(sent: Caller, match: dict[str, Any]) -> None:
    status, told = verify(match=match)
    assert (status, told["verified"]) == (200, True), told


@pytest.mark.parametrize(("match", "what", "found"), DIFFERING, ids=str)
def test_what_differs_is_told(
    sent: Caller, match: dict[str, Any], what: str, found: object
) -> None:
    status, told = verify(match=match)
    assert (status, told["verified"], told["count"]) == (422, False, 0)
    single = [
        each["differences"][0] for each in told["near_misses"] if len(each["differences"]) == 1
    ]
    assert (what, found) in [(each["what"], each["found"]) for each in single]


@pytest.mark.parametrize(
    ("count", "holds"),
    [
        ({"exactly": 3}, True),
        ({"exactly": 2}, False),
        ({"exactly": 4}, False),
        ({"at_least": 3}, True),
        ({"at_least": 4}, False),
        ({"at_most": 3}, True),
        ({"at_most": 2}, False),
        ({"at_least": 1, "at_most": 3}, True),
        ({"at_least": 4, "at_most": 9}, False),
    ],
)
def test_counts(sent: Caller, count: dict[str, int], holds: bool) -> None:
    status, told = verify(match={"path": "/api/*"}, count=count)
    assert (status == 200, told["count"]) == (holds, 3)


def test_none_at_all(sent: Caller) -> None:
    assert verify(match={"resource": "user"}, count={"exactly": 0})[0] == 200
    assert verify(match={"resource": "user"}, count={"at_least": 0})[0] == 200


def test_the_message_says_what_was_expected(sent: Caller) -> None:
    told = verify(match={"method": "POST"}, count={"exactly": 1})[1]
    assert told["message"] == "Expected exactly 1, found 2 matching of 3 requests."
    assert told["near_misses"] == []


def test_order(sent: Caller) -> None:
    account, label = {"resource": "account"}, {"resource": "label"}
    assert verify(in_order=[account, label])[0] == 200
    assert verify(in_order=[account, {"status": 404}])[0] == 200
    status, told = verify(in_order=[label, account])
    assert (status, told["count"]) == (422, 1)
    assert "(POST /api/label/)" in told["message"]
    assert "came earlier" in told["message"]
    assert told["near_misses"][0]["differences"][0]["what"] == "resource"
    assert verify(in_order=[account, account])[0] == 422


def test_a_request_counts_once_in_an_order(sent: Caller) -> None:
    assert verify(in_order=[{"method": "POST"}, {"method": "POST"}])[0] == 200
    status, told = verify(in_order=[{"method": "POST"}] * 3)
    assert (status, told["count"]) == (422, 2)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "either match"),
    ({"match": {}, "in_order": []}, "either match"),
    ({"in_order": []}, "at least one"),
    ({"in_order": [1]}, "must be an object"),
    ({"in_order": [{}], "count": {"exactly": 1}}, "count belongs"),
    ({"match": {"paths": "x"}}, "Unknown member 'paths'"),
    ({"match": {"path": 1}}, "path must be a string"),
    ({"match": {"status": True}}, "status must be"),
    ({"match": {"status": 99}}, "status must be"),
    ({"match": {"query": {"a": [1]}}}, "query.a must be"),
    ({"match": {}, "count": {}}, "count needs"),
    ({"match": {}, "count": {"about": 1}}, "not 'about'"),
    ({"match": {}, "count": {"exactly": -1}}, "from 0 on"),
    ({"match": {}, "count": {"exactly": "1"}}, "from 0 on"),
]


@pytest.mark.parametrize(("body", "text"), WRONG, ids=str)
def test_malformed_expectations(controlled: None, body: dict[str, Any], text: str) -> None:
    status, told = verify(**body)
    assert status == 400
    assert text in told["error"]


def test_a_match_that_is_nested_too_deeply(controlled: None) -> None:
    Client().post("/api/", "[" * 900 + "]" * 900, content_type="application/json")
    deep: Any = 1
    for _ in range(800):
        deep = [deep]
    status, told = verify(match={"body": deep})
    assert status in {400, 422}, told


def test_a_change_needs_its_header(controlled: None) -> None:
    assert Client().post("/_sandbox/requests/verify", {}).status_code == 403


def test_patterns() -> None:
    assert Glob.read("a*c").matches("abc")
    assert Glob.read("a*").matches("a\nb")
    assert not Glob.read("a.c").matches("abc")
    assert statuses_of("5xx") == (500, 599)
    with pytest.raises(MatchError):
        check_match([])
