"""How values are written: Tastypie section 16, in both conventions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts.models import Profile
from apps.catalog.models import TrainingRoutine
from apps.records.models import Range, Record
from tests.api.asking import ask, got
from tests.api.world import SECOND
from tests.people import Caller


def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members have to be sorted."""
    names = [name for name, _ in pairs]
    assert names == sorted(names)
    return dict(pairs)


@pytest.mark.rule("T203")
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/range/",
        "/api/range/202/",
        "/api/record/101/",
        "/api/user/",
        "/api/account/",
        "/api/activitytype/",
        "/api/range/schema/",
        "/api/record/set/101;9999/",
        "/api/record/?limit=x",
    ],
)
def test_members_are_sorted_with_blanks_on_one_line(me: Caller, path: str) -> None:
    Profile.objects.create(user=me.user, fitness={"z": 1, "a": {"y": 1, "b": 2}})
    text = ask(me, "GET", path).content.decode()
    found = json.loads(text, object_pairs_hook=in_order)
    assert text == json.dumps(found, ensure_ascii=False)
    assert "\n" not in text


@pytest.mark.rule("T203")
def test_free_values_are_sorted_too(me: Caller) -> None:
    value = {"z": 1, "a": [{"y": 1, "b": {"d": 1, "c": 2}}]}
    answer = ask(me, "PATCH", "/api/trainingroutine/402/", {"metadata": value, "odd": value})
    json.loads(answer.content, object_pairs_hook=in_order)
    assert answer.json()["metadata"] == value


@pytest.mark.rule("T204")
def test_letters_are_written_as_themselves(me: Caller) -> None:
    text = ask(me, "GET", "/api/datatype/4096/").content.decode()
    assert '"info": "Été <b> & 心"' in text
    odd = "é心😀<&>'\"\\/\t\u2028\x7f"
    answer = ask(me, "PATCH", "/api/label/301/", {"name": odd})
    assert answer.json()["name"] == odd
    assert "é心😀<&>'\\\"\\\\/\\t\u2028\x7f" in answer.content.decode()
    assert got(me, "/api/label/301/")["name"] == odd


@pytest.mark.rule("T205")
def test_null_and_nothing(me: Caller) -> None:
    record = got(me, "/api/record/103/")
    assert (record["end"], record["device"], record["metrics"]) == (None, None, [])
    assert got(me, "/api/range/203/")["labels"] == []


@pytest.mark.rule("T206", "wire trap 7")
def test_numbers(me: Caller) -> None:
    profile = Profile.objects.create(
        user=me.user, weight=78.0, height=1.82, date_of_birth=datetime(1980, 1, 2, tzinfo=UTC)
    )
    text = ask(me, "GET", f"/api/profile/{profile.pk}/").content.decode()
    assert '"weight": 78' in text
    assert '"weight": 78.' not in text
    assert '"height": 1.82' in text
    assert '"date_of_birth": "1980-01-02"' in text
    assert '"start": 256000,' in ask(me, "GET", "/api/range/201/").content.decode()


@pytest.mark.rule("T206")
def test_a_day_is_no_moment(me: Caller) -> None:
    Profile.objects.create(user=me.user, date_of_birth=datetime(1980, 1, 2, tzinfo=UTC))
    assert got(me, "/api/profile/")["objects"][0]["date_of_birth"] == "1980-01-02"


@pytest.mark.rule("T207", "T210")
def test_documented_times_have_whole_seconds_and_an_offset(me: Caller) -> None:
    record = got(me, "/api/record/101/")
    assert record["last_modified"] == "2014-05-07T12:34:56+00:00"
    assert record["start_date"] == "1970-01-01T00:16:40+00:00"
    Record.objects.filter(pk=101).update(start=256000 + 255)
    assert got(me, "/api/record/101/")["start_date"] == "1970-01-01T00:16:40+00:00"


@pytest.mark.rule("T207")
@pytest.mark.usefixtures("stock")
def test_stock_times_have_microseconds_and_no_offset(me: Caller) -> None:
    found = got(me, "/api/record/101/")
    assert found["last_modified"] == "2014-05-07T12:34:56.789012"
    moment = datetime(2014, 5, 7, 12, 34, 56, tzinfo=UTC)
    Record.objects.filter(pk=101).update(last_modified=moment)
    assert got(me, "/api/record/101/")["last_modified"] == "2014-05-07T12:34:56"


@pytest.mark.parametrize(
    ("seconds", "documented"),
    [(0, "0:00:00"), (59, "0:00:59"), (3600, "1:00:00"), (360_000, "100:00:00")],
)
def test_durations(me: Caller, seconds: int, documented: str, settings: Any) -> None:
    Range.objects.filter(pk=201).update(start=5, end=5 + seconds * SECOND + SECOND - 1)
    assert got(me, "/api/range/201/")["duration"] == documented
    settings.HEXOSTORE_CONVENTIONS = "tastypie"
    assert got(me, "/api/range/201/")["duration"] == seconds


def test_the_status_of_a_range_comes_from_the_records_under_it(me: Caller, settings: Any) -> None:
    assert [row["status"] for row in got(me, "/api/range/?order_by=id")["objects"]] == [
        "complete",
        "realtime",
        "realtime",
    ]
    Range.objects.filter(pk=203).update(start=10, end=20)
    assert got(me, "/api/range/203/")["status"] == "empty"
    Record.objects.filter(pk=101).update(status="error")
    assert got(me, "/api/range/201/")["status"] == "error"
    settings.HEXOSTORE_CONVENTIONS = "tastypie"
    assert got(me, "/api/range/201/")["status"] == "complete"


@pytest.mark.rule("T212")
def test_nested_objects(me: Caller) -> None:
    profile = Profile.objects.create(user=me.user)
    listed = got(me, f"/api/user/?id={me.user.pk}")["objects"][0]
    detail = got(me, f"/api/user/{me.user.pk}/")
    assert listed["profile"] == f"/api/profile/{profile.pk}/"
    assert detail["profile"]["id"] == profile.pk
    assert "user" not in detail["profile"]
    record = got(me, "/api/record/101/")
    assert record["user"] == listed
    assert got(me, "/api/record/?id=101")["objects"][0] == record


@pytest.mark.rule("T212")
def test_a_user_without_profile(me: Caller) -> None:
    assert got(me, f"/api/user/{me.user.pk}/")["profile"] is None
    assert got(me, "/api/account/")["objects"][0]["profile"] is None


@pytest.mark.rule("T214")
def test_lists_of_links_are_in_the_order_of_their_keys(me: Caller) -> None:
    ask(me, "PATCH", "/api/range/201/", {"labels": ["/api/label/302/", "/api/label/301/"]})
    assert got(me, "/api/range/201/")["labels"] == ["/api/label/301/", "/api/label/302/"]


def test_the_steps_of_a_routine_follow_the_prefix(me: Caller) -> None:
    steps = [{"name": "run", "activitytype": "/api/activitytype/501/", "index": 0}]
    answer = ask(me, "PATCH", "/api/trainingroutine/402/", {"steps": steps})
    assert answer.json()["steps"] == steps
    assert TrainingRoutine.objects.get(pk=402).steps[0]["activitytype"] == 501
    found = got(me, "/api/v1/trainingroutine/402/")["steps"]
    assert found[0]["activitytype"] == "/api/v1/activitytype/501/"


@pytest.mark.parametrize(
    "path", ["/api/range/202/", "/api/record/101/", "/api/account/", "/api/data/"]
)
def test_every_uri_follows_the_prefix(me: Caller, path: str) -> None:
    Profile.objects.create(user=me.user)
    plain = ask(me, "GET", path).content.decode()
    versioned = ask(me, "GET", path.replace("/api/", "/api/v1/")).content.decode()
    assert versioned == plain.replace("/api/", "/api/v1/")
