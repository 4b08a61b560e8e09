"""POST to a list: Tastypie section 7, and refusals instead of its 500s (Tastypie section 18)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from apps.accounts.models import Profile
from apps.records.models import Label, Range, Record
from tests.api.asking import ask, error, got
from tests.people import Caller

ABSENT = "The '{}' field has no data and doesn't allow a default or null value."
LEAST: dict[str, dict[str, object]] = {
    "range": {"start": 1000},
    "label": {"name": "x"},
    "record": {},
}


def post(who: Caller, name: str, /, **members: Any) -> Any:
    return ask(who, "POST", f"/api/{name}/", {"user": who.user.pk, **members})


@pytest.mark.rule("T103", "T104")
@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
@pytest.mark.parametrize("name", LEAST)
def test_the_answer_is_the_new_object(me: Caller, name: str, prefix: str) -> None:
    answer = ask(me, "POST", f"{prefix}/{name}/", {"user": me.user.pk, **LEAST[name]})
    assert answer.status_code == 201
    assert answer["Location"] == f"{prefix}/{name}/{answer.json()['id']}/"
    assert got(me, answer["Location"]) == answer.json()


@pytest.mark.rule("T105")
def test_unknown_members_are_echoed_once(me: Caller) -> None:
    answer = post(me, "label", name="x", colour={"b": 1, "a": [2]}, pk=7, user_id=9)
    made = answer.json()
    assert (made["colour"], made["pk"], made["user_id"]) == ({"a": [2], "b": 1}, 7, 9)
    assert list(made) == sorted(made)
    assert not {"colour", "pk", "user_id"} & got(me, answer["Location"]).keys()
    assert Label.objects.get(pk=made["id"]).user == me.user


@pytest.mark.rule("T106", "T107")
def test_what_the_server_gives_is_not_taken(me: Caller) -> None:
    sent = {"id": 101, "resource_uri": "/api/record/101/", "status": "x", "start_date": "x"}
    made = post(me, "record", **sent, start=25600, last_modified="2001-01-01").json()
    assert made["id"] not in {101, 102, 103, 104}
    assert made["resource_uri"] == f"/api/record/{made['id']}/"
    assert made["start_date"] == "1970-01-01T00:01:40+00:00"
    assert made["status"] == "complete"
    assert not made["last_modified"].startswith("2001")
    assert got(me, "/api/record/101/")["start"] == 256000


@pytest.mark.rule("T108")
def test_absent_members_get_their_defaults(me: Caller) -> None:
    made = post(me, "record").json()
    assert (made["firmware_rev"], made["dev_id"], made["soft_protocole"]) == ("000", "", 0)
    assert (made["start"], made["device"]) == (None, None)
    assert post(me, "label").json()["name"] == ""


@pytest.mark.rule("T109", "T110", "T112", "Tastypie 18")
@pytest.mark.parametrize(
    ("name", "member"),
    [("record", "user"), ("label", "user"), ("range", "start"), ("annotation", "datatype")],
)
def test_a_required_member(me: Caller, name: str, member: str) -> None:
    whole = {"user": me.user.pk, "start": 5, "datatype": 4096}
    without = {key: value for key, value in whole.items() if key != member}
    for body in (without, {**whole, member: None}):
        assert error(ask(me, "POST", f"/api/{name}/", body)) == ABSENT.format(member)


@pytest.mark.rule("T111")
def test_null_means_absent_or_null(me: Caller) -> None:
    made = post(me, "record", dev_id=None, firmware_rev=None, end=None, soft_protocole=None).json()
    assert (made["dev_id"], made["firmware_rev"], made["soft_protocole"]) == ("", "000", 0)
    assert made["end"] is None


@pytest.mark.rule("T113")
@pytest.mark.parametrize(
    ("sent", "stored"),
    [("355986432000", 355986432000), (12.75, 12), (-12.75, -12), (" 5 ", 5), (True, 1), (0.0, 0)],
)
def test_numbers_are_read_leniently(me: Caller, sent: object, stored: int) -> None:
    made = post(me, "range", start=sent).json()
    assert made["start"] == stored
    assert isinstance(made["start"], int)


@pytest.mark.rule("wire 1.5")
def test_the_published_example_posts_fractions_of_the_far_future(me: Caller) -> None:
    start = 1795167824700.714
    made = post(me, "range", start=start, end=start + 1000.5, name="future").json()
    assert (made["start"], made["end"]) == (1795167824700, 1795167825701)
    assert made["duration"] == "0:00:03"
    assert made["start_date"].startswith("2192-")


@pytest.mark.rule("T113")
@pytest.mark.parametrize(
    ("sent", "stored"), [(5, "5"), (1.5, "1.5"), (True, "True"), ([1, "a"], "[1, 'a']"), ({}, "{}")]
)
def test_other_values_for_a_text(me: Caller, sent: object, stored: str) -> None:
    assert post(me, "label", name=sent).json()["name"] == stored


@pytest.mark.rule("T115", "Tastypie 18")
@pytest.mark.parametrize(
    "sent",
    [
        "abc",
        "",
        "1.5",
        [],
        [1],
        {},
        {"a": 1},
        2**63,
        -(2**63) - 1,
        "9" * 40,
        1e300,
        "9" * 5000,
        "\x00",
    ],
)
@pytest.mark.parametrize("member", ["start", "end", "rank"])
def test_what_is_no_number(me: Caller, member: str, sent: object) -> None:
    answer = post(me, "range", **{"start": 5, "end": None, member: sent})
    assert member in error(answer) or "characters" in error(answer)


@pytest.mark.rule("T115", "Tastypie 18")
@pytest.mark.parametrize("text", ["1e400", "-1e400", "1E999999"])
def test_a_number_that_overflows_a_float(me: Caller, text: str) -> None:
    body = f'{{"user": {me.user.pk}, "start": {text}}}'.encode()
    assert error(ask(me, "POST", "/api/range/", body)) == "Request is not valid JSON."
    preferences = f'{{"preferences": {{"a": {text}}}}}'.encode()
    profile = Profile.objects.create(user=me.user)
    answer = ask(me, "PATCH", f"/api/profile/{profile.pk}/", preferences)
    assert answer.status_code == 400


@pytest.mark.rule("Tastypie 18")
def test_a_whole_number_too_long_for_python(me: Caller) -> None:
    body = b'{"user": 1, "start": ' + b"9" * 5000 + b"}"
    assert ask(me, "POST", "/api/range/", body).status_code == 400


@pytest.mark.rule("T117")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("1980-02-03", "1980-02-03"),
        ("Feb 3, 1980", "1980-02-03"),
        ("1980-02-03T23:59:59Z", "1980-02-03"),
        (None, None),
    ],
)
@pytest.mark.rule("T119")
def test_days(me: Caller, sent: object, shown: str | None) -> None:
    profile = Profile.objects.create(user=me.user)
    path = f"/api/profile/{profile.pk}/"
    answer = ask(me, "PATCH", path, {"date_of_birth": sent})
    assert answer.status_code == 202
    assert answer.json()["date_of_birth"] == got(me, path)["date_of_birth"] == shown


@pytest.mark.rule("T117")
@time_machine.travel(datetime(2016, 2, 29, 13, 30, tzinfo=UTC), tick=False)
def test_what_a_date_leaves_out_is_the_server_clocks(me: Caller) -> None:
    profile = Profile.objects.create(user=me.user)
    answer = ask(me, "PATCH", f"/api/profile/{profile.pk}/", {"date_of_birth": "January 7"})
    assert answer.json()["date_of_birth"] == "2016-01-07"


@pytest.mark.rule("T118", "T120", "Tastypie 18")
@pytest.mark.parametrize("sent", ["garbage", "", 5, True, [], "2014-13-45", "9" * 30])
def test_bad_days(me: Caller, sent: object) -> None:
    profile = Profile.objects.create(user=me.user)
    answer = ask(me, "PATCH", f"/api/profile/{profile.pk}/", {"date_of_birth": sent})
    assert error(answer).startswith("Date provided to 'date_of_birth' field ")


@pytest.mark.rule("T117")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2014-05-07T12:00:00", "2014-05-07T12:00:00+00:00"),
        ("2014-05-07T12:00:00Z", "2014-05-07T12:00:00+00:00"),
        ("2014-05-07T12:00:00+23:00", "2014-05-06T13:00:00+00:00"),
        ("2014-05-07", "2014-05-07T00:00:00+00:00"),
        ("May 7, 2014 3pm", "2014-05-07T15:00:00+00:00"),
    ],
)
def test_moments(me: Caller, sent: str, shown: str) -> None:
    made = post(me, "annotation", datatype=4096, start=5, last_modified=sent).json()
    assert made["last_modified"] == shown


@pytest.mark.rule("T118", "Tastypie 18")
@pytest.mark.parametrize(
    "sent",
    [
        "garbage",
        "",
        5,
        [],
        "0001-01-01T00:00:00+23:00",
        "9999-12-31T23:59:59-23:00",
        "2014-01-01T00:00:00+99:99",
    ],
)
def test_bad_moments(me: Caller, sent: object) -> None:
    answer = post(me, "annotation", datatype=4096, start=5, last_modified=sent)
    assert error(answer).startswith("Datetime provided to 'last_modified' field ")


@pytest.mark.rule("T127", "Tastypie 18")
@pytest.mark.parametrize("body", [5, True, 1.5, "text", [1], [{}], [], None, 0, False, ""])
def test_json_that_is_no_object(me: Caller, body: object) -> None:
    for name in ("label", "record", "range"):
        found = error(ask(me, "POST", f"/api/{name}/", body))
        assert found in {"Invalid data sent.", ABSENT.format("user")}
    assert (Label.objects.count(), Record.objects.count()) == (3, 4)


@pytest.mark.rule("T128")
def test_post_to_a_detail(me: Caller) -> None:
    answer = ask(me, "POST", "/api/record/101/", {})
    assert (answer.status_code, answer["Allow"]) == (405, "GET,PUT,PATCH,DELETE")


@pytest.mark.rule("T140", "Tastypie 18")
def test_errors_by_field(me: Caller) -> None:
    answer = post(me, "range", start=2000, end=1999)
    assert answer.status_code == 400
    assert list(answer.json()) == ["range"]
    assert list(answer.json()["range"]) == ["end"]
    assert isinstance(answer.json()["range"]["end"][0], str)


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize(("name", "most"), [("label", 100), ("range", 200)])
def test_a_text_longer_than_its_column(me: Caller, name: str, most: int) -> None:
    assert post(me, name, name="é" * most, start=1).status_code == 201
    assert "name" in error(post(me, name, name="é" * (most + 1), start=1))


@pytest.mark.rule("Tastypie 18")
def test_a_refused_row_is_not_there(me: Caller) -> None:
    before = Range.objects.count()
    assert post(me, "range", start=5, labels=["/api/label/9999/"]).status_code == 400
    assert post(me, "range", start=5, labels=5).status_code == 400
    assert post(me, "range", start=5, labels="red").status_code == 404
    assert Range.objects.count() == before


@pytest.mark.rule("T103")
def test_a_new_row_has_the_time_of_the_clock(me: Caller) -> None:
    with time_machine.travel(datetime(2020, 2, 3, 4, 5, 6, 700000, tzinfo=UTC), tick=False):
        made = post(me, "range", start=5).json()
    assert made["created"] == made["last_modified"] == "2020-02-03T04:05:06+00:00"


@pytest.mark.rule("T207")
@pytest.mark.usefixtures("stock")
def test_times_of_a_stock_store(me: Caller) -> None:
    with time_machine.travel(datetime(2020, 2, 3, 4, 5, 6, 700000, tzinfo=UTC), tick=False):
        made = post(me, "range", start=5, end=5 + 256 * 90).json()
    assert made["created"] == "2020-02-03T04:05:06.700000"
    assert (made["duration"], made["status"]) == (90, "complete")
