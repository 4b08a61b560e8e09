"""`/api/calendar/`: rows, filters, who sees whose, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import ActivityType
from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.records.models import Range
from apps.studies.models import Survey, SurveyAnswers
from apps.studies.planning.reading import read_planning
from apps.studies.planning.writing import planning_json
from hexostore import clock
from hexostore.hexotime import from_datetime, from_iso
from tests.enrolment.cast import StudyCast, begin_study
from tests.people import ANYBODY, Caller
from tests.studies.examples import CALENDAR, item
from tests.studies.surveys import SYMPTOMS

PATH = "/api/calendar/"
DAY = "2026-02-0"


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


def plan(study: Study, *schedules: dict[str, Any]) -> None:
    """Plan items called after their positions."""
    items = [item(each) | {"name": f"item {number}"} for number, each in enumerate(schedules)]
    study.planning = planning_json(read_planning(items))
    study.save()


def daily(uri: str | None = None, days: int = 3, **others: Any) -> dict[str, Any]:
    given = {} if uri is None else {"resource_uri": uri}
    return {"repeat_frequency": "P1D", "repeat_period": days, **given, **others}


def rows(caller: Caller, **params: Any) -> list[Any]:
    answer = caller.get(PATH, params)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert found["meta"] == {"total_count": len(found["objects"])}
    objects: list[Any] = found["objects"]
    return objects


def seen(caller: Caller, **params: Any) -> str:
    """Rows as a text: the item, and the day of the month, with a plus if it is done."""
    found = rows(caller, **params)
    texts = (f"{each['name'][-1]}:{each['event_schedule']['date'][-2:]}" for each in found)
    return " ".join(text + "+" * each["done"] for text, each in zip(texts, found, strict=True))


def record(user: Any, moments: Iterable[str], activitytype: ActivityType) -> None:
    for moment in moments:
        start = from_datetime(from_iso(moment))
        Range.objects.create(user=user, start=start, activitytype=activitytype)


@pytest.mark.rule("studies 6")
def test_the_published_example_comes_out_as_it_is_printed(cast: StudyCast) -> None:
    cast.study.planning = planning_json(read_planning(CALENDAR))
    cast.study.save()
    StudySubject.objects.update(start_date=date(2020, 7, 14))
    tests = "Do 5 min Rest Test twice a day", "/api/activitytype/4/"
    asked = "Answer the survey every day", "/api/survey/3/"
    expected = [
        {
            "name": name,
            "done": False,
            "event_schedule": {"date": f"2020-07-{day}", "resource_uri": uri},
        }
        for (name, uri), days in ((tests, (14, 14, 15, 15, 16, 16)), (asked, (14, 15, 16)))
        for day in days
    ]
    assert rows(cast.subject) == expected
    assert rows(cast.subject, end="2020-07-17") == expected
    assert len(rows(cast.subject, end="2020-07-16")) == 6
    of_v1 = cast.subject.get("/api/v1/calendar/").json()["objects"]
    assert of_v1[-1]["event_schedule"]["resource_uri"] == "/api/v1/survey/3/"


@pytest.mark.rule("studies 6")
def test_times_are_in_rows_whose_items_have_them(cast: StudyCast) -> None:
    times: dict[str, Any] = {"start_time": "9:00", "end_time": "24:00"}
    plan(cast.study, daily(days=1), daily(days=1, **times), daily(days=1, end_time="6:30:15"))
    assert [each["event_schedule"] for each in rows(cast.subject)] == [
        {"date": "2026-02-02", "resource_uri": None},
        {"date": "2026-02-02", "resource_uri": None, "start_time": "09:00", "end_time": "24:00"},
        {"date": "2026-02-02", "resource_uri": None, "end_time": "06:30:15"},
    ]


BOUNDS = [
    ({"end": "2026-02-03"}, "02"),
    ({"start": "2026-02-03"}, "03 04"),
    ({"start": "2026-02-03", "end": "2026-02-04"}, "03"),
    ({"start": "2026-02-04", "end": "2026-02-03"}, ""),
    ({"end": ""}, "02 03 04"),
    ({"end": "2026-02-03T00:00:00"}, "02"),
    # Midnight in Auckland is at 11:00 UTC.
    ({"end": "2026-02-03T10:59:59Z"}, "02"),
    ({"end": "2026-02-03T11:00:00Z"}, "02 03"),
    ({"end": "2026-02-03T13:00:00+02:00"}, "02 03"),
    ({"end": "2026-02-03T13:00:00 02:00"}, "02 03"),
    ({"end": str(from_datetime(from_iso("2026-02-03T10:59:59")))}, "02"),
    ({"end": str(from_datetime(from_iso("2026-02-03T11:00:00")))}, "02 03"),
    ({"end": "0"}, ""),
    ({"end": "-99999999999999999"}, ""),
    ({"end": "99999999999999999"}, "02 03 04"),
    ({"end": "0001-01-01"}, ""),
    ({"start": "9999-12-31", "end": "9999-12-31"}, ""),
    ({"end__exact": "2026-02-03"}, "02"),
]
WRONG = [
    *({"end": text} for text in ("tomorrow", "2026-02-30", "17.7.2020", "1" * 99, "2026-W29-5")),
    *(
        {"start": text}
        for text in ("2026-13-01", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-01:00", "\0")
    ),
    *({"done": text} for text in ("maybe", "2")),
    {"end__lt": "2026-02-03"},
    {"study": "/api/user/1/"},
    {"subject": "/api/studysubject/x/"},
    {"subject": "a\0"},
]


@pytest.mark.rule("studies 6")
def test_days_that_are_asked_for(cast: StudyCast) -> None:
    plan(cast.study, daily())
    StudySubject.objects.update(timezone="Pacific/Auckland")
    for params, days in BOUNDS:
        found = [each["event_schedule"]["date"][-2:] for each in rows(cast.subject, **params)]
        assert found == days.split(), params
    for params in WRONG:
        answer = cast.subject.get(PATH, params)
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), params
    assert cast.subject.get(f"{PATH}?end=17.7.2020").json() == {
        "error": "'end' must be a date such as 2020-07-17, a time, or ticks of 1/256 s, got "
        "'17.7.2020'."
    }


@pytest.mark.rule("studies 6")
def test_who_sees_whose_calendar(cast: StudyCast) -> None:
    plan(cast.study, daily(days=1))
    subject = StudySubject.objects.get(user=cast.subject.user)
    name, key = cast.subject.user.username, cast.subject.user.pk
    ways: list[dict[str, Any]] = [
        {"subject": subject.pk},
        {"subject": f"/api/studysubject/{subject.pk}/"},
        {"subject": name.upper()},
        {"user": key},
        {"user": f"/api/user/{key}/"},
        {"user": name},
    ]
    for way in ways:
        for caller in (cast.owner, cast.admin, cast.subject, cast.staff):
            assert seen(caller, **way) == "0:02", way
        for caller in (cast.outsider, cast.other_subject):
            assert seen(caller, **way) == "", way
    for caller in (cast.owner, cast.admin, cast.outsider, cast.staff):
        assert seen(caller) == ""
        assert seen(caller, study=cast.study.pk) == ""
    StudySubject.objects.filter(pk=subject.pk).update(withdrawn=clock.now())
    assert seen(cast.owner, subject=subject.pk) == seen(cast.subject) == ""
    assert cast.owner.get(PATH, {"subject": 987654321}).json()["meta"] == {"total_count": 0}


@pytest.mark.rule("studies 6")
def test_studies_that_are_off_have_no_calendar(cast: StudyCast) -> None:
    plan(cast.study, daily(days=1))
    shown = {}
    for status in StudyStatus:
        Study.objects.update(status=status)
        found = {seen(caller, user=cast.subject.user.pk) for caller in (cast.subject, cast.staff)}
        (shown[status],) = found
    assert {status for status, text in shown.items() if text} == {
        StudyStatus.NORMAL,
        StudyStatus.FROZEN,
        StudyStatus.EXTENDED,
    }


@pytest.mark.rule("studies 6")
def test_several_studies_come_one_after_the_other(cast: StudyCast) -> None:
    other = begin_study("day7").study
    plan(other, daily(days=2), daily(days=1))
    plan(cast.study, daily(days=1), daily(days=1))
    user = cast.subject.user
    StudySubject.objects.create(study=other, user=user, subject_id="9", start_date=date(2026, 3, 7))
    assert seen(cast.subject) == "0:02 1:02 0:07 0:08 1:07"
    for name in (other.pk, f"/api/study/{other.pk}/", "DAY7"):
        assert seen(cast.subject, study=name) == "0:07 0:08 1:07"
    assert seen(cast.owner, user=user.pk) == "0:02 1:02"


@pytest.mark.rule("studies 5")
@pytest.mark.rule("studies recipe 5")
def test_done_is_what_was_recorded_in_the_window_on_the_clock_of_the_subject(
    cast: StudyCast,
) -> None:
    rest, survey = (
        ActivityType.objects.create(name="rest"),
        Survey.objects.create(fhir_questionnaire=SYMPTOMS),
    )
    window: dict[str, Any] = {"start_time": "21:00", "end_time": "22:00"}
    plan(
        cast.study,
        daily(f"/api/activitytype/{rest.pk}/", **window),
        daily(f"/api/survey/{survey.pk}/"),
        daily("/api/kpi/weight/"),
    )
    Study.objects.update(timezone="America/Mexico_City")
    user = cast.subject.user
    record(user, ["2026-02-03T03:30:00", "2026-02-04T03:59:59", "2026-02-05T04:00:00"], rest)
    SurveyAnswers.objects.create(
        survey=survey,
        study=cast.study,
        user=user,
        fhir_answer={},
        status="completed",
        authored="",
        moment=from_datetime(from_iso("2026-02-05T05:30:00")),
    )
    assert seen(cast.subject) == "0:02+ 0:03+ 0:04 1:02 1:03 1:04+ 2:02 2:03 2:04"
    assert seen(cast.subject, done="true") == "0:02+ 0:03+ 1:04+"
    assert seen(cast.subject, done="False", end="2026-02-04") == "1:02 1:03 2:02 2:03"
    assert "+" not in seen(cast.other_subject)


@pytest.mark.rule("studies recipe 6")
@pytest.mark.rule("studies recipe 4")
def test_a_new_zone_counts_at_once(cast: StudyCast) -> None:
    rest = ActivityType.objects.create(name="rest")
    plan(cast.study, daily(f"/api/activitytype/{rest.pk}/"))
    record(cast.subject.user, ["2026-02-03T05:30:00"], rest)
    assert seen(cast.subject) == "0:02 0:03+ 0:04"
    StudySubject.objects.update(timezone="America/Mexico_City")
    assert seen(cast.subject) == "0:02+ 0:03 0:04"
    Study.objects.update(timezone="Europe/Berlin")
    assert seen(cast.subject) == "0:02+ 0:03 0:04"
    StudySubject.objects.update(timezone=None)
    assert seen(cast.subject) == "0:02 0:03+ 0:04"


@pytest.mark.rule("studies recipe 11")
def test_the_last_day_is_that_of_the_study(cast: StudyCast) -> None:
    plan(cast.study, daily(days=0))
    days = [each["event_schedule"]["date"] for each in rows(cast.subject)]
    assert (len(days), days[0], days[-1]) == (28, "2026-02-02", "2026-03-01")


@pytest.mark.rule("studies recipe 12")
def test_other_words_change_neither_dates_nor_what_is_done(cast: StudyCast) -> None:
    rest = ActivityType.objects.create(name="rest")
    plan(cast.study, daily(f"/api/activitytype/{rest.pk}/"))
    record(cast.subject.user, ["2026-02-03T05:30:00"], rest)
    before = rows(cast.subject)
    cast.study.planning[0] |= {"name": "Lie down", "description": "For five minutes."}
    cast.study.save()
    assert rows(cast.subject) == [{**each, "name": "Lie down"} for each in before]


@pytest.mark.rule("studies 6")
def test_a_calendar_of_many_items_and_years_costs_five_statements(
    cast: StudyCast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    uris = ("/api/activitytype/4/", "/api/trainingroutine/4/", "/api/survey/3/", "/api/kpi/weight/")
    Study.objects.update(duration_in_days=None)
    cast.study.refresh_from_db()
    plan(cast.study, *(daily(uri, 1826) for uri in uris * 5))
    with django_assert_num_queries(5):
        answer = cast.subject.get(PATH)
    assert answer.streaming  # a long one never lies in memory as a whole
    found = json.loads(answer.getvalue())
    assert found["meta"] == {"total_count": 20 * 1826}
    assert len(found["objects"]) == 20 * 1826
    with django_assert_num_queries(5):
        cast.owner.get(PATH, {"user": cast.subject.user.username, "study": "night7"})


@pytest.mark.rule("studies 6")
def test_methods_and_login(cast: StudyCast) -> None:
    assert ANYBODY.get(PATH).status_code == 401
    assert cast.subject.post(PATH, {}).status_code == 405
    assert cast.subject.get(f"{PATH}1/").status_code == 405
    old = cast.subject.sending("X-HexoAPIVersion", "2.0.x")
    assert old.get(PATH).status_code == 404
