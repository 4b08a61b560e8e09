"""What the journal keeps of requests, and how it is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.control.injecting import FAULT
from apps.control.journal.masking import MOST
from apps.control.journal.spool import RequestSpool
from tests.control.requests.asking import HEADERS, kept, newest
from tests.control.requests.refused import send_wrong_signature
from tests.people import Caller, owner

__all__ = ["owner"]

LIST = "/_sandbox/requests"


def test_a_request_is_kept_whole(controlled: None, owner: Caller) -> None:
    told = owner.sending("X-Mine", "yes").post("/api/label/?a=1", {"name": "x", "user": None})
    found = newest()
    assert found["method"] == "POST"
    assert found["path"] == "/api/label/"
    assert found["url"] == "http://testserver/api/label/?a=1"
    assert found["status"] == told.status_code
    assert (found["user"], found["scheme"]) == (owner.user.username, "basic")
    assert (found["client"], found["fault"], found["sandbox"]) == (None, None, "main")
    assert found["headers"]["X-Mine"] == "yes"
    assert found["headers"]["Authorization"] == "Basic ..."
    assert json.loads(found["body"]["text"]) == {"name": "x", "user": None}
    assert found["answer"]["headers"]["Content-Type"] == told["Content-Type"]
    assert found["answer"]["bytes"] == len(told.content)
    assert found["ms"] > 0
    assert "statements" not in found


def test_a_refused_request_has_its_reason_and_remedy(controlled: None, owner: Caller) -> None:
    Client().get("/api/account/", headers={"Authorization": "Basic bm9ib2R5Ong="})
    found = newest()
    assert (found["status"], found["reason"]) == (401, "unknown_user")
    assert found["sentence"]
    assert found["remedy"]


def test_a_refused_signature_is_kept_beside_what_came(controlled: None, owner: Caller) -> None:
    key = send_wrong_signature(owner)
    listed = newest()
    assert "refusal" not in listed
    found = Client().get(f"/_sandbox/requests/{listed['id']}").json()["refusal"]
    assert found["received"]["timestamp"] == "1700000000"
    assert "<secret>1700000000http://testserver/api/account/" in found["expected"]["signed"]
    assert key.client_secret not in json.dumps(found)


def test_a_request_that_is_not_refused_has_no_refusal(controlled: None, owner: Caller) -> None:
    owner.get("/api/account/")
    assert "refusal" not in Client().get(f"/_sandbox/requests/{newest()['id']}").json()


def test_probes_the_control_plane_and_the_console_are_not_kept(controlled: None) -> None:
    own = ("/_sandbox/outbox", "/_sandbox/sandboxes", "/", "/requests/", "/docs/files/house.css")
    for path in ("/livez", *own):
        Client().get(path)
    Client().get("/api/")
    assert [each["path"] for each in kept()] == ["/api/"]


def test_an_unknown_path_is_kept(controlled: None) -> None:
    Client().get("/nowhere/")
    assert newest()["status"] == 404


@pytest.mark.django_db
def test_without_a_control_plane_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestSpool, "__init__", lambda *_: pytest.fail("a spool was opened"))
    assert Client().get("/api/").status_code == 200
    assert Client().get(LIST).status_code == 501


def test_a_journal_that_cannot_be_written_spoils_no_request(
    controlled: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(RequestSpool, "append", refuse)
    assert Client().get("/api/").status_code == 200
    assert "no space left" in caplog.text


def test_the_method_is_the_one_that_was_sent(controlled: None, owner: Caller) -> None:
    owner.sending("X-HTTP-Method-Override", "PATCH").post("/api/label/", {"objects": []})
    assert newest()["method"] == "POST"


def test_a_body_that_nobody_read_is_kept(controlled: None) -> None:
    Client().post("/api/label/", {"name": "x"}, content_type="application/json")
    found = newest()
    assert found["status"] == 401
    assert found["body"]["bytes"] == len('{"name": "x"}')


def test_a_long_body_is_kept_in_part(controlled: None, owner: Caller) -> None:
    owner.send("POST", "/api/label/", "x" * (MOST + 5), "text/plain")
    assert newest()["body"] == {"bytes": MOST + 5, "truncated": True, "text": "x" * MOST}


def test_a_streamed_answer_has_no_size(controlled: None, owner: Caller) -> None:
    Client().get("/docs/api/")
    streamed = [each for each in kept() if each["answer"]["bytes"] is None]
    whole = [each for each in kept() if each["answer"]["bytes"] is not None]
    assert len(streamed) + len(whole) == 1


@pytest.mark.parametrize("asked", ["header", "query"])
def test_statements_are_kept_if_the_request_asks(
    controlled: None, owner: Caller, asked: str
) -> None:
    if asked == "header":
        owner.sending("X-HexoStore-Explain", "1").get("/api/account/")
    else:
        owner.get("/api/account/", {"explain": ""})
    statements = newest()["statements"]
    assert any("accounts_user" in each["sql"] for each in statements)
    assert all(each["ms"] >= 0 for each in statements)
    assert owner.user.username not in json.dumps(statements)


def test_only_the_argument_explain_asks_for_statements(controlled: None, owner: Caller) -> None:
    owner.get("/api/account/", {"explained": "1", "x": "explain"})
    assert "statements" not in newest()


def test_keeping_a_request_costs_no_statement(
    controlled: None, owner: Caller, django_assert_num_queries: Any
) -> None:
    owner.get("/api/account/")
    with django_assert_num_queries(2):  # the login and the account
        owner.get("/api/account/")


def test_a_fault_is_named(controlled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Client().get("/api/", **{FAULT: "slow"})  # type: ignore[arg-type]
    assert newest()["fault"] == "slow"


@pytest.fixture
def some(controlled: None, owner: Caller) -> Caller:
    """Requests of several kinds: 200, 401, 404 and 400."""
    owner.get("/api/account/", {"limit": "1"})
    Client().get("/api/account/")
    owner.get("/api/label/99999999/")
    owner.send("POST", "/api/label/", "{", "application/json")
    return owner


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({}, [400, 404, 401, 200]),
        ({"order": "oldest"}, [200, 401, 404, 400]),
        ({"limit": "2"}, [400, 404]),
        ({"limit": "0"}, []),
        ({"method": "post"}, [400]),
        ({"method": "POST,GET", "limit": 1}, [400]),
        ({"path": "/api/account/"}, [401, 200]),
        ({"path": "/api/label/*"}, [400, 404]),
        ({"path": "/api/lab_l/*"}, []),
        ({"path": "/api/%"}, []),
        ({"path": "account"}, []),
        ({"status": "404"}, [404]),
        ({"status": "4xx"}, [400, 404, 401]),
        ({"status": "200,404"}, [404, 200]),
        ({"user": "owner@example.com"}, [400, 404, 200]),
        ({"scheme": "basic", "status": "200"}, [200]),
        ({"reason": "no_credentials"}, [401]),
        ({"client": "none"}, []),
        ({"since": "2020-01-01T00:00:00Z"}, [400, 404, 401, 200]),
        ({"until": "2020-01-01T00:00:00"}, []),
        ({"user": "\0"}, []),
        ({"sandbox": "all"}, [400, 404, 401, 200]),
        ({"sandbox": "main"}, [400, 404, 401, 200]),
    ],
)
def test_filters(some: Caller, query: dict[str, Any], statuses: list[int]) -> None:
    assert [each["status"] for each in kept(**query)] == statuses


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("status=9", "status must be"),
        ("limit=10001", "limit must be at most"),
        ("limit=x", "limit must be a whole number"),
        ("order=id", "order must be one of"),
        ("format=xml", "format must be one of"),
        ("since=yesterday", "since must be a time"),
        ("since=2024-02-31T00:00:00Z", "since must be a time"),
        ("id=-1", "id must be a whole number"),
        ("users=x", "Unknown argument 'users'"),
    ],
)
def test_wrong_arguments_are_named(controlled: None, query: str, text: str) -> None:
    answer = Client().get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert text in answer.json()["error"]


def test_one_request(some: Caller) -> None:
    found = kept(status="404")[0]
    assert Client().get(f"{LIST}/{found['id']}").json() == found
    assert kept(id=found["id"]) == [found]
    assert Client().get(f"{LIST}/999999").status_code == 404


def test_the_journal_of_an_unknown_sandbox(controlled: None) -> None:
    assert Client().get(f"{LIST}?sandbox=nowhere").status_code == 404


def test_it_is_cleared_on_purpose_only(some: Caller) -> None:
    assert Client().delete(LIST).status_code == 403
    assert len(kept()) == 4
    assert Client().delete(LIST, headers=HEADERS).json() == {"deleted": 4}
    assert kept() == []


def test_the_list_is_one_statement_however_long_it_is(some: Caller) -> None:
    kept()
    for _ in range(5):
        Client().get("/api/")
    with connection.execute_wrapper(lambda *_: pytest.fail("it asked the store")):
        assert len(kept()) == 9
