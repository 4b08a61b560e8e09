"""The study of the demo world, which makes the calendar that the reference prints."""

from __future__ import annotations

from base64 import b64encode

import pytest
from django.test import Client

from apps.enrolment.models import Study
from apps.studies.models import Survey, SurveyAnswers
from apps.studies.planning.reading import read_planning
from apps.studies.planning.writing import planning_json
from apps.studies.surveys.answers import read_response
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from hexostore import clock
from hexostore.hexotime import from_datetime, from_iso
from tests.golden.world import demo_world

__all__ = ["demo_world"]

TESTS, ASKED = "Do 5 min Rest Test twice a day", "Answer the survey every day"
PRINTED = [
    *((TESTS, "/api/activitytype/4/", day) for day in (14, 14, 15, 15, 16, 16)),
    *((ASKED, "/api/survey/3/", day) for day in (14, 15, 16)),
]


@pytest.mark.rule("studies 6")
def test_the_calendar_is_the_printed_one(demo_world: None, db: None) -> None:
    login = b64encode(b"test_sub001:sub001").decode()
    found = Client(headers={"Authorization": f"Basic {login}"}).get("/api/calendar/")
    assert found.json() == {
        "meta": {"total_count": 9},
        "objects": [
            {
                "name": name,
                "done": False,
                "event_schedule": {"date": f"2020-07-{day}", "resource_uri": uri},
            }
            for name, uri, day in PRINTED
        ],
    }


def test_its_rows_are_as_the_api_would_have_stored_them(demo_world: None, db: None) -> None:
    study = Study.objects.get(uuid="test")
    assert planning_json(read_planning(study.planning)) == study.planning
    for survey in Survey.objects.all():
        questionnaire = read_questionnaire(survey.fhir_questionnaire)
        for row in SurveyAnswers.objects.filter(survey=survey):
            read = read_response(questionnaire, row.fhir_answer, clock.now())
            assert (read.status, row.fhir_answer["authored"]) == (row.status, row.authored)
            assert row.moment == from_datetime(from_iso(row.authored))
            assert row.has_time == ("T" in row.authored)
