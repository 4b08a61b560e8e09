"""Scopes: `readonly` never writes (behaviour 4; RFC 6750, section 3.1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser

from apps.accounts.models import User
from apps.api import registry
from apps.api.access import Access, Scheme
from apps.api.errors import Forbidden
from apps.records.models import Range
from tests.credentials.tokens import ask, bearing, new_client, new_token, reason

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

RANGE = {"name": "made", "start": 256, "end": 512}


@pytest.fixture
def row(user: User) -> Range:
    return Range.objects.create(user=user, name="x", start=256, end=512)


def give(user: User, scope: str) -> None:
    new_token(new_client(user), user, scope=scope)


def send(method: str, path: str, body: Any = RANGE, **headers: str) -> Answer:
    sent = {**bearing(), **headers}
    return Browser().generic(method, path, json.dumps(body), "application/json", headers=sent)


def is_refused(answer: Answer) -> bool:
    assert (answer.status_code, reason(answer)) == (403, "scope_insufficient")
    assert list(answer.json()) == ["error"]
    assert "readwrite" in answer.json()["error"]
    told = 'Bearer realm="hexostore", error="insufficient_scope", scope="readwrite"'
    assert answer["WWW-Authenticate"] == told
    return True


WRITES = [
    ("POST", "/api/range/"),
    ("PATCH", "/api/range/"),
    ("PUT", "/api/range/{}/"),
    ("PATCH", "/api/range/{}/"),
    ("DELETE", "/api/range/{}/"),
    ("POST", "/api/createuser/"),
    ("POST", "/api/data/"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_readonly_does_not_write(user: User, row: Range, method: str, path: str) -> None:
    give(user, "readonly")
    answer = send(method, path.format(row.pk))
    assert answer.status_code == 405 or is_refused(answer)
    assert list(Range.objects.values_list("name", flat=True)) == ["x"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nor_by_an_overridden_method(user: User, row: Range, method: str) -> None:
    give(user, "readonly")
    for sent in ("GET", "POST"):
        headers = {"X-HTTP-Method-Override": method}
        assert is_refused(send(sent, f"/api/range/{row.pk}/", **headers))
    assert Range.objects.get().name == "x"


@pytest.mark.parametrize("path", ["/api/range/", "/api/range/{}/", "/api/range/set/{}/"])
def test_readonly_reads(user: User, row: Range, path: str) -> None:
    give(user, "readonly")
    assert ask(path=path.format(row.pk)).status_code == 200


def test_a_post_that_is_meant_as_a_read_is_one(user: User, row: Range) -> None:
    give(user, "readonly")
    headers = {"X-HTTP-Method-Override": "GET"}
    assert send("POST", f"/api/range/{row.pk}/", **headers).status_code == 200


@pytest.mark.parametrize("scope", ["readwrite", "readonly readwrite", "readwrite other"])
def test_readwrite_does_both(user: User, row: Range, scope: str) -> None:
    give(user, scope)
    assert ask(path="/api/range/").status_code == 200
    assert send("POST", "/api/range/", {**RANGE, "user": user.pk}).status_code == 201
    assert send("DELETE", f"/api/range/{row.pk}/").status_code == 204


@pytest.mark.parametrize("scope", ["", "other", "READONLY", "readonlyx"])
def test_a_token_without_a_scope_of_ours_opens_nothing(user: User, scope: str) -> None:
    give(user, scope)
    answer = ask()
    assert (answer.status_code, reason(answer)) == (403, "scope_insufficient")
    assert 'scope="readonly"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("scheme", [Scheme.BEARER, Scheme.OAUTH1])
def test_a_challenge_is_for_bearers(scheme: Scheme) -> None:
    with pytest.raises(Forbidden) as refused:
        Access(scheme, scopes=frozenset({"readonly"})).allow("POST")
    assert ("WWW-Authenticate" in refused.value.headers) is (scheme is Scheme.BEARER)


def test_a_resource_may_let_every_scope_do_something(
    user: User, row: Range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        registry.model_resource("range"), "for_every_scope", ("delete",), raising=False
    )
    give(user, "readonly")
    assert is_refused(send("PATCH", f"/api/range/{row.pk}/"))
    assert send("DELETE", f"/api/range/{row.pk}/").status_code == 204
