"""Headers of answers: Tastypie section 3."""

from __future__ import annotations

import pytest

from tests.api.asking import PLAIN, ask
from tests.people import ANYBODY, Caller

AJAX = {"X-Requested-With": "XMLHttpRequest"}

RETURNED = [
    ("GET", "/api/record/", 200),
    ("GET", "/api/record/101/", 200),
    ("GET", "/api/record/set/101/", 200),
    ("GET", "/api/record/schema/", 200),
    ("GET", "/api/record/9999/", 404),
    ("PUT", "/api/range/201/", 200),
    ("PATCH", "/api/range/201/", 202),
    ("DELETE", "/api/range/201/", 204),
    ("DELETE", "/api/range/9999/", 404),
    ("PATCH", "/api/range/", 202),
]
RAISED = [
    ("GET", "/api/record/abc/", 404),
    ("GET", "/api/record/?limit=x", 400),
    ("DELETE", "/api/record/", 405),
    ("OPTIONS", "/api/record/", 200),
    ("POST", "/api/label/", 400),
    ("PATCH", "/api/label/303/", 404),
]


@pytest.mark.rule("T32", "T34")
@pytest.mark.parametrize(("method", "path", "status"), RETURNED)
def test_answers_that_are_returned_vary(me: Caller, method: str, path: str, status: int) -> None:
    answer = ask(me, method, path, {"objects": []} if path.endswith("range/") else {})
    assert answer.status_code == status
    assert answer["Vary"] == "Accept"
    kept = "no-cache" if (method, status) == ("GET", 200) else None
    assert answer.get("Cache-Control") == kept


@pytest.mark.rule("T33")
@pytest.mark.parametrize("headers", [{}, AJAX])
@pytest.mark.parametrize(("method", "path", "status"), RAISED[:-1])
def test_answers_made_from_exceptions_have_neither(
    me: Caller, method: str, path: str, status: int, headers: dict[str, str]
) -> None:
    answer = ask(me, method, path, {}, headers)
    assert answer.status_code == status
    assert "Vary" not in answer
    assert "Cache-Control" not in answer


@pytest.mark.rule("T33")
def test_a_401_has_neither(db: None) -> None:
    answer = ask(ANYBODY, "GET", "/api/record/", headers=AJAX)
    assert answer.status_code == 401
    assert not {"Vary", "Cache-Control"} & set(answer.headers)


@pytest.mark.rule("T34")
def test_a_post_overridden_to_get_is_not_cached(me: Caller) -> None:
    answer = ask(me, "POST", "/api/record/101/", {}, {"X-HTTP-Method-Override": "GET"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")


@pytest.mark.rule("T35")
@pytest.mark.parametrize(("method", "path", "status"), RETURNED)
def test_scripts_in_a_browser_never_cache(me: Caller, method: str, path: str, status: int) -> None:
    body: object = {"objects": []} if path.endswith("range/") else {}
    answer = ask(me, method, path, body, AJAX)
    assert (answer.status_code, answer["Cache-Control"]) == (status, "no-cache")


@pytest.mark.rule("T37")
@pytest.mark.parametrize("path", ["/api/datatype/19/", "/api/record/"])
def test_conditional_requests_are_answered_in_full(me: Caller, path: str) -> None:
    headers = {"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    answer = ask(me, "GET", path, headers=headers)
    assert answer.status_code == 200
    assert not {"ETag", "Last-Modified"} & set(answer.headers)


@pytest.mark.rule("wire trap 1", "wire row 45")
def test_every_empty_answer_has_a_type_that_is_not_json(me: Caller) -> None:
    for method, path in (
        ("DELETE", "/api/range/201/"),
        ("GET", "/api/range/9999/"),
        ("DELETE", "/api/range/"),
    ):
        assert ask(me, method, path)["Content-Type"] == PLAIN
    assert ask(ANYBODY, "GET", "/api/range/")["Content-Type"] == PLAIN


def test_answers_say_that_they_are_no_real_service(me: Caller) -> None:
    assert ask(me, "GET", "/api/record/")["X-HexoStore"] == "mock"
    assert ask(ANYBODY, "GET", "/api/record/")["X-HexoStore"] == "mock"
