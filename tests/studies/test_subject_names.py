"""How calendars and answers name a subject, which is one rule (studies 6 and 7)."""

from __future__ import annotations

from typing import Any

import pytest

from apps.enrolment.models import Study, StudyMember, StudySubject
from apps.studies.calendar.asking import SEVERAL
from apps.studies.models import Survey
from apps.studies.planning.reading import read_planning
from apps.studies.planning.writing import planning_json
from tests.enrolment.cast import StudyCast, begin_study
from tests.studies.surveys import SYMPTOMS, response

CALENDAR, ANSWERS = "/api/calendar/", "/api/surveyanswers/"
FIRST, SECOND = "2026-02-02", "2026-02-09"
"""The first days of the two subjects, by which a calendar and answers are told apart."""


def plan_one_day(study: Study) -> None:
    planning = read_planning([{"name": "a", "event_schedule": {}}])
    Study.objects.filter(pk=study.pk).update(planning=planning_json(planning))


@pytest.fixture
def both(cast: StudyCast) -> tuple[StudySubject, StudySubject]:
    """Both subjects of a study, each with a planned day and an answer of its own."""
    survey = Survey.objects.create(fhir_questionnaire=SYMPTOMS)
    plan_one_day(cast.study)
    for person, day in ((cast.subject, FIRST), (cast.other_subject, SECOND)):
        StudySubject.objects.filter(user=person.user).update(start_date=day)
        answer(cast, survey, person.user.username, day)
    first, second = StudySubject.objects.filter(study=cast.study).order_by("pk")
    return first, second


def answer(cast: StudyCast, survey: Survey, name: str, day: str) -> None:
    sent = {
        "survey": f"/api/survey/{survey.pk}/",
        "study": f"/api/study/{cast.study.pk}/",
        "subject": name,
        "fhir_answer": response(authored=day),
    }
    assert cast.owner.post(ANSWERS, sent).status_code == 201


def found(cast: StudyCast, subject: object, **more: Any) -> tuple[list[str], list[str]]:
    """The days of the calendar and of the answers of whoever is called so."""
    params = {"subject": subject, **more}
    calendar, answers = cast.owner.get(CALENDAR, params), cast.owner.get(ANSWERS, params)
    assert calendar.status_code == answers.status_code == 200, (calendar, answers)
    days = [row["event_schedule"]["date"] for row in calendar.json()["objects"]]
    return days, [row["fhir_answer"]["authored"] for row in answers.json()["objects"]]


@pytest.mark.rule("studies 6", "studies 7")
def test_the_own_id_comes_first_then_the_user_name_then_the_number(
    cast: StudyCast, both: tuple[StudySubject, StudySubject]
) -> None:
    first, second = both
    names = {
        "001": FIRST,
        "002": SECOND,
        "night7_001": FIRST,
        "NIGHT7_002": SECOND,
        first.pk: FIRST,
        f"/api/studysubject/{second.pk}/": SECOND,
        f"/api/user/{second.user_id}/": SECOND,
    }
    for name, day in names.items():
        for more in ({}, {"study": cast.study.pk}):
            assert found(cast, name, **more) == ([day], [day]), name
    StudySubject.objects.filter(pk=second.pk).update(subject_id=str(first.pk))
    assert found(cast, first.pk) == ([SECOND], [SECOND])
    assert found(cast, f"/api/studysubject/{first.pk}/") == ([FIRST], [FIRST])
    StudySubject.objects.filter(pk=second.pk).update(subject_id=first.user.username)
    assert found(cast, first.user.username) == ([SECOND], [SECOND])
    for nobody in ("003", f"0{first.pk}", "nobody", 987654321, "9" * 19):
        assert found(cast, nobody) == ([], []), nobody
    for wrong in ("/api/label/1/", "/api/studysubject/x/", "a\0", "x" * 201):
        for path in (CALENDAR, ANSWERS):
            assert cast.owner.get(path, {"subject": wrong}).status_code == 400, (path, wrong)


@pytest.mark.rule("studies 7")
def test_the_id_of_an_object_is_the_number_of_a_studysubject(
    cast: StudyCast, both: tuple[StudySubject, StudySubject]
) -> None:
    first, second = both
    StudySubject.objects.filter(pk=second.pk).update(subject_id=str(first.pk))
    shown = cast.owner.get(f"/api/studysubject/{first.pk}/").json()
    sent = {
        "survey": f"/api/survey/{Survey.objects.get().pk}/",
        "study": f"/api/study/{cast.study.pk}/",
        "fhir_answer": response(authored="2026-02-05"),
    }
    for subject in (shown, {"id": first.pk}):
        answer = cast.owner.post(ANSWERS, {**sent, "subject": subject})
        assert answer.json()["subject"] == first.user.username, subject
    named = cast.owner.post(ANSWERS, {**sent, "subject": {"id": str(first.pk)}})
    assert named.json()["subject"] == second.user.username
    for wrong in ({"id": True}, {"id": -1}, {"id": 10**18}, {"id": 1.5}, {}):
        assert cast.owner.post(ANSWERS, {**sent, "subject": wrong}).status_code == 400, wrong


def test_an_id_that_several_studies_have_needs_a_study(
    cast: StudyCast, both: tuple[StudySubject, StudySubject]
) -> None:
    first, _ = both
    other = begin_study("other7")
    plan_one_day(other.study)
    assert found(cast, "001") == ([FIRST], [FIRST])  # the other study is not seen
    StudyMember.objects.create(study=other.study, user=cast.owner.user)
    refused = cast.owner.get(CALENDAR, {"subject": "001"})
    assert (refused.status_code, refused.json()) == (400, {"error": SEVERAL})
    assert found(cast, "001", study=cast.study.pk) == ([FIRST], [FIRST])
    StudySubject.objects.filter(study=other.study, subject_id="001").update(subject_id=first.pk)
    assert cast.owner.get(CALENDAR, {"subject": first.pk}).status_code == 400
    assert found(cast, first.pk, study=cast.study.pk) == ([FIRST], [FIRST])
    assert found(cast, first.pk, study=other.study.pk)[0] == ["2026-02-02"]


def test_one_person_in_several_studies_has_one_calendar(
    cast: StudyCast, both: tuple[StudySubject, StudySubject]
) -> None:
    first, _ = both
    other = begin_study("other7")
    plan_one_day(other.study)
    StudyMember.objects.create(study=other.study, user=cast.owner.user)
    StudySubject.objects.create(
        study=other.study, user=first.user, subject_id="x", start_date="2026-04-01"
    )
    name = first.user.username
    assert found(cast, name) == ([FIRST, "2026-04-01"], [FIRST])
