"""Relations in bodies: Tastypie section 8, and what the real API takes besides (Tastypie
section 19)."""

from __future__ import annotations

from typing import Any

import pytest

from apps.records.models import Range
from tests.api.asking import ask, error, got, is_canned
from tests.api.world import SERIALS
from tests.people import Caller

MISSING = "Could not find the provided {} object via resource URI '{}'."
NO_URI = (
    "The '{}' field was given data that was not a URI, not a dictionary-alike and does not have "
    "a 'pk' attribute: {}."
)


def record(who: Caller, **members: Any) -> Any:
    return ask(who, "POST", "/api/record/", {"user": who.user.pk, **members})


def labelled(who: Caller, labels: object) -> Any:
    return ask(who, "PATCH", "/api/range/201/", {"labels": labels})


@pytest.mark.rule("T129", "T135", "Tastypie 19")
@pytest.mark.parametrize(
    "value",
    [
        f"/api/device/{SERIALS[0]}/",
        f"/api/v1/device/{SERIALS[0]}/",
        f"http://anywhere/api/device/{SERIALS[0]}/",
        f"/other/place/device/{SERIALS[0]}/",
        SERIALS[0],
        11,
        "11",
        {"resource_uri": f"/api/device/{SERIALS[0]}/"},
        {"id": 11, "batt_start": 5},
        {"deviceid": SERIALS[0]},
    ],
    ids=str,
)
def test_ways_to_name_a_device(me: Caller, value: object) -> None:
    answer = record(me, device=value)
    assert answer.status_code == 201
    assert answer.json()["device"] == f"/api/device/{SERIALS[0]}/"
    assert got(me, f"/api/device/{SERIALS[0]}/")["batt_start"] == 0


@pytest.mark.rule("Tastypie 19")
@pytest.mark.parametrize("form", ["{pk}", "/api/user/{pk}/", "{name}"])
def test_ways_to_name_a_user(me: Caller, form: str) -> None:
    value = form.format(pk=me.user.pk, name=me.user.email)
    answer = ask(me, "POST", "/api/label/", {"name": "x", "user": value})
    assert answer.json()["user"] == f"/api/user/{me.user.pk}/"


@pytest.mark.rule("T129", "T212")
def test_an_object_read_is_taken_back(me: Caller) -> None:
    nested = got(me, "/api/record/101/")["user"]
    assert isinstance(nested, dict)
    assert record(me, user={**nested, "first_name": "changed"}).status_code == 201
    assert got(me, "/api/record/101/")["user"] == nested


@pytest.mark.rule("T130", "T134", "Tastypie 18")
@pytest.mark.parametrize(
    "value",
    ["/api/device/NONE/", "", "NONE", 9999, "9999", 10**30, "/api/device/schema/", "\uff19", {}],
    ids=str,
)
def test_a_row_that_is_not_there(me: Caller, value: object) -> None:
    shown = "" if value == {} else value
    assert error(record(me, device=value)) == MISSING.format("device", shown)


@pytest.mark.rule("T131", "T132", "T134")
@pytest.mark.parametrize(
    "value",
    [
        "/api/user/12/",
        "/api/label/x/",
        "/api/label/301",
        "/api/label/301/?a=1",
        "/api/label/",
        "/",
        "label/301",
    ],
)
def test_a_uri_of_something_else(me: Caller, value: str) -> None:
    body = {"label": value, "object": "/api/range/201/", "user": me.user.pk}
    assert is_canned(ask(me, "POST", "/api/labelledobject/", body))


@pytest.mark.rule("T133")
@pytest.mark.parametrize("value", [[], [11], True, False, 1.5], ids=str)
def test_what_is_no_uri(me: Caller, value: object) -> None:
    assert error(record(me, device=value)) == NO_URI.format("device", value)


@pytest.mark.rule("T136", "Tastypie 18")
def test_objects_that_name_no_row(me: Caller) -> None:
    values: list[dict[str, object]] = [
        {"resource_uri": "/api/device/NONE/", "id": 11},
        {"resource_uri": None},
        {"id": None},
        {"id": [1]},
        {"name": "x"},
        {"resource_uri": {"resource_uri": {"id": []}}},
    ]
    for value in values:
        assert record(me, device=value).status_code == 400


@pytest.mark.rule("T137", "T214")
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["/api/label/302/", "/api/label/301/"], [301, 302]),
        (["/api/label/302/", None, "/api/label/302/"], [302]),
        ([{"resource_uri": "/api/label/301/", "name": "changed"}], [301]),
        ([], []),
        (None, []),
    ],
    ids=str,
)
def test_a_list_replaces_the_list(me: Caller, sent: object, kept: list[int]) -> None:
    answer = labelled(me, sent)
    assert answer.status_code == 202
    uris = [f"/api/label/{key}/" for key in kept]
    assert answer.json()["labels"] == got(me, "/api/range/201/")["labels"] == uris
    assert got(me, "/api/label/301/")["name"] == "red"


@pytest.mark.rule("T137")
def test_a_new_row_with_a_list(me: Caller) -> None:
    body = {"user": me.user.pk, "start": 5, "labels": ["/api/label/301/"]}
    answer = ask(me, "POST", "/api/range/", body)
    assert answer.json()["labels"] == ["/api/label/301/"]


@pytest.mark.rule("T138")
@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (["/api/label/9999/"], MISSING.format("label", "/api/label/9999/")),
        ([5], NO_URI.format("labels", 5)),
        ([True], NO_URI.format("labels", True)),
        ([[]], NO_URI.format("labels", [])),
        (5, NO_URI.format("labels", 5)),
        ({}, NO_URI.format("labels", {})),
    ],
    ids=str,
)
def test_refused_lists(me: Caller, sent: object, text: str) -> None:
    assert error(labelled(me, sent)) == text
    assert len(got(me, "/api/range/201/")["labels"]) == 2


@pytest.mark.rule("T138")
@pytest.mark.parametrize("sent", ["red", "", ["red"], ["/api/range/201/"], ["/api/label/"]])
def test_lists_with_foreign_texts(me: Caller, sent: object) -> None:
    assert is_canned(labelled(me, sent))


@pytest.mark.rule("T139", "Tastypie 18")
def test_nothing_is_saved_of_a_refused_change(me: Caller) -> None:
    body = {"name": "changed", "labels": ["/api/label/9999/"]}
    assert ask(me, "PATCH", "/api/range/201/", body).status_code == 400
    assert ask(me, "PUT", "/api/range/201/", body).status_code == 400
    assert got(me, "/api/range/201/")["name"] == "easy"


@pytest.mark.rule("Tastypie 18")
def test_rows_one_may_not_see_cannot_be_linked(me: Caller) -> None:
    uri = "/api/label/303/"
    assert error(labelled(me, [uri])) == MISSING.format("label", uri)
    answer = ask(me, "PATCH", "/api/range/201/", {"parent": "/api/range/204/"})
    assert error(answer) == MISSING.format("range", "/api/range/204/")


def test_a_range_in_a_range(me: Caller) -> None:
    answer = ask(me, "PATCH", "/api/range/201/", {"parent": "/api/range/202/"})
    assert answer.json()["parent"] == "/api/range/202/"
    assert got(me, "/api/range/202/")["ranges"] == ["/api/range/201/"]
    assert "ranges" not in got(me, "/api/range/?id=202")["objects"][0]
    assert Range.objects.get(pk=201).parent_id == 202


@pytest.mark.parametrize(
    "value", [{"trainingroutine": 401}, {"trainingroutine": "/api/trainingroutine/401/"}]
)
def test_a_routine_brings_its_activity_type(me: Caller, value: dict[str, object]) -> None:
    answer = ask(me, "PATCH", "/api/range/201/", {"context": value})
    shown = {
        "activitytype": "/api/activitytype/501/",
        "trainingroutine": "/api/trainingroutine/401/",
    }
    assert answer.json()["context"] == shown
    assert answer.json()["activitytype"] == shown["activitytype"]


@pytest.mark.parametrize("value", [5, "x", [], {"trainingroutine": "x"}, {"activitytype": [1]}])
def test_a_context_that_is_none(me: Caller, value: object) -> None:
    answer = ask(me, "PATCH", "/api/range/201/", {"context": value})
    assert answer.status_code in {400, 404}


def test_null_clears_the_context(me: Caller) -> None:
    answer = ask(me, "PATCH", "/api/range/202/", {"context": None})
    assert answer.json()["context"] == {"activitytype": None, "trainingroutine": None}
