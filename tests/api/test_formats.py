"""Formats, content types and the limits of bodies: Tastypie section 2, wire trap 14."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.api.asking import ask, error, got, is_canned, login
from tests.people import ANYBODY, Caller

NOT_JSON = "Request is not valid JSON."


def labelled(who: Caller, body: bytes, label: str) -> int:
    """The status of a POST of a label with this body and Content-Type."""
    return ask(who, "POST", "/api/label/", body, label=label).status_code


def body_of(who: Caller, name: str = "new") -> bytes:
    return json.dumps({"name": name, "user": who.user.pk}).encode()


@pytest.mark.rule("T22", "T26", "T27")
@pytest.mark.parametrize(
    "query", ["format=json", "format=xml", "format=", "callback=go", "format=jsonp"]
)
def test_a_format_that_is_not_offered_is_ignored(me: Caller, query: str) -> None:
    answer = ask(me, "GET", f"/api/label/?{query}", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.rule("T22")
def test_a_named_format_spares_the_accept_header(me: Caller) -> None:
    answer = ask(me, "GET", "/api/label/?format=json", headers={"Accept": "word"})
    assert answer.status_code == 200


@pytest.mark.rule("T23", "T28")
@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/*",
        "text/html,*/*;q=0.8",
        "text/html",
        "text/csv",
        "application/xml",
        "application/json;q=0",
        "application/json; q=high",
        "",
        " , ",
        "text/plain, application/json",
        "*",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    ],
)
def test_json_is_sent_whatever_is_accepted(me: Caller, accept: str) -> None:
    answer = ask(me, "GET", "/api/label/", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.rule("T24")
@pytest.mark.parametrize("accept", ["json", "a/b/c", "application/json, word"])
def test_an_accept_that_is_no_media_range(me: Caller, accept: str) -> None:
    answer = ask(me, "GET", "/api/label/", headers={"Accept": accept})
    assert error(answer) == "Invalid Accept header"


@pytest.mark.rule("T29")
@pytest.mark.parametrize(
    "label", ["application/json", "application/json; charset=utf-8", "application/json;charset=x"]
)
def test_bodies_labelled_json(me: Caller, label: str) -> None:
    assert labelled(me, body_of(me), label) == 201


@pytest.mark.rule("T29")
def test_the_named_charset_does_not_matter(me: Caller) -> None:
    body = json.dumps({"name": "été", "user": me.user.pk}, ensure_ascii=False).encode()
    answer = ask(me, "POST", "/api/label/", body, label="application/json; charset=latin-1")
    assert answer.json()["name"] == "été"


class Unlabelled(Client):
    """A client that sends no Content-Type at all."""

    def _base_environ(self, **request: Any) -> dict[str, Any]:
        environ: dict[str, Any] = super()._base_environ(**request)  # type: ignore[misc]
        del environ["CONTENT_TYPE"]
        return environ


@pytest.mark.rule("T29")
def test_a_body_without_label_is_json(me: Caller) -> None:
    answer = Unlabelled(headers=login(me)).generic("POST", "/api/label/", body_of(me))
    assert answer.status_code == 201


@pytest.mark.rule("T30", "Tastypie 18")
@pytest.mark.parametrize(
    "label",
    [
        "",
        "Application/JSON",
        "application/json ; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/yaml",
        "application/hal+json",
        "text/javascript",
        "json",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_other_bodies_are_refused(me: Caller, method: str, label: str) -> None:
    path = "/api/label/" if method == "POST" else "/api/label/301/"
    answer = ask(me, method, path, b"--x--", label=label)
    assert is_canned(answer, 415)
    assert got(me, "/api/label/301/")["name"] == "red"


@pytest.mark.rule("T31", "Tastypie 18")
@pytest.mark.parametrize("body", [b'{"name": "\xe9"}', b"\xff\xfe{\x00}\x00", b"\x80"])
def test_a_body_that_is_not_utf8(me: Caller, body: bytes) -> None:
    assert error(ask(me, "POST", "/api/label/", body)) == NOT_JSON


@pytest.mark.rule("T126")
@pytest.mark.parametrize("body", [b"", b"{", b"{'name': 'x'}", b"nothing", b'{"a": 1,}', b"\0"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_body_that_is_not_json(me: Caller, method: str, body: bytes) -> None:
    assert error(ask(me, method, "/api/label/", body)) == NOT_JSON


@pytest.mark.rule("T116", "Tastypie 18")
@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_words_for_odd_numbers_are_not_json(me: Caller, word: str) -> None:
    body = f'{{"start": {word}, "user": {me.user.pk}}}'.encode()
    assert error(ask(me, "POST", "/api/range/", body)) == NOT_JSON


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_very_deep_json(me: Caller, opening: str) -> None:
    for depth in (50_000, 900):
        answer = ask(me, "POST", "/api/label/", (opening * depth).encode())
        assert error(answer) == NOT_JSON


@pytest.mark.rule("Tastypie 18")
def test_deep_json_in_a_list(me: Caller) -> None:
    deep = b'{"steps": ' + b"[" * 900 + b"]" * 900 + b', "name": "deep"}'
    assert error(ask(me, "POST", "/api/trainingroutine/", deep)) == NOT_JSON


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize(("levels", "status"), [(1, 201), (49, 201), (50, 400), (5000, 400)])
def test_how_deep_json_may_be(me: Caller, levels: int, status: int) -> None:
    """Each level is an object and an array; the body itself is one object more."""
    metadata = b'{"a": [' * levels + b"1" + b"]}" * levels
    body = b'{"name": "deep", "metadata": ' + metadata + b"}"
    answer = ask(me, "POST", "/api/trainingroutine/", body)
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["metadata"] == json.loads(metadata)
        assert got(me, answer["Location"])["metadata"] == json.loads(metadata)


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize(
    "text", ["a\\u0000b", "\\ud800", "\\udfff x", "\\\\\\u0000", "\\ude00\\ud83d"]
)
@pytest.mark.parametrize("member", ["name", "unknown", "user"])
def test_letters_that_no_column_can_hold(me: Caller, member: str, text: str) -> None:
    body = f'{{"user": {me.user.pk}, "name": "x", "{member}": "{text}"}}'.encode()
    answer = ask(me, "POST", "/api/label/", body)
    assert 400 <= answer.status_code < 500


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize("text", ["\\ud83d\\ude00", "\\\\u0000", "\\u00e9", "\\\\ud800"])
def test_escapes_that_are_fine(me: Caller, text: str) -> None:
    body = f'{{"name": "{text}", "user": {me.user.pk}}}'.encode()
    answer = ask(me, "POST", "/api/label/", body)
    assert answer.status_code == 201
    assert answer.json()["name"] == json.loads(f'"{text}"')


@pytest.mark.rule("wire trap 14", "wire row 49")
def test_the_body_of_a_get_is_never_read(me: Caller) -> None:
    for body, label in ((b'{"a": 1}', "application/json"), (b"\xff", "text/yaml")):
        answer = ask(me, "GET", "/api/label/301/", body, label=label)
        assert answer.json()["name"] == "red"


@pytest.mark.rule("wire trap 14")
def test_the_body_of_a_delete_is_never_read(me: Caller) -> None:
    assert ask(me, "DELETE", "/api/label/301/", b"\xff{", label="x/y").status_code == 204


def test_a_chunked_body_is_411(me: Caller) -> None:
    answer = Client(headers=login(me)).generic(
        "POST", "/api/label/", b"", headers={"Transfer-Encoding": "chunked"}
    )
    assert answer.status_code == 411
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(("spare", "status"), [(0, 201), (-1, 413)])
def test_a_body_above_the_limit_is_413(
    me: Caller, settings: Settings, spare: int, status: int
) -> None:
    body = body_of(me)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(body) + spare
    answer = ask(me, "POST", "/api/label/", body)
    assert answer.status_code == status
    if status == 413:
        assert str(len(body) + spare) in answer.json()["error"]


@pytest.mark.rule("T202")
def test_the_login_is_checked_before_the_body(me: Caller, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1
    assert labelled(ANYBODY, b"\xff", "text/yaml") == 401
