"""A published client at work in the demo world: wire 1.1 to 1.6."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.sandbox.store import demo_key
from apps.signals.storage import store
from tests.api.published_client import HttpError, Instance, Published, Rows

pytestmark = pytest.mark.usefixtures("demo_world", "db")

VERSIONS = ["", "2.0.x", "3.3.x", "3.3.7", "4.x"]
VERBS = {"get", "post", "put", "patch", "delete"}


def session(user: str = "athlete", version: str = "") -> Published:
    return Published(f"{user}@example.com", user, **demo_key(), version=version)


@pytest.fixture
def api() -> Published:
    return session()


def pages(rows: Rows) -> list[Instance]:
    """All objects of a list, by following the links."""
    found = list(rows.objects)
    while rows.meta["next"]:
        rows = rows.following()
        found += rows.objects
    return found


@pytest.mark.rule("wire 1.2", "wire trap 3", "wire row 10")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_boot_reads_every_schema(version: str) -> None:
    schemas = session(version=version).schemas
    assert {"account", "user", "record", "range", "datatype", "data"} <= schemas.keys()
    for name, schema in schemas.items():
        assert schema["list_endpoint"] == f"/api/{name}/"
        assert schema["fields"] or name == "csvstudysubjects"  # its columns are of a file
        for view in ("list", "detail"):
            assert set(schema[f"allowed_{view}_http_methods"]) <= VERBS
        links = [one for one in schema["fields"].values() if one["type"] == "related"]
        assert all(one["related_type"] in {"to_one", "to_many"} for one in links)


QUESTIONS = {"csvstudysubjects", "data", "report", "distribution", "statistics"}
"""What has no list without being told what it is about."""

NOT_IN_PAGES = {"calendar", "csvsurveyanswers"}
"""What comes as a whole, without the `meta` by which clients know a page."""


@pytest.mark.rule("wire 1.4", "wire trap 5", "wire 1.3", "wire row 1", "wire row 17")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("user", ["athlete", "staff"])
def test_every_list_can_be_read(user: str, version: str) -> None:
    api = session(user, version)
    seen = 0
    for name, schema in api.schemas.items():
        if name in QUESTIONS | NOT_IN_PAGES or "get" not in schema["allowed_list_http_methods"]:
            continue
        if schema["fields"].keys() == api.schemas["data"]["fields"].keys():
            continue
        rows = api.list(name, "limit=7")
        assert len(pages(rows)) == rows.meta["total_count"]
        seen += len(rows.objects)
    assert seen > 50


@pytest.mark.rule("wire 1.4")
def test_details_are_found_by_their_uri(api: Published) -> None:
    views = ("list", "detail")
    for name, schema in api.schemas.items():
        if not all("get" in schema[f"allowed_{view}_http_methods"] for view in views):
            continue
        if name in NOT_IN_PAGES or name == "questionnaire":  # which has the form of FHIR
            continue
        for row in api.list(name, "limit=2").objects:
            found = api.read(row.resource_uri, name)
            assert found.resource_uri == row.resource_uri
            assert row.resource_uri.startswith(schema["list_endpoint"])


@pytest.mark.rule("wire 1.4", "wire row 7")
def test_the_login_test_of_everybody(api: Published) -> None:
    account = api.list("account").objects[0]
    assert account.email == "athlete@example.com"
    assert account.profile.weight == 78
    assert account.resource_uri == "/api/user/1511/"


@pytest.mark.rule("wire 1.4", "wire row 15")
def test_links_load_when_touched(api: Published) -> None:
    record = api.list("record", "limit=1&device__in=HXSKIN1200002115").objects[0]
    assert record.user.profile.gender == "M"
    assert record.device.deviceid == "HXSKIN1200002115"


@pytest.mark.rule("wire 1.5", "wire trap 1", "wire trap 4", "wire row 22")
def test_a_range_is_made_renamed_and_deleted(api: Published) -> None:
    start = 1795167824700.714
    body = {"name": "made", "start": start, "end": start + 300_000.5, "user": "/api/user/1511/"}
    before = api.list("range").meta["total_count"]
    made = api.create("range", body)
    assert (made.name, made.start) == ("made", 1795167824700)
    made.members["name"] = "renamed"
    api.update(made)
    assert api.read(made.resource_uri, "range").name == "renamed"
    assert made.user.first_name == "Athlete"
    assert api.list("range").meta["total_count"] == before + 1
    api.delete(made)
    with pytest.raises(HttpError) as gone:
        api.read(made.resource_uri, "range")
    assert (gone.value.status, gone.value.told) == (404, b"")
    assert api.list("range").meta["total_count"] == before


@pytest.mark.rule("wire 1.5", "wire row 27")
def test_a_printed_range_may_be_put_back() -> None:
    api = session("friend")
    row = api.read("/api/range/61495/", "range")
    before = {name: value for name, value in row.members.items() if name != "last_modified"}
    api.update(row)
    after = {name: value for name, value in row.members.items() if name != "last_modified"}
    assert plain(after) == plain(before)


def plain(members: dict[str, Any]) -> dict[str, Any]:
    """Members with the URIs of links in place of what has been loaded of them."""
    return {
        name: value.resource_uri if isinstance(value, Instance) else value
        for name, value in members.items()
    }


@pytest.mark.rule("wire 1.5")
def test_the_client_itself_refuses_what_the_schema_does_not_allow(api: Published) -> None:
    with pytest.raises(PermissionError):
        api.create("datatype", {})


@pytest.mark.rule("wire trap 6", "wire row 37", "wire 8.6")
def test_datatypes_have_both_numbers(api: Published) -> None:
    for row in pages(api.list("datatype")):
        assert row.id == row.dataid


@pytest.mark.rule("wire trap 7", "wire trap 8")
def test_heart_rate_can_be_read(api: Published) -> None:
    record = Record.objects.get(pk=37700)
    for key, first in ((19, 70), (33, 12)):
        store.write_channel(record, Datatype.objects.get(pk=key), np.array([first, first + 1]))
    (found,) = api.data("datatype=19,33&record=37700")
    ticks = (359840227126, 359840227382)
    assert found[19] == [[ticks[0], 70], [ticks[1], 71]]
    assert found[33] == [[ticks[0], 12], [ticks[1], 13]]
    assert found["user"] == "/api/user/1511/"
    assert all(isinstance(number, int) for pair in found[19] for number in pair)


@pytest.mark.rule("wire 1.6", "wire row 33")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [("password", b""), ("secret", {"error": "API signature failed."})],
)
def test_a_wrong_password_is_told_from_a_wrong_key(
    api: Published, wrong: str, told: object
) -> None:
    api.pair = "athlete@example.com:wrong" if wrong == "password" else api.pair
    api.secret = "wrong" if wrong == "secret" else api.secret
    with pytest.raises(HttpError) as refused:
        api.list("account")
    assert (refused.value.status, refused.value.told) == (401, told)


@pytest.mark.rule("wire 1.6")
def test_what_is_told_of_errors(api: Published) -> None:
    for query, status in (("limit=x", 400), ("start__gt=abc", 400)):
        with pytest.raises(HttpError) as refused:
            api.list("record", query)
        assert refused.value.status == status
        assert "error" in refused.value.told


@pytest.mark.rule("wire trap 1")
@pytest.mark.parametrize("label", [None, "application/json"])
def test_the_client_stumbles_over_the_wrong_label_of_nothing(
    api: Published, monkeypatch: pytest.MonkeyPatch, label: str | None
) -> None:
    """This client is a real test of the traps: a server that falls into one breaks it."""
    send = Published._send

    def relabelled(self: Published, method: str, path: str, body: str) -> Any:
        answer = send(self, method, path, body)
        if answer.status_code == 204:
            del answer.headers["Content-Type"]
            if label:
                answer.headers["Content-Type"] = label
        return answer

    monkeypatch.setattr(Published, "_send", relabelled)
    made = api.create("range", {"start": 5, "user": 1511})
    with pytest.raises((KeyError, ValueError)):
        api.delete(made)


@pytest.mark.rule("wire trap 5")
@pytest.mark.parametrize("link", ["", {}, "/api/device/HXSKIN12A/"])
def test_the_client_stumbles_over_odd_links(api: Published, link: object) -> None:
    with pytest.raises((AttributeError, KeyError)):
        api._instance("record", {"device": link})
