"""Requests for surveys, and the seeds that make them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from apps.enrolment.models import StudyMaterial
from apps.sandbox import seeds
from apps.sandbox.management.commands import load
from apps.sandbox.seed_rows import SeedError
from apps.studies.models import Survey, SurveyAnswers, SurveyItem
from tests.enrolment.cast import StudyCast
from tests.people import ANYBODY
from tests.studies.surveys import (
    EVERYTHING,
    SYMPTOMS,
    Json,
    answer,
    question,
    questionnaire,
    response,
)

SURVEY, QUESTION, QUESTIONNAIRE = "/api/survey/", "/api/question/", "/api/questionnaire/"


def seed(*items: Json, **others: Any) -> Json:
    """A seed with a survey of some items."""
    row = {"name": "symptoms", "fhir_questionnaire": questionnaire(*items), **others}
    return {"survey": {"symptoms": row}}


@pytest.mark.rule("studies 7")
def test_the_shapes(cast: StudyCast, survey: Survey) -> None:
    assert cast.outsider.get(f"{SURVEY}{survey.pk}/").json() == {
        "fhir_questionnaire": SYMPTOMS,
        "id": survey.pk,
        "name": "symptoms",
        "resource_uri": f"{SURVEY}{survey.pk}/",
        "survey_description": "",
    }
    bare = cast.outsider.get(f"{QUESTIONNAIRE}{survey.pk}/").json()
    assert bare == {**SYMPTOMS, "id": str(survey.pk)}
    listed = cast.outsider.get(QUESTIONNAIRE).json()
    assert (listed["meta"]["total_count"], listed["objects"]) == (1, [bare])
    first = cast.outsider.get(QUESTION).json()["objects"][0]
    assert first == {
        "id": first["id"],
        "linkId": "1",
        "parent": None,
        "position": 1,
        "required": False,
        "resource_uri": f"{QUESTION}{first['id']}/",
        "survey": f"{SURVEY}{survey.pk}/",
        "text": "SurveyQuestion 1?",
        "type": "boolean",
    }


@pytest.mark.rule("T203")
def test_members_of_questions_are_sorted(cast: StudyCast, survey: Survey) -> None:
    for path in (QUESTIONNAIRE, f"{QUESTIONNAIRE}{survey.pk}/"):
        text = cast.outsider.get(path).content.decode()
        assert text == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)


@pytest.mark.rule("studies 7")
def test_who_sees_a_survey(cast: StudyCast, survey: Survey) -> None:
    """One that is not shared is seen by the people of the studies that are about it."""
    Survey.objects.update(shared=False)
    asked = SurveyItem.objects.values_list("pk", flat=True)[0]
    paths = f"{SURVEY}{survey.pk}/", f"{QUESTIONNAIRE}{survey.pk}/", f"{QUESTION}{asked}/"
    people = cast.owner, cast.admin, cast.subject, cast.outsider, cast.staff

    def statuses(path: str) -> list[int]:
        return [caller.get(path).status_code for caller in people]

    for path in paths:
        assert statuses(path) == [404, 404, 404, 404, 200]
    StudyMaterial.objects.create(study=cast.study, kind="survey", object_id=survey.pk)
    for path in paths:
        assert statuses(path) == [200, 200, 200, 404, 200]
        assert ANYBODY.get(path).status_code == 401


def test_nobody_writes_surveys_by_the_api(cast: StudyCast, survey: Survey) -> None:
    for path in (SURVEY, QUESTION, QUESTIONNAIRE, "/api/surveyanswer/"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert cast.staff.request(method, path, {}).status_code == 405
            assert cast.staff.request(method, f"{path}{survey.pk}/", {}).status_code == 405


def test_unknown_questionnaires(cast: StudyCast) -> None:
    for key, status in ((987_654_321, 404), (10**30, 404), ("word", 404), (-1, 404)):
        assert cast.owner.get(f"{QUESTIONNAIRE}{key}/").status_code == status


def test_questions_are_listed_in_order(
    cast: StudyCast, survey: Survey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = Survey.objects.create(fhir_questionnaire=EVERYTHING)
    params = {"survey": other.pk, "order_by": "position", "limit": 0}
    found = cast.owner.get(QUESTION, params).json()["objects"]
    assert [each["linkId"] for each in found][:6] == [
        *("well", "body", "weight", "steps", "pain", "born")
    ]
    assert [each["position"] for each in found] == list(range(1, len(found) + 1))
    group = found[1]
    assert [each["linkId"] for each in found if each["parent"] == group["resource_uri"]] == [
        *("weight", "steps", "pain")
    ]
    assert (group["type"], found[0]["required"]) == ("group", True)
    with django_assert_num_queries(2):  # with that of the login
        cast.owner.get(QUESTION, {**params, "limit": 3})
    assert cast.owner.get(QUESTION, {"survey": survey.pk}).json()["meta"]["total_count"] == 3


@pytest.mark.rule("studies recipe 12")
def test_ids_and_answers_stay_when_a_survey_is_changed(cast: StudyCast) -> None:
    seeds.load(seed(question("1"), question("2")))
    survey = Survey.objects.get()
    ids = dict(SurveyItem.objects.values_list("link_id", "pk"))
    sent = {
        "study": f"/api/study/{cast.study.pk}/",
        "survey": f"/api/survey/{survey.pk}/",
        "fhir_answer": response(answer("1", {"valueBoolean": True})),
    }
    before = cast.subject.post("/api/surveyanswers/", sent).json()
    changed = seed(question("0"), question("2", text="Really?"), survey_description="More")
    with pytest.raises(SeedError, match="--replace changes it"):
        seeds.load(changed)
    seeds.load(changed, replace=True)
    assert Survey.objects.get().pk == survey.pk
    found = cast.owner.get(QUESTION).json()["objects"]
    assert [(each["linkId"], each["text"]) for each in found] == [
        ("2", "Really?"),
        ("0", "SurveyQuestion 0?"),
    ]
    assert found[0]["id"] == ids["2"]
    assert cast.owner.get(before["resource_uri"]).json() == before
    (answered,) = cast.owner.get("/api/surveyanswer/").json()["objects"]
    assert (answered["linkId"], answered["value"]) == ("1", True)
    assert cast.owner.get(answered["question"]).json()["id"] == ids["1"]
    seeds.load(seed(question("1"), question("2")), replace=True)
    assert dict(SurveyItem.objects.filter(former=False).values_list("link_id", "pk")) == ids


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({}, "survey symptoms: field 'fhir_questionnaire': is missing"),
        (
            {"fhir_questionnaire": {}},
            "survey symptoms: field 'fhir_questionnaire': resourceType: expected a FHIR",
        ),
        (
            {"fhir_questionnaire": questionnaire(question("1"), question("2", "bool"))},
            "survey symptoms: field 'fhir_questionnaire': item[1] (linkId 2): type: expected",
        ),
        ({"colour": 1, "fhir_questionnaire": SYMPTOMS}, "survey symptoms: unknown field 'colour'"),
    ],
)
def test_seeds_with_malformed_surveys(db: None, row: Json, text: str) -> None:
    with pytest.raises(SeedError) as error:
        seeds.load({"survey": {"symptoms": row}})
    assert str(error.value).startswith(text)
    assert not Survey.objects.exists()


def test_the_command_names_the_file_too(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "require_begun", lambda: None)
    file = tmp_path / "surveys.json"
    file.write_text(json.dumps(seed(question("1", "bool"))))
    place = "survey symptoms: field 'fhir_questionnaire': item[0] (linkId 1): type: expected one of"
    with pytest.raises(CommandError, match=re.escape(f"{file}: {place}")):
        call_command("load", str(file))
    file.write_text("{")
    with pytest.raises(CommandError, match=re.escape(f"{file}: is not valid JSON")):
        call_command("load", str(file))


def test_a_seed_file_loads_again(db: None, tmp_path: Path) -> None:
    file = tmp_path / "surveys.json"
    file.write_text(json.dumps(seed(question("1"), shared=False)))
    seeds.load(file)
    seeds.load(file)
    assert Survey.objects.get().shared is False
    assert SurveyItem.objects.count() == 1


def test_a_row_for_each_answer_whatever_is_stored(cast: StudyCast) -> None:
    """Also of what was not checked."""
    survey = Survey.objects.create(fhir_questionnaire={"item": [5, {"linkId": "1"}, {"x": 2}]})
    assert [each.link_id for each in survey.questions.all()] == ["1"]
    for number, given in enumerate(([], {}, {"item": 5}, {"item": [{"linkId": 1, "answer": 2}]})):
        SurveyAnswers.objects.create(
            study=cast.study,
            survey=survey,
            user=cast.subject.user,
            moment=number,
            fhir_answer=given,
        )
    (answered,) = cast.owner.get("/api/surveyanswer/").json()["objects"]
    assert answered["value"] is None
