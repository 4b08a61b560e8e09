"""X-HexoAPIVersion: API reference, API versions."""

from __future__ import annotations

import pytest

from apps.records.models import Annotation
from tests.api.asking import ask, error, got, is_plain
from tests.people import ANYBODY, Caller

HEADER = "X-HexoAPIVersion"
OLD = [
    "2.0.x",
    "2.0.1",
    "2.0",
    "2.x",
    "2.x.x",
    "3.3.x",
    "3.3.X",
    "3.3.7",
    "3.3.0",
    "3.3",
    " 3.3.7 ",
]
NEW = ["", "latest", "4.x", "4.0.x", "4.0.12", "4.0", "latest", "Latest "]
UNKNOWN = [
    "3.2.x",
    "3.4.0",
    "4.1.x",
    "5.x",
    "x",
    "3",
    "v3.3.x",
    "3.3.x.x",
    "newest",
    "3..x",
    "٣.٣.x",
    "-3.3.x",
    "3.3.x, 4.x",
    "999999999.0.0",
    "3.3.99999",
]
RECORD_SINCE_4 = {"algo", "data", "duration", "garment", "n_uploaded_timelines", "npages"}
RANGE_SINCE_4 = {"histograms"}
READ_BEFORE_DOCUMENTED = {"activityattributes", "context"}


def members(who: Caller, path: str, version: str) -> set[str]:
    return set(got(who, path, **{HEADER: version}))


@pytest.mark.parametrize("version", OLD)
def test_older_shapes(me: Caller, version: str) -> None:
    assert not RECORD_SINCE_4 & members(me, "/api/record/101/", version)
    assert not RANGE_SINCE_4 & got(me, "/api/range/schema/", **{HEADER: version})["fields"].keys()
    assert "id" not in members(me, "/api/datatype/19/", version)
    fields = got(me, "/api/record/schema/", **{HEADER: version})["fields"]
    assert not RECORD_SINCE_4 & fields.keys()
    assert not {"primary_key", "verbose_name", "related_schema"} & fields["user"].keys()


def test_clients_of_3_3_read_the_context_that_only_newer_schemas_list(me: Caller) -> None:
    v3, v2 = {HEADER: "3.3.x"}, {HEADER: "2.0.x"}
    newest, shown = got(me, "/api/range/202/"), got(me, "/api/range/202/", **v3)
    for name in READ_BEFORE_DOCUMENTED:
        assert shown[name] == newest[name]
    assert shown["context"].keys() == {"activitytype", "trainingroutine"}
    assert not READ_BEFORE_DOCUMENTED & members(me, "/api/range/202/", "2.0.x")
    assert got(me, "/api/range/?limit=1", **v3)["objects"][0].keys() >= READ_BEFORE_DOCUMENTED
    listed = got(me, "/api/range/schema/")["fields"].keys()
    assert listed >= READ_BEFORE_DOCUMENTED
    for version in (v2, v3):
        fields = got(me, "/api/range/schema/", **version)["fields"]
        assert not READ_BEFORE_DOCUMENTED & fields.keys()


def test_a_context_sent_in_3_3_is_kept(me: Caller) -> None:
    body = {"context": {"activitytype": "/api/activitytype/501/", "trainingroutine": None}}
    shown = ask(me, "PATCH", "/api/range/202/", body, {HEADER: "3.3.x"}).json()
    assert shown["context"] == body["context"]
    assert shown["activitytype"] == "/api/activitytype/501/"


@pytest.mark.parametrize("version", ["1.0.0", "1.0.x", "1.0", "1.x", "1.2.3"])
def test_version_1_means_the_oldest(me: Caller, version: str) -> None:
    oldest = got(me, "/api/range/202/", **{HEADER: "2.0.x"})
    assert got(me, "/api/range/202/", **{HEADER: version}) == oldest


@pytest.mark.parametrize("name", ["accesstoken", "algo"])
def test_what_the_page_of_3_3_names_answers_there_unlisted(me: Caller, name: str) -> None:
    statuses = {}
    for version in ("2.0.x", "3.3.x", "4.0.x"):
        headers = {HEADER: version}
        assert (name in got(me, "/api/", **headers)) == (version == "4.0.x")
        answers = [ask(me, "GET", f"/api/{name}/{end}", headers=headers) for end in ("", "schema/")]
        statuses[version] = {answer.status_code for answer in answers}
    assert statuses == {"2.0.x": {404}, "3.3.x": {200}, "4.0.x": {200}}


@pytest.mark.parametrize("version", NEW)
def test_the_newest_shape_is_the_default(me: Caller, version: str) -> None:
    headers = {HEADER: version} if version else {}
    record = got(me, "/api/record/101/", **headers)
    assert record.keys() >= RECORD_SINCE_4
    assert record == got(me, "/api/record/101/")
    assert got(me, "/api/range/202/", **headers).keys() >= RANGE_SINCE_4
    fields = got(me, "/api/record/schema/", **headers)["fields"]
    assert fields.keys() >= RECORD_SINCE_4
    assert fields["user"]["related_schema"] == "/api/user/schema/"


@pytest.mark.parametrize("version", UNKNOWN)
@pytest.mark.parametrize("path", ["/api/record/", "/api/", "/api/record/schema/"])
def test_an_unknown_version_is_told_the_known_ones(me: Caller, path: str, version: str) -> None:
    raw = version.encode().decode("latin-1")
    text = error(ask(me, "GET", path, headers={HEADER: raw}))
    assert all(known in text for known in ("2.0.x", "3.3.x", "4.0.x"))


def test_the_login_comes_before_the_version(me: Caller) -> None:
    assert is_plain(ask(ANYBODY, "GET", "/api/record/", headers={HEADER: "9.9.x"}), 401)


def test_old_versions_neither_read_nor_write_new_members(me: Caller) -> None:
    body = {"garment": "L", "dev_id": "D"}
    shown = ask(me, "PATCH", "/api/record/101/", body, {HEADER: "3.3.x"}).json()
    assert shown["dev_id"] == "D"
    assert got(me, "/api/record/101/")["garment"] is None
    assert ask(me, "PATCH", "/api/record/101/", body).json()["garment"] == "L"


def test_old_versions_do_not_know_new_filters(me: Caller) -> None:
    path = "/api/user/?profile=999"
    assert got(me, path)["objects"] == []
    assert error(ask(me, "GET", path, headers={HEADER: "3.3.x"})) == (
        "The 'profile' field does not allow filtering."
    )


def test_nested_objects_are_of_the_version_too(me: Caller) -> None:
    new, old = (got(me, "/api/record/101/", **{HEADER: v})["user"] for v in ("4.x", "3.3.x"))
    assert new.keys() - old.keys() == {"devices", "stats"}


def test_annotations_of_both_times(me: Caller) -> None:
    row = Annotation.objects.create(user=me.user, datatype_id=4096, start=5)
    path = f"/api/annotation/{row.pk}/"
    new, old = got(me, path), got(me, path, **{HEADER: "3.3.x"})
    assert isinstance(new["last_update"], int)
    assert "last_update" not in old
    assert old["last_modified"] == new["last_modified"]


@pytest.mark.parametrize("version", ["2.0.x", "3.3.x", "4.x"])
def test_every_version_has_both_prefixes(me: Caller, version: str) -> None:
    for prefix in ("/api", "/api/v1"):
        index = got(ANYBODY, f"{prefix}/", **{HEADER: version})
        assert index["range"]["schema"] == f"{prefix}/range/schema/"
