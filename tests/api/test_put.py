"""PUT to a detail: Tastypie section 10."""

from __future__ import annotations

import pytest

from apps.records.models import Record
from tests.api.asking import ask, error, got, is_plain
from tests.people import Caller, grant

PATHS = ("/api/range/202/", "/api/record/101/", "/api/label/301/", "/api/trainingroutine/402/")
MOVES = {"last_modified"}


@pytest.mark.rule("T143", "T144", "T150", "wire 1.5")
@pytest.mark.parametrize("path", PATHS)
def test_the_whole_object_may_be_put_back(me: Caller, path: str) -> None:
    before = got(me, path)
    answer = ask(me, "PUT", path, before)
    assert answer.status_code == 200
    after = got(me, path)
    assert answer.json() == after
    assert {k: v for k, v in after.items() if k not in MOVES} == {
        k: v for k, v in before.items() if k not in MOVES
    }


@pytest.mark.rule("T143", "wire 1.5")
def test_a_new_name_for_a_whole_object(me: Caller) -> None:
    whole = got(me, "/api/range/202/")
    answer = ask(me, "PUT", "/api/range/202/", {**whole, "name": "renamed"})
    assert answer.json()["name"] == got(me, "/api/range/202/")["name"] == "renamed"


@pytest.mark.rule("T145", "T146")
def test_absent_members_stay_unless_blank_and_nullable(me: Caller) -> None:
    Record.objects.filter(pk=101).update(dev_id="D", soft_protocole=3)
    after = ask(me, "PUT", "/api/record/101/", {}).json()
    assert (after["dev_id"], after["soft_protocole"]) == ("D", 3)
    assert (after["start"], after["end"]) == (None, None)
    assert after["device"] == "/api/device/HXSKIN1200000001/"
    assert after["user"]["id"] == me.user.pk


@pytest.mark.rule("T147")
def test_an_absent_list_is_emptied(me: Caller) -> None:
    after = ask(me, "PUT", "/api/range/201/", {"start": 1}).json()
    assert after["labels"] == []
    assert (after["name"], after["end"]) == ("easy", None)


@pytest.mark.rule("T147")
def test_a_put_without_context_keeps_the_links(me: Caller) -> None:
    after = ask(me, "PUT", "/api/range/202/", {"start": 1}).json()
    assert after["trainingroutine"] == "/api/trainingroutine/401/"
    assert after["context"]["activitytype"] == "/api/activitytype/501/"


@pytest.mark.rule("T148")
def test_null_for_members_that_are_not_nullable_is_ignored(me: Caller) -> None:
    body = {"name": None, "start": None, "rank": None, "user": None}
    after = ask(me, "PUT", "/api/range/202/", body).json()
    assert (after["name"], after["start"], after["rank"]) == ("hard", 1280000, 2)
    assert after["user"] == f"/api/user/{me.user.pk}/"


@pytest.mark.rule("T148")
def test_null_clears_a_relation_that_is_nullable(me: Caller) -> None:
    assert ask(me, "PUT", "/api/record/101/", {"device": None}).json()["device"] is None


@pytest.mark.rule("T149", "T105")
def test_read_only_members_are_ignored_and_unknown_ones_echoed(me: Caller) -> None:
    body = {"id": 9999, "resource_uri": "/api/range/9/", "status": "x", "odd": [1], "pk": 5}
    answer = ask(me, "PUT", "/api/range/201/", body)
    after = answer.json()
    assert (after["id"], after["resource_uri"]) == (201, "/api/range/201/")
    assert after["status"] == got(me, "/api/range/201/")["status"] != "x"
    assert (after["odd"], after["pk"]) == ([1], 5)
    assert is_plain(ask(me, "GET", "/api/range/9999/"), 404)


@pytest.mark.rule("T151", "Tastypie 18")
@pytest.mark.parametrize("body", [[], [{}], 5, "x", None, True])
def test_a_body_that_is_no_object(me: Caller, body: object) -> None:
    assert error(ask(me, "PUT", "/api/range/201/", body))
    assert got(me, "/api/range/201/")["name"] == "easy"


@pytest.mark.rule("T151", "Tastypie 18")
@pytest.mark.parametrize("start", ["abc", "", [], 2**63])
def test_a_wrong_number(me: Caller, start: object) -> None:
    assert "start" in error(ask(me, "PUT", "/api/range/201/", {"start": start}))


@pytest.mark.rule("T152", "T153", "Tastypie 18")
@pytest.mark.parametrize("key", ["9999", "abc", "-1", "204", "1.5"])
@pytest.mark.parametrize("body", [b"{}", b"{", b'{"name": "x", "start": 1}'])
def test_a_put_never_creates(me: Caller, key: str, body: bytes) -> None:
    assert is_plain(ask(me, "PUT", f"/api/range/{key}/", body), 404)


@pytest.mark.rule("T190", "Tastypie 19")
def test_a_row_cannot_be_given_away(me: Caller, outsider: Caller) -> None:
    for method in ("PUT", "PATCH"):
        body = {"user": outsider.user.pk, "name": "gift"}
        assert ask(me, method, "/api/range/201/", body).status_code == 400  # not seen: not there
    grant(outsider.user, me.user, "read")
    for method in ("PUT", "PATCH"):
        assert ask(me, method, "/api/range/201/", body).status_code == 403
    assert got(me, "/api/range/201/")["name"] == "easy"
