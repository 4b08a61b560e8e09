"""docs/recurrence.md prints what the calendar says of every dated schedule (studies 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from apps.catalog.models import ActivityType, TrainingRoutine
from apps.documents import generated
from apps.documents.recurrence_page import DatedSchedule, recurrence_page, write_dates
from apps.enrolment.models import Study, StudySubject
from apps.records.models import Range
from apps.studies.models import Survey, SurveyAnswers
from hexostore.hexotime import from_datetime, from_iso
from tests.docs.markdown import ROOT
from tests.enrolment.cast import StudyCast, begin_study
from tests.studies.dated_examples import OWN, REFERENCE, DatedExample
from tests.studies.surveys import SYMPTOMS
from tests.studies.test_calendar import rows

PAGE = ROOT / "docs" / "recurrence.md"
ACTIVITY, ROUTINE, SURVEY = "/api/activitytype/4/", "/api/trainingroutine/4/", "/api/survey/3/"


@pytest.fixture
def cast(db: None) -> StudyCast:
    """A study whose owner sees everything that the examples name."""
    cast = begin_study()
    ActivityType.objects.create(pk=4, name="rest")
    TrainingRoutine.objects.create(pk=4, name="walk", user=cast.owner.user)
    Survey.objects.create(pk=3, fhir_questionnaire=SYMPTOMS)
    return cast


def ask_calendar(cast: StudyCast, example: DatedExample) -> list[list[Any]]:
    """The rows of each item, for a subject who did everything but the last of each."""
    Study.objects.update(duration_in_days=example.duration)
    StudySubject.objects.update(start_date=date.fromisoformat(example.start))
    planning = [{**each, "name": str(place)} for place, each in enumerate(example.planning)]
    answer = cast.owner.patch(f"/api/study/{cast.study.pk}/", {"planning": planning})
    assert answer.status_code == 202, answer.content
    for place, each in enumerate(answer.json()["planning"]):
        uri = each["event_schedule"].get("resource_uri")
        for day in example.dates[place][:-1]:
            do(cast, uri, day)
    found = rows(cast.subject)
    return [[row for row in found if row["name"] == each["name"]] for each in planning]


def do(cast: StudyCast, uri: str | None, day: date) -> None:
    """Have the subject do once, at half past nine, what an item names."""
    user, moment = cast.subject.user, from_datetime(from_iso(f"{day}T09:30:00"))
    if uri == SURVEY:
        told: dict[str, Any] = {"fhir_answer": {}, "status": "completed", "authored": ""}
        SurveyAnswers.objects.create(
            survey_id=3, study=cast.study, user=user, moment=moment, **told
        )
    elif uri is not None:
        named = {ACTIVITY: "activitytype_id", ROUTINE: "trainingroutine_id"}[uri]
        Range.objects.create(user=user, start=moment, **{named: 4})


def lines_of(cast: StudyCast, example: DatedExample) -> Iterator[DatedSchedule]:
    """A line for each item of an example; what was recorded for it is gone afterwards."""
    found = ask_calendar(cast, example)
    for each, expected, shown in zip(example.planning, example.dates, found, strict=True):
        schedule = each["event_schedule"]
        assert isinstance(schedule, Mapping)
        seen = [date.fromisoformat(row["event_schedule"]["date"]) for row in shown]
        done = [bool(row["done"]) for row in shown]
        require_last_to_do(done, named=schedule.get("resource_uri") is not None)
        start = date.fromisoformat(example.start)
        yield DatedSchedule(
            example.name, start, example.duration, schedule, expected, seen, sum(done)
        )
    Range.objects.all().delete()
    SurveyAnswers.objects.all().delete()


def require_last_to_do(done: Sequence[bool], *, named: bool) -> None:
    """Everything but the last is done, and nothing of an item that names nothing."""
    assert done == [named] * (len(done) - 1) + [False]


@pytest.mark.generated
@pytest.mark.rule("studies 4.4", "studies 4.5", "studies 5", "studies 6")
def test_the_page_prints_what_the_calendar_says(cast: StudyCast) -> None:
    lines = [line for example in (*REFERENCE, *OWN) for line in lines_of(cast, example)]
    assert [line.seen for line in lines] == [line.expected for line in lines]
    generated.settle_pages({PAGE: recurrence_page(lines)})


def test_years_are_told_once() -> None:
    days = [date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 1), date(2021, 2, 3)]
    assert write_dates(days) == "2020-12-31, 2021-01-01, 01-01, 02-03"
    assert write_dates([]) == ""
