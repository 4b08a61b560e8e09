"""Tokens, stored reports and algorithms: what is special about each."""

from __future__ import annotations

import pytest

from apps.api.versions import HEADER
from apps.bookkeeping.models import ConnectToken, TemplateReport
from apps.records.models import Record
from tests.people import PEOPLE, Caller, Cast

HOUR = 3600 * 256
REPORTS = "/api/templatereport/"


def test_nobody_else_sees_tokens(cast: Cast) -> None:
    token = ConnectToken.objects.create(user=cast.owner.user, service="strava", token="secret")
    for person in PEOPLE:
        answer = cast[person].get(f"/api/connecttoken/{token.pk}/")
        assert answer.status_code == (200 if person == "owner" else 404)
        assert (b"secret" in answer.content) == (person == "owner")


def test_a_report_without_user_is_the_callers(owner: Caller) -> None:
    answer = owner.post(REPORTS, {"start": 0})
    assert answer.status_code == 201
    assert answer.json()["user"] == f"/api/user/{owner.user.pk}/"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"start": 0, "end": 0}, (0, 0)),
        ({"start": 1, "end": 1}, (0, HOUR)),
        ({"start": HOUR - 1, "end": HOUR}, (0, HOUR)),
        ({"start": 5 * HOUR, "end": 5 * HOUR + 1}, (5 * HOUR, 6 * HOUR)),
        ({"start": -1, "end": -1}, (-HOUR, 0)),
        ({}, (None, None)),
    ],
)
def test_times_are_full_hours(
    owner: Caller, sent: dict[str, int], stored: tuple[int | None, int | None]
) -> None:
    found = owner.post(REPORTS, sent).json()
    assert (found["start"], found["end"]) == stored


@pytest.mark.parametrize("end", [2**63 - 1, 2**63, "noon"])
def test_times_that_do_not_fit_are_refused(owner: Caller, end: object) -> None:
    assert owner.post(REPORTS, {"end": end}).status_code == 400


def test_reports_cannot_be_changed(owner: Caller) -> None:
    """The published methods allow PATCH of the list, yet no PUT of an object (rule T178)."""
    report = TemplateReport.objects.create(user=owner.user)
    path = f"{REPORTS}{report.pk}/"
    assert owner.patch(path, {"start": 0}).status_code == 405
    body = {"objects": [{"resource_uri": path, "start": 0}]}
    assert owner.patch(REPORTS, body).status_code == 405
    assert owner.patch(REPORTS, {"objects": []}).status_code == 202


def test_outsiders_name_neither_records_nor_users(cast: Cast) -> None:
    record = Record.objects.create(user=cast.owner.user)
    assert cast.outsider.post(REPORTS, {"record": record.pk}).status_code == 400
    assert cast.outsider.post(REPORTS, {"user": cast.owner.user.pk}).status_code == 400
    assert not TemplateReport.objects.exists()


def test_algorithms_are_those_of_the_record(cast: Cast) -> None:
    algo = {"id": 3, "created": "2017-04-05T06:07:08", "algorithms": {"hrv": "2.1.0"}}
    record = Record.objects.create(user=cast.owner.user, algo=algo)
    Record.objects.create(user=cast.owner.user)
    found = cast.owner.get("/api/algo/").json()["objects"]
    assert found == [
        {
            "algorithms": {"hrv": "2.1.0"},
            "created": "2017-04-05T06:07:08+00:00",
            "id": 3,
            "record_id": record.pk,
            "resource_uri": "/api/algo/3/",
        }
    ]
    assert cast.owner.get(f"/api/record/{record.pk}/").json()["algo"]["resource_uri"] == (
        "/api/algo/3/"
    )
    assert cast.outsider.get("/api/algo/3/").status_code == 404
    assert cast.owner.sending(HEADER, "3.3.x").get("/api/algo/").status_code == 200
    assert cast.owner.sending(HEADER, "2.0.x").get("/api/algo/").status_code == 404


@pytest.mark.parametrize("algo", [{}, {"id": "three"}, [], "text", {"id": 4, "created": "once"}])
def test_odd_algorithms_do_no_harm(owner: Caller, algo: object) -> None:
    Record.objects.create(user=owner.user, algo=algo)
    found = owner.get("/api/algo/").json()["objects"]
    assert [row["created"] for row in found] in ([], [None])
