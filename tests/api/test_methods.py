"""DELETE, methods, credentials, errors and the order of checks: Tastypie sections 13 to 15."""

from __future__ import annotations

import pytest

from apps.records.models import Device, Range, Record
from tests.api.asking import CANNED, PLAIN, ask, error, got, is_canned, is_plain
from tests.people import ANYBODY, Caller

CHALLENGE = 'Basic Realm="django-tastypie"'
LIST, DETAIL = "GET,POST", "GET,PUT,PATCH,DELETE"
OVERRIDE = "X-HTTP-Method-Override"


@pytest.mark.rule("T179", "wire trap 1")
def test_a_deleted_row_is_gone(me: Caller) -> None:
    answer = ask(me, "DELETE", "/api/range/201/")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (204, b"", PLAIN)
    assert is_plain(ask(me, "GET", "/api/range/201/"), 404)
    assert not Range.objects.filter(pk=201).exists()


@pytest.mark.rule("T180")
@pytest.mark.parametrize("key", ["9999", "abc", "204", "-1", "%00"])
def test_nothing_to_delete(me: Caller, key: str) -> None:
    assert is_plain(ask(me, "DELETE", f"/api/range/{key}/"), 404)
    assert Range.objects.count() == 4


@pytest.mark.rule("T154", "T155", "T181", "T182", "T183")
@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/api/record/", "PUT", LIST),
        ("/api/record/", "DELETE", LIST),
        ("/api/record/", "PATCH", LIST),
        ("/api/record/", "FROB", LIST),
        ("/api/record/101/", "POST", DETAIL),
        ("/api/record/101/", "TRACE", DETAIL),
        ("/api/range/", "DELETE", "GET,POST,PATCH"),
        ("/api/datatype/", "POST", "GET"),
        ("/api/datatype/19/", "DELETE", "GET"),
        ("/api/account/1/", "GET", ""),
        ("/api/data/1/", "HEAD", ""),
        ("/api/step/1/", "HEAD", ""),
        ("/api/record/9999/", "POST", DETAIL),
    ],
)
def test_methods_that_are_not_allowed(me: Caller, path: str, method: str, allowed: str) -> None:
    answer = ask(me, method, path, {})
    assert is_plain(answer, 405, allowed)
    assert answer["Allow"] == allowed


@pytest.mark.rule("T184")
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/record/", LIST),
        ("/api/record/101/", DETAIL),
        ("/api/record/9999/", DETAIL),
        ("/api/record/abc/", DETAIL),
        ("/api/record/schema/", "GET"),
        ("/api/record/set/101/", "GET"),
    ],
)
def test_options_need_no_login(me: Caller, path: str, allowed: str) -> None:
    answer = ask(ANYBODY, "OPTIONS", path)
    assert is_plain(answer, 200, allowed)
    assert answer["Allow"] == allowed


@pytest.mark.rule("T185")
@pytest.mark.parametrize(
    ("path", "allowed"), [("/api/record/", LIST), ("/api/record/101/", DETAIL)]
)
def test_head_is_not_get(me: Caller, path: str, allowed: str) -> None:
    answer = ask(me, "HEAD", path)
    assert (answer.status_code, answer["Allow"]) == (405, allowed)


@pytest.mark.rule("T167")
@pytest.mark.parametrize("word", ["PATCH", "patch", "Patch"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_a_method_in_a_header(me: Caller, method: str, word: str) -> None:
    answer = ask(me, method, "/api/range/201/", {"name": "x"}, {OVERRIDE: word})
    assert (answer.status_code, answer.json()["name"]) == (202, "x")


@pytest.mark.rule("T167")
def test_other_methods_in_a_header(me: Caller) -> None:
    path = "/api/range/201/"
    assert ask(me, "POST", path, {"start": 9}, {OVERRIDE: "PUT"}).json()["start"] == 9
    assert ask(me, "POST", path, {}, {OVERRIDE: "GET"}).status_code == 200
    assert ask(me, "POST", "/api/range/", {"objects": []}, {OVERRIDE: "PATCH"}).status_code == 202
    assert ask(me, "POST", path, {}, {OVERRIDE: "DELETE"}).status_code == 204


@pytest.mark.rule("T167")
@pytest.mark.parametrize("word", ["FROB", "POST", "HEAD", "é", "get,put"])
def test_an_unknown_method_in_a_header(me: Caller, word: str) -> None:
    assert is_plain(ask(me, "GET", "/api/range/201/", {}, {OVERRIDE: word}), 405, DETAIL)


@pytest.mark.rule("T167")
@pytest.mark.parametrize("path", ["/api/range/schema/", "/api/range/set/201/"])
def test_schema_and_set_do_not_look_at_the_header(me: Caller, path: str) -> None:
    assert ask(me, "GET", path, headers={OVERRIDE: "DELETE"}).status_code == 200
    assert ask(me, "POST", path, {}, {OVERRIDE: "GET"}).status_code == 405


@pytest.mark.rule("T187")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/record/"),
        ("GET", "/api/record/?limit=x"),
        ("GET", "/api/record/abc/"),
        ("GET", "/api/record/9999/"),
        ("GET", "/api/record/schema/"),
        ("GET", "/api/record/set/x/"),
        ("POST", "/api/record/"),
        ("PUT", "/api/range/201/"),
        ("PATCH", "/api/range/201/"),
        ("DELETE", "/api/range/201/"),
        ("PATCH", "/api/range/"),
    ],
)
@pytest.mark.rule("T202")
def test_without_login_nothing_else_is_looked_at(me: Caller, method: str, path: str) -> None:
    answer = ask(ANYBODY, method, path, b"{")
    assert is_plain(answer, 401)
    assert answer["WWW-Authenticate"] == CHALLENGE


@pytest.mark.rule("T202")
def test_methods_are_checked_before_the_login(me: Caller) -> None:
    assert ask(ANYBODY, "DELETE", "/api/record/").status_code == 405
    assert ask(ANYBODY, "GET", "/api/nothing/").status_code == 404


@pytest.mark.rule("T202")
def test_patch_looks_for_the_row_before_the_body(me: Caller, friend: Caller) -> None:
    for method in ("PATCH", "PUT"):
        assert ask(me, method, "/api/range/9999/", b"{", label="x/y").status_code == 404
        assert error(ask(me, method, "/api/range/201/", b"{")) == "Request is not valid JSON."


@pytest.mark.rule("T189", "Tastypie 19")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_row_one_may_only_read_is_403(me: Caller, friend: Caller, method: str) -> None:
    answer = ask(friend, method, "/api/range/201/", {})
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/json"
    assert "WWW-Authenticate" not in answer
    assert Range.objects.get(pk=201).name == "easy"


@pytest.mark.rule("T189", "Tastypie 19")
def test_a_row_for_somebody_else_is_403(me: Caller, friend: Caller, outsider: Caller) -> None:
    body = {"user": me.user.pk, "start": 5}
    assert ask(friend, "POST", "/api/range/", body).status_code == 403
    assert ask(outsider, "POST", "/api/range/", body).status_code == 400  # as for nobody at all
    assert ask(me, "PATCH", "/api/trainingroutine/401/", {"name": "x"}).status_code == 403


@pytest.mark.rule("T192")
def test_hidden_rows_are_not_counted(me: Caller, outsider: Caller, staff: Caller) -> None:
    counts = [got(who, "/api/record/")["meta"]["total_count"] for who in (me, outsider, staff)]
    assert counts == [3, 1, 4]


@pytest.mark.rule("T195")
def test_two_rows_under_one_key(me: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.records.resources import RangeResource

    monkeypatch.setattr(RangeResource, "key", "rank")
    for key in (201, 203):
        assert Range.objects.get(pk=key).rank == 0
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        text = "More than one resource is found at this URI."
        assert is_plain(ask(me, method, "/api/range/0/", {}), 300, text)


@pytest.mark.rule("T197")
def test_what_nobody_foresaw(
    me: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise LookupError("the reason")

    monkeypatch.setattr("apps.api.paging.parse_page", fail)
    answer = ask(me, "GET", "/api/record/")
    assert is_canned(answer, 500)
    assert not {"Vary", "Cache-Control"} & set(answer.headers)
    assert "the reason" in caplog.text


@pytest.mark.rule("T196", "T200")
def test_the_shape_of_foreseen_errors(me: Caller) -> None:
    answer = ask(me, "PATCH", "/api/range/201/", {"start": "<&'\">"})
    assert error(answer) == (
        "The 'start' field was given data that is not an integer: '&lt;&amp;\\'\"&gt;'."
    )
    assert list(CANNED) == ["error_message"]


def test_deleting_takes_what_belongs_to_the_row(me: Caller) -> None:
    assert ask(me, "DELETE", "/api/record/101/").status_code == 204
    assert Device.objects.count() == 2
    assert Record.objects.count() == 3
    assert ask(me, "DELETE", "/api/label/302/").status_code == 204
    assert got(me, "/api/range/201/")["labels"] == ["/api/label/301/"]
