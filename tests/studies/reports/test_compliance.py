"""Reports of compliance: how much of the plan subjects have done."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import ActivityType
from apps.enrolment.models import StudyGroup, StudySubject
from apps.sandbox.study_population import begin_population
from apps.studies.models import Survey, SurveyAnswers
from apps.studies.reports.generation import generate_report
from apps.studies.surveys.answers import read_response
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from hexostore import clock
from tests.enrolment.cast import StudyCast, saved_user
from tests.frozen import FrozenClock
from tests.studies.reports.conftest import (
    GENERATED,
    Json,
    at,
    daily,
    lines_of,
    make,
    new_report,
    plan,
    rest,
    subject_of,
    table_of,
)
from tests.studies.surveys import SYMPTOMS

pytestmark = [pytest.mark.rule("studies 9.2"), pytest.mark.usefixtures("friday")]


def numbers(row: Json) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("expected", "done", "missed", "upcoming", "rate"))


def by_subject(rows: list[Json]) -> dict[tuple[str, int | None], tuple[Any, ...]]:
    return {(row["subject"], row["position"]): numbers(row) for row in rows}


def test_each_subject_and_item_and_a_total(cast: StudyCast, resting: ActivityType) -> None:
    """It is Friday noon: four whole days are over, this one is not."""
    plan(cast, daily(resting), daily(resting, start_time="06:00", end_time="10:00"))
    rest(cast.subject, resting, at(2, 7), at(2, 8), at(3, 20), at(6, 9))
    rows = table_of(cast)
    assert by_subject(rows) == {
        ("night7_001", 0): (28, 3, 2, 23, 0.6),
        ("night7_001", 1): (28, 2, 3, 23, 0.4),
        ("night7_001", None): (56, 5, 5, 46, 0.5),
        ("night7_002", 0): (28, 0, 4, 24, 0.0),
        ("night7_002", 1): (28, 0, 5, 23, 0.0),
        ("night7_002", None): (56, 0, 9, 47, 0.0),
    }
    assert [(row["item"], row["study_group"]) for row in rows[:3]] == [
        ("rest test", None),
        ("rest test", None),
        ("total", None),
    ]


def test_nothing_was_due_before_the_start(
    cast: StudyCast, resting: ActivityType, friday: FrozenClock
) -> None:
    plan(cast, daily(resting))
    friday.move(-timedelta(days=5))
    assert numbers(table_of(cast)[0]) == (28, 0, 0, 28, None)


def test_a_csv_file_has_the_same(cast: StudyCast, resting: ActivityType) -> None:
    plan(cast, {**daily(resting), "name": "=1+1, rest"})
    made = make(cast, new_report(cast))
    first, total, *_ = lines_of(cast.owner, made)
    assert first == {
        "subject": "night7_001",
        "study_group": "",
        "position": "0",
        "item": "'=1+1, rest",
        "expected": "28",
        "done": "0",
        "missed": "4",
        "upcoming": "24",
        "rate": "0.0",
    }
    assert (total["position"], total["item"]) == ("", "total")
    assert cast.owner.get(made["file"], {"format": "json"}).json()["objects"][0]["item"] == (
        "=1+1, rest"
    )


def test_days_are_over_by_the_clock_of_the_subject(cast: StudyCast, resting: ActivityType) -> None:
    """Friday noon UTC is Saturday in Kiritimati, where Friday was over two hours ago."""
    plan(cast, daily(resting))
    StudySubject.objects.filter(user=cast.subject.user).update(timezone="Pacific/Kiritimati")
    rest(cast.subject, resting, at(5, 12))  # Friday there
    found = by_subject(table_of(cast))
    assert found["night7_001", 0] == (28, 1, 4, 23, 0.2)
    assert found["night7_002", 0] == (28, 0, 4, 24, 0.0)


def test_those_who_left_are_in_no_denominator(cast: StudyCast, resting: ActivityType) -> None:
    plan(cast, daily(resting))
    StudySubject.objects.filter(user=cast.subject.user).update(withdrawn=clock.now())
    assert {row["subject"] for row in table_of(cast)} == {"night7_002"}


def test_only_some_days(cast: StudyCast, resting: ActivityType) -> None:
    plan(cast, daily(resting, repeat_period=10, repeat_count=2))
    rest(cast.subject, resting, at(2, 12), at(3, 12), at(3, 13))
    found = by_subject(table_of(cast, start="2026-02-03", end="2026-02-05"))
    assert found["night7_001", 0] == (4, 2, 2, 0, 0.5)
    assert by_subject(table_of(cast, end="2026-02-03"))["night7_001", 0] == (2, 1, 1, 0, 0.5)
    assert by_subject(table_of(cast, start="2027-01-01"))["night7_001", None][0] == 0


def test_rows_of_groups_and_totals_of_subjects(cast: StudyCast, resting: ActivityType) -> None:
    plan(cast, daily(resting))
    group = StudyGroup.objects.create(study=cast.study, name="Control")
    StudySubject.objects.filter(user=cast.subject.user).update(study_group=group)
    third = StudySubject.objects.create(
        study=cast.study,
        user=saved_user("third"),
        subject_id="003",
        start_date=date(2026, 2, 4),
        study_group=group,
    )
    rest(cast.subject, resting, at(2, 12), at(3, 12))
    rows = table_of(cast, group_by="group")
    assert [(row["study_group"], row["subjects"], row["item"], numbers(row)) for row in rows] == [
        ("Control", 2, "rest test", (56, 2, 4, 50, 2 / 6)),
        ("Control", 2, "total", (56, 2, 4, 50, 2 / 6)),
        (None, 1, "rest test", (28, 0, 4, 24, 0.0)),
        (None, 1, "total", (28, 0, 4, 24, 0.0)),
    ]
    totals = table_of(cast, group_by="subject", study_group=f"/api/studygroup/{group.pk}/")
    assert [(row["subject"], row["study_group"], row["expected"]) for row in totals] == [
        ("night7_001", "Control", 28),
        (third.user.username, "Control", 28),
    ]


def test_a_report_that_does_not_say_who_took_part(cast: StudyCast, resting: ActivityType) -> None:
    plan(cast, daily(resting))
    rest(cast.subject, resting, at(2, 12))
    named = {row["subject"]: row["done"] for row in table_of(cast, group_by="subject")}
    told = table_of(cast, group_by="subject", deidentify=True)
    names = [row["subject"] for row in told]
    assert names == sorted(names)
    assert not set(names) & set(named)
    assert sorted(row["done"] for row in told) == sorted(named.values()) == [0, 1]
    again = table_of(cast, group_by="subject", deidentify="1")
    assert again == told


def test_an_unknown_zone_is_said(cast: StudyCast, resting: ActivityType) -> None:
    plan(cast, daily(resting))
    subject = subject_of(cast, cast.subject)
    subject.timezone = "Mars/Base"
    subject.save()
    made = make(cast, new_report(cast))
    assert (made["status"], made["progress"], made["file"], made["rows"]) == (
        "error",
        1,
        None,
        None,
    )
    assert made["error"] == "There is no time zone Mars/Base."


def test_a_study_without_plan_or_subjects(cast: StudyCast) -> None:
    assert [numbers(row) for row in table_of(cast)] == [(0, 0, 0, 0, None)] * 2
    StudySubject.objects.all().delete()
    assert table_of(cast) == table_of(cast, group_by="group") == []


def statements_of(cast: StudyCast) -> list[str]:
    """The statements of making a report."""
    asked = cast.owner.post(GENERATED, {"report": new_report(cast)}).json()
    with CaptureQueriesContext(connection) as seen:
        generate_report({"generated": asked["id"]})
    found = [each["sql"] for each in seen.captured_queries if "SAVEPOINT" not in each["sql"]]
    assert cast.owner.get(asked["resource_uri"]).json()["status"] == "complete"
    return found


def test_statements_do_not_grow_with_subjects(cast: StudyCast, resting: ActivityType) -> None:
    survey = Survey.objects.create(name="symptoms", fhir_questionnaire=SYMPTOMS)
    uris = (f"/api/survey/{survey.pk}/", "/api/kpi/weight/", f"/api/activitytype/{resting.pk}/")
    every_day = {"repeat_frequency": "P1D", "repeat_period": 5}
    plan(
        cast,
        *({"name": uri, "event_schedule": {**every_day, "resource_uri": uri}} for uri in uris),
    )
    before = statements_of(cast)
    begin_population(cast.study, 30, 0.8, date(2026, 2, 2), date(2026, 2, 6))
    after = statements_of(cast)
    assert len(before) == len(after) == 6  # report, subjects, three kinds of facts, and the end


def test_invented_subjects_do_about_as_much_as_they_should(
    cast: StudyCast, resting: ActivityType
) -> None:
    survey = Survey.objects.create(name="symptoms", fhir_questionnaire=SYMPTOMS)
    uri = f"/api/survey/{survey.pk}/"
    groups = [StudyGroup.objects.create(study=cast.study, name=name) for name in "AB"]
    asked = {"repeat_frequency": "P1D", "start_time": "18:00", "resource_uri": uri}
    plan(
        cast,
        daily(resting, repeat_count=2, repeat_period=0),
        {"name": "x", "event_schedule": asked},
    )
    StudySubject.objects.all().delete()
    subjects = begin_population(cast.study, 40, 0.7, date(2026, 1, 19), date(2026, 2, 6), seed=3)
    assert {each.study_group for each in subjects} == set(groups)
    for row in table_of(cast, group_by="group"):
        assert row["subjects"] == 20
        assert 0.6 < row["rate"] < 0.8
    assert len({row["rate"] for row in table_of(cast, group_by="subject")}) > 20
    questionnaire = read_questionnaire(SYMPTOMS)
    for given in SurveyAnswers.objects.all()[:20]:
        assert read_response(questionnaire, given.fhir_answer, clock.now()).status == "completed"
