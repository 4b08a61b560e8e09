"""PATCH of one row and of a list: Tastypie sections 11 and 12."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.records.models import Label, Range
from tests.api.asking import ask, error, got, ids, is_canned, is_plain
from tests.people import Caller

LABELS = "/api/label/"


@pytest.mark.rule("T156", "T157", "T158")
@pytest.mark.parametrize("body", [{}, {"name": "new"}, {"note": "n"}, {"rank": 7}, {"end": None}])
def test_only_what_is_sent_changes(me: Caller, body: dict[str, object]) -> None:
    before = got(me, "/api/range/202/")
    answer = ask(me, "PATCH", "/api/range/202/", body)
    assert answer.status_code == 202
    after = got(me, "/api/range/202/")
    assert answer.json() == after
    computed = {"last_modified", "duration"}
    assert {k: v for k, v in after.items() if k not in computed} == {
        **{k: v for k, v in before.items() if k not in computed},
        **body,
    }


@pytest.mark.rule("T159", "T160", "T161")
def test_members_that_cannot_change(me: Caller) -> None:
    body = {
        "id": 5,
        "status": "x",
        "duration": "x",
        "pk": 5,
        "user_id": 5,
        "created": None,
        "odd": {},
    }
    answer = ask(me, "PATCH", "/api/range/201/", body)
    after = answer.json()
    assert (after["id"], after["duration"], after["odd"]) == (201, "0:00:06", {})
    assert after["user"] == f"/api/user/{me.user.pk}/"
    assert not {"odd", "pk", "user_id"} & got(me, "/api/range/201/").keys()


@pytest.mark.rule("T162", "T163")
def test_null_in_a_patch(me: Caller) -> None:
    after = ask(
        me, "PATCH", "/api/record/101/", {"device": None, "end": None, "dev_id": None}
    ).json()
    assert (after["device"], after["end"], after["dev_id"]) == (None, None, "")
    kept = ask(me, "PATCH", "/api/range/201/", {"start": None, "name": None, "user": None}).json()
    assert (kept["start"], kept["name"]) == (256000, "easy")
    assert ask(me, "PATCH", "/api/range/201/", {"parent": None}).json()["parent"] is None


@pytest.mark.rule("T164", "Tastypie 18")
@pytest.mark.parametrize("body", [[], [1], 5, "x", None, True, 0, ""])
def test_a_body_that_is_no_object(me: Caller, body: object) -> None:
    assert error(ask(me, "PATCH", "/api/range/201/", body)) == "Invalid data sent."


@pytest.mark.rule("T165")
@pytest.mark.parametrize("body", [b"{}", b"{"])
def test_an_unknown_key_comes_before_the_body(me: Caller, body: bytes) -> None:
    assert is_plain(ask(me, "PATCH", "/api/range/9999/", body), 404)
    assert is_canned(ask(me, "PATCH", "/api/range/abc/", body))


@pytest.mark.rule("T166")
def test_every_change_moves_last_modified(me: Caller) -> None:
    with time_machine.travel(datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC), tick=False):
        ask(me, "PATCH", "/api/range/201/", {"name": "x"})
    after = got(me, "/api/range/201/")
    assert after["last_modified"] == "2031-01-02T03:04:05+00:00"
    assert after["created"] == "2014-05-07T12:34:56+00:00"


@pytest.mark.rule("T168", "T169", "T170", "T171")
def test_a_list_creates_changes_and_deletes(me: Caller) -> None:
    uri = f"/api/user/{me.user.pk}/"
    body = {
        "objects": [
            {"name": "new", "user": uri, "odd": 1},
            {"resource_uri": "/api/label/301/", "name": "changed"},
        ],
        "deleted_objects": ["/api/label/302/"],
    }
    answer = ask(me, "PATCH", LABELS, body)
    assert answer.status_code == 202
    assert "Location" not in answer
    made, changed = answer.json()["objects"]
    assert list(answer.json()) == ["objects"]
    assert (made["name"], made["odd"]) == ("new", 1)
    assert changed == {"id": 301, "name": "changed", "resource_uri": "/api/label/301/", "user": uri}
    assert ids(me, LABELS) == [301, made["id"]]


@pytest.mark.rule("T171", "T213")
def test_a_list_patch_answers_in_list_style(me: Caller) -> None:
    body = {"objects": [{"resource_uri": "/api/range/201/"}, {"start": 5, "user": me.user.pk}]}
    for shown in ask(me, "PATCH", "/api/range/", body).json()["objects"]:
        assert shown == got(me, f"/api/range/?id={shown['id']}")["objects"][0]


@pytest.mark.rule("T172")
@pytest.mark.parametrize("body", [{}, [], [{}], {"deleted_objects": ["/api/label/301/"]}])
def test_a_list_needs_objects(me: Caller, body: object) -> None:
    assert error(ask(me, "PATCH", LABELS, body)) == "Invalid data sent: missing 'objects'"
    assert ids(me, LABELS) == [301, 302]


NO_USER = "The 'user' field has no data and doesn't allow a default or null value."


@pytest.mark.rule("T173", "Tastypie 18")
@pytest.mark.parametrize("items", [None, 5, 0, 1.5, True, False], ids=str)
def test_what_cannot_stand_for_a_list(me: Caller, items: object) -> None:
    for body in (items, {"objects": items}, {"objects": [items]}):
        assert error(ask(me, "PATCH", LABELS, body)) == "Invalid data sent."


@pytest.mark.rule("T172", "T173")
@pytest.mark.parametrize("body", ["", "x"])
def test_a_text_has_no_objects(me: Caller, body: str) -> None:
    assert error(ask(me, "PATCH", LABELS, body)) == "Invalid data sent: missing 'objects'"


@pytest.mark.rule("T173")
@pytest.mark.parametrize(
    "items",
    ["a", "abc", "resource_uri", {"a": 1}, {"name": "x", "user": 1511}, [""], ["abc"], [[]], [[1]]],
    ids=str,
)
def test_letters_and_names_are_taken_as_rows_without_fields(me: Caller, items: object) -> None:
    """The rows before them are undone with them."""
    first = {"resource_uri": "/api/label/301/", "name": "lost"}
    assert error(ask(me, "PATCH", LABELS, {"objects": items})) == NO_USER
    assert error(ask(me, "PATCH", LABELS, {"objects": [first, "a"]})) == NO_USER
    assert got(me, "/api/label/301/")["name"] == "red"


@pytest.mark.rule("T173")
@pytest.mark.parametrize("items", ["", {}, []], ids=repr)
def test_what_is_empty_has_no_rows(me: Caller, items: object) -> None:
    answer = ask(me, "PATCH", LABELS, {"objects": items})
    assert (answer.status_code, answer.json()) == (202, {"objects": []})


@pytest.mark.rule("T170", "T173")
@pytest.mark.parametrize("gone", [None, 0, False, "", {}, []], ids=repr)
def test_what_is_empty_deletes_nothing(me: Caller, gone: object) -> None:
    answer = ask(me, "PATCH", LABELS, {"objects": [], "deleted_objects": gone})
    assert (answer.status_code, answer.json()) == (202, {"objects": []})
    assert ids(me, LABELS) == [301, 302]


@pytest.mark.rule("T173", "T176", "Tastypie 18")
def test_deletions_that_are_no_list(me: Caller) -> None:
    for gone in (5, True, 1.5):
        body: dict[str, object] = {"objects": [], "deleted_objects": gone}
        assert error(ask(me, "PATCH", LABELS, body)) == "Invalid data sent."
    for uri in ("x", "/api/label/301/"):
        assert is_canned(ask(me, "PATCH", LABELS, {"objects": [], "deleted_objects": uri}))
    named = {"objects": [], "deleted_objects": {"/api/label/301/": 1}}
    assert ask(me, "PATCH", LABELS, named).status_code == 202
    assert ids(me, LABELS) == [302]


@pytest.mark.rule("T173", "T178")
def test_letters_count_as_objects(me: Caller) -> None:
    body = {"objects": "x" * 1001}
    assert error(ask(me, "PATCH", LABELS, body)) == "A PATCH of a list takes at most 1000 objects."


@pytest.mark.rule("T174")
def test_an_absent_uri_makes_a_new_row(me: Caller) -> None:
    item = {"resource_uri": "/api/label/9999/", "name": "made", "user": me.user.pk}
    made = ask(me, "PATCH", LABELS, {"objects": [item]}).json()["objects"][0]
    assert made["id"] != 9999
    assert made["resource_uri"] == f"/api/label/{made['id']}/"


@pytest.mark.rule("T175", "T176")
@pytest.mark.parametrize(
    "uri", ["/api/user/1/", "x", "/api/label/x/", "/api/label/", 5, None, {}, ""]
)
def test_foreign_uris(me: Caller, uri: object) -> None:
    assert is_canned(ask(me, "PATCH", LABELS, {"objects": [{"resource_uri": uri}]}))
    assert is_canned(ask(me, "PATCH", LABELS, {"objects": [], "deleted_objects": [uri]}))


@pytest.mark.rule("T176", "T177")
@pytest.mark.parametrize("uri", ["/api/label/9999/", "/api/label/303/"])
def test_a_deletion_that_is_not_there_undoes_all(me: Caller, uri: str) -> None:
    body = {
        "objects": [{"resource_uri": "/api/label/301/", "name": "lost"}],
        "deleted_objects": ["/api/label/302/", uri],
    }
    assert is_canned(ask(me, "PATCH", LABELS, body))
    assert [row["name"] for row in got(me, LABELS)["objects"]] == ["red", "Été <b>"]


@pytest.mark.rule("T177")
def test_one_bad_object_undoes_all(me: Caller) -> None:
    body = {"objects": [{"resource_uri": "/api/label/301/", "name": "lost"}, {"name": "nobody's"}]}
    assert error(ask(me, "PATCH", LABELS, body)).startswith("The 'user' field has no data")
    assert got(me, "/api/label/301/")["name"] == "red"
    assert Label.objects.count() == 3


@pytest.mark.rule("T178", "Tastypie 19")
def test_lists_that_cannot_be_patched(me: Caller) -> None:
    for name in ("record", "user", "datatype"):
        answer = ask(me, "PATCH", f"/api/{name}/", {"objects": []})
        assert answer.status_code == 405
        assert "PATCH" not in answer["Allow"]


@pytest.mark.rule("Tastypie 19")
def test_somebody_elses_row_in_a_list(me: Caller, friend: Caller) -> None:
    body = {"objects": [{"resource_uri": "/api/range/201/", "name": "x"}]}
    assert ask(friend, "PATCH", "/api/range/", body).status_code == 403
    assert Range.objects.get(pk=201).name == "easy"


@pytest.mark.parametrize("key", ["objects", "deleted_objects"])
def test_a_list_that_is_too_long_is_refused_at_once(me: Caller, key: str) -> None:
    items = [{"name": "x", "user": me.user.pk}] if key == "objects" else [f"{LABELS}1/"]
    body = {"objects": [], key: items * 1001}
    with CaptureQueriesContext(connection) as done:
        answer = ask(me, "PATCH", LABELS, body)
    assert not [query for query in done.captured_queries if "records_label" in query["sql"]]
    assert error(answer) == "A PATCH of a list takes at most 1000 objects."


def test_a_list_with_a_key_that_no_row_has(me: Caller) -> None:
    gone = [f"{LABELS}{10**30}/"]
    assert is_canned(ask(me, "PATCH", LABELS, {"objects": [], "deleted_objects": gone}))


def test_a_list_deletes_a_range_and_what_it_holds(me: Caller) -> None:
    parent = Range.objects.create(user=me.user, start=1)
    child = Range.objects.create(user=me.user, start=1, parent=parent)
    gone = [f"/api/range/{row.pk}/" for row in (parent, child)]
    answer = ask(me, "PATCH", "/api/range/", {"objects": [], "deleted_objects": gone})
    assert answer.status_code == 202
    assert not Range.objects.filter(pk__in=(parent.pk, child.pk)).exists()


def test_lists_in_bodies_are_not_too_long_either(me: Caller) -> None:
    names = ["labels", "activityattributes"]
    for name in names:
        answer = ask(me, "PATCH", "/api/range/201/", {name: [{"id": 1}] * 1001})
        assert error(answer) == f"The '{name}' field takes at most 1000 items."
    body = {"name": "steps", "steps": [{"activitytype": "/api/activitytype/1/"}] * 1001}
    answer = ask(me, "POST", "/api/trainingroutine/", body)
    assert error(answer) == "The 'steps' field takes at most 1000 items."


def test_a_set_is_not_too_long_either(me: Caller) -> None:
    answer = ask(me, "GET", f"{LABELS}set/{';'.join(['1'] * 1001)}/")
    assert error(answer) == "A set can have at most 1000 keys."
    assert ask(me, "GET", f"{LABELS}set/{';'.join(['1'] * 1000)}/").status_code == 200


LOGIN, TRANSACTION = 1, 2
"""Statements beside those of the change: the look for the user, and a savepoint here."""


def test_what_a_change_costs(me: Caller) -> None:
    ask(me, "PATCH", "/api/range/201/", {"name": "before"})
    with CaptureQueriesContext(connection) as done:
        assert ask(me, "PATCH", "/api/range/201/", {"name": "after"}).status_code == 202
    found = [query["sql"] for query in done.captured_queries]
    (select,) = [sql for sql in found if "FOR NO KEY UPDATE" in sql]
    (update,) = [sql for sql in found if sql.startswith("UPDATE")]
    assert select.endswith('FOR NO KEY UPDATE OF "records_range"')
    assert update.startswith('UPDATE "records_range" SET "name" = \'after\', "last_modified" = ')
    assert len(found) == LOGIN + TRANSACTION + len(("lock", "update", "read", "metrics", "log")) + 1
