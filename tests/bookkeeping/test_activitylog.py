"""A row for every write through the API, in the transaction of the write."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.api.events import written
from apps.bookkeeping.models import ActivityLog
from apps.credentials.models import Client
from apps.credentials.signed_keys.signatures import compute_signature
from apps.records.models import Label, Range, Record
from hexostore import clock
from tests.people import Caller, Cast

LOG = "/api/activitylog/"


def rows(**where: Any) -> list[dict[str, Any]]:
    """What was noted, oldest first."""
    return [dict(row) for row in ActivityLog.objects.filter(**where).values()]


def label(owner: Caller) -> Label:
    return Label.objects.create(user=owner.user, name="race")


def entries(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    """The log as the API shows it."""
    found: list[dict[str, Any]] = caller.get(LOG, query).json()["objects"]
    return found


def test_a_post_is_noted(owner: Caller) -> None:
    body = {"name": "race", "user": owner.user.pk}
    answer = owner.sending("User-Agent", "a phone/1.0").post("/api/label/", body)
    (found,) = entries(owner)
    assert found.pop("date").startswith("20")
    key = answer.json()["id"]
    kind = found.pop("content_type")
    assert owner.get(kind).json() == {"resource_uri": kind}
    assert found == {
        "application": None,
        "id": found["id"],
        "method": "POST",
        "object_id": key,
        "object_resource_uri": f"/api/label/{key}/",
        "path": "/api/label/",
        "resource_name": "label",
        "resource_uri": f"{LOG}{found['id']}/",
        "user": f"/api/user/{owner.user.pk}/",
        "user_agent": "a phone/1.0",
    }


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
def test_every_verb_of_a_detail_is_noted(owner: Caller, verb: str) -> None:
    row = label(owner)
    path = f"/api/label/{row.pk}/"
    owner.request(verb, path, {"name": "heat"})
    (found,) = rows()
    assert (found["method"], found["path"], found["object_id"]) == (verb, path, row.pk)
    assert (found["resource_name"], found["object_resource_uri"]) == ("label", path)


def test_the_method_meant_is_noted(owner: Caller) -> None:
    path = f"/api/label/{label(owner).pk}/"
    owner.sending("X-HTTP-Method-Override", "PATCH").post(path, {"name": "heat"})
    assert [row["method"] for row in rows()] == ["PATCH"]


def test_a_patch_of_a_list_notes_every_object(owner: Caller) -> None:
    changed, doomed = label(owner), label(owner)
    body = {
        "objects": [
            {"resource_uri": f"/api/v1/label/{changed.pk}/", "name": "heat"},
            {"name": "new", "user": owner.user.pk},
        ],
        "deleted_objects": [f"/api/v1/label/{doomed.pk}/"],
    }
    made = owner.patch("/api/v1/label/", body).json()["objects"][1]
    keys = [changed.pk, made["id"], doomed.pk]
    assert [row["object_id"] for row in rows()] == keys
    assert [row["object_resource_uri"] for row in rows()] == [f"/api/label/{k}/" for k in keys]
    assert {(row["method"], row["path"]) for row in rows()} == {("PATCH", "/api/v1/label/")}


def test_objects_are_named_in_one_way(owner: Caller) -> None:
    row, doomed = label(owner), label(owner)
    owner.patch(f"/api/v1/label/%20{row.pk}/", {"name": "heat"})
    odd = f"https://api.example/x/label/{doomed.pk}/"
    assert owner.patch("/api/label/", {"objects": [], "deleted_objects": [odd]}).status_code == 202
    keys = [row.pk, doomed.pk]
    assert [found["object_id"] for found in rows()] == keys
    assert [found["object_resource_uri"] for found in rows()] == [f"/api/label/{k}/" for k in keys]


def test_reading_is_not_noted(owner: Caller) -> None:
    path = f"/api/label/{label(owner).pk}/"
    for asked in ("/api/", "/api/label/", "/api/label/schema/", path):
        assert owner.get(asked).status_code == 200
    owner.options(path)
    assert rows() == []


def test_what_is_refused_is_not_noted(cast: Cast) -> None:
    path = f"/api/label/{label(cast.owner).pk}/"
    good = {"name": "race", "user": cast.owner.user.pk}
    for answer in (
        cast.friend.patch(path, {"name": "mine"}),
        cast.outsider.delete(path),
        cast.owner.post("/api/label/", {"name": "x"}),
        cast.owner.put("/api/label/", good),
        cast.owner.patch("/api/label/", {"objects": [good, {"name": "no owner"}]}),
    ):
        assert answer.status_code >= 400
    assert rows() == []


def test_write_and_row_go_together(owner: Caller) -> None:
    """When something fails after the row was noted, neither stays."""

    def fail(**_: Any) -> None:
        assert ActivityLog.objects.exists()
        raise RuntimeError

    written.connect(fail)
    try:
        answer = owner.post("/api/label/", {"name": "race", "user": owner.user.pk})
    finally:
        written.disconnect(fail)
    assert answer.status_code == 500
    assert rows() == []
    assert not Label.objects.exists()


def test_a_row_costs_one_statement(owner: Caller) -> None:
    path = f"/api/label/{label(owner).pk}/"
    owner.patch(path, {"name": "warm"})
    with CaptureQueriesContext(connection) as done:
        owner.patch(path, {"name": "heat"})
    about = [query["sql"] for query in done if "activitylog" in query["sql"]]
    assert len(about) == 1
    assert about[0].startswith("INSERT")


def test_the_client_is_kept(owner: Caller) -> None:
    key = Client.objects.create(client_id="key", client_secret="secret", user=owner.user)
    now = str(int(clock.now().timestamp()))
    signed = compute_signature("secret", now, "http://testserver/api/label/")
    program = Caller(owner.account, {"X-HEXOTIMESTAMP": now, "X-HEXOAPIKEY": "key"})
    program = program.sending("X-HEXOAPISIGNATURE", signed)
    body = {"name": "race", "user": owner.user.pk}
    assert program.post("/api/label/", body).status_code == 201
    owner.post("/api/label/", body)
    assert [row["client_id"] for row in rows()] == [key.pk, None]


def test_long_agents_and_odd_paths_fit(owner: Caller) -> None:
    caller = owner.sending("User-Agent", "x" * 5000)
    answer = caller.post("/api/label/", {"name": "race", "user": owner.user.pk})
    assert answer.status_code == 201
    assert rows()[0]["user_agent"] == "x" * 500


def test_lastchange_shows_each_object_once(owner: Caller) -> None:
    first, second = label(owner), label(owner)
    for key, name in ((first.pk, "a"), (second.pk, "b"), (first.pk, "c")):
        owner.patch(f"/api/label/{key}/", {"name": name})
    newest = entries(owner, lastchange="true")
    assert [found["object_id"] for found in newest] == [second.pk, first.pk]
    assert [found["id"] for found in newest] == sorted(found["id"] for found in newest)
    for word in ("false", "", "maybe"):
        assert len(entries(owner, lastchange=word)) == 3
    assert owner.get(LOG, {"lastchange": "true", "limit": 1}).json()["meta"]["total_count"] == 2
    only = entries(owner, lastchange="true", object_id=first.pk, method="PATCH")
    assert [found["object_id"] for found in only] == [first.pk]


def test_lastchange_is_the_last_that_one_sees(cast: Cast) -> None:
    """The coach's later change is noted under the coach, whose log the owner does not see."""
    path = f"/api/label/{label(cast.owner).pk}/"
    cast.owner.patch(path, {"name": "a"})
    cast.coach.patch(path, {"name": "b"})
    (mine,), (newest,) = (
        entries(cast.owner, lastchange="true"),
        entries(cast.coach, lastchange="true"),
    )
    assert mine["user"] == f"/api/user/{cast.owner.user.pk}/"
    assert newest["user"] == f"/api/user/{cast.coach.user.pk}/"


def test_an_object_is_found_by_any_spelling_of_its_path(owner: Caller) -> None:
    path = f"/api/label/{label(owner).pk}/"
    owner.patch(path, {"name": "a"})
    for spelt in (path, path.replace("/api/", "/api/v1/"), f"https://api.example{path}"):
        assert len(entries(owner, object_resource_uri=spelt)) == 1
        assert len(entries(owner, object_resource_uri__in=f"{spelt},/api/label/0/")) == 1
    assert entries(owner, object_resource_uri="/api/range/1/") == []


def test_outsiders_see_nothing(cast: Cast) -> None:
    record = Record.objects.create(user=cast.owner.user)
    Range.objects.create(user=cast.owner.user, start=0)
    cast.owner.patch(f"/api/record/{record.pk}/", {"dev_id": "phone"})
    (found,) = entries(cast.owner)
    assert entries(cast.outsider) == []
    assert cast.outsider.get(found["resource_uri"]).status_code == 404
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        assert cast.owner.request(verb, found["resource_uri"], {}).status_code == 405
