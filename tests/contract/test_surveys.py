"""survey, question, questionnaire, surveyanswers, surveyanswer and csvsurveyanswers.

Who plays which part in a study is not what the people of these tests are to each other; tests in
tests/studies are about that.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import models

from apps.accounts.models import User
from apps.enrolment.models import Study, StudySubject
from apps.studies.models import Survey, SurveyAnswer, SurveyAnswers, SurveyItem
from tests.contract.base import ResourceContract
from tests.contract.contract import link
from tests.contract.documents import DocumentContract
from tests.people import PEOPLE
from tests.studies.surveys import answer, question, questionnaire, response

TIME = 454_340_505_600
"""2026-03-28T08:00:00Z in ticks."""


def new_survey(number: int = 1) -> Survey:
    """A survey of one question within another, that everybody sees."""
    items = question("1", item=[question("2")])
    return Survey.objects.create(name=f"survey {number}", fhir_questionnaire=questionnaire(items))


def study_of(owner: User) -> Study:
    """A study of the owner's, who is a subject of it as well."""
    study, made = Study.objects.get_or_create(uuid="night7", defaults={"owner": owner, "name": "n"})
    if made:
        start = date(2026, 2, 2)
        StudySubject.objects.create(study=study, user=owner, subject_id="001", start_date=start)
    return study


def new_answers(owner: User, number: int = 1) -> SurveyAnswers:
    """The answer to one question."""
    authored = f"2026-03-28T08:{number:02}:00Z"
    return SurveyAnswers.objects.create(
        survey=Survey.objects.first() or new_survey(),
        study=study_of(owner),
        user=owner,
        fhir_answer=response(answer("1", {"valueBoolean": True}), authored=authored),
        status="completed",
        authored=authored,
        moment=TIME + 60 * 256 * number,
    )


class TestSurvey(ResourceContract):
    name = "survey"
    seen_by = PEOPLE
    changed_by = ()

    def make(self, owner: User, number: int = 1) -> Survey:
        """A survey without questions, of which there can be many at once."""
        return Survey.objects.create(name=f"survey {number}", fhir_questionnaire=questionnaire())


class TestQuestion(ResourceContract):
    name = "question"
    seen_by = PEOPLE
    changed_by = ()

    def make(self, owner: User, number: int = 1) -> SurveyItem:
        return new_survey(number).questions.get(link_id="2")


class TestQuestionnaire(DocumentContract):
    name = "questionnaire"


class TestCsvSurveyAnswers(DocumentContract):
    name = "csvsurveyanswers"


class OfAnswers(ResourceContract):
    """The contract of what a subject answers: people who may read what is theirs have no part in
    the study."""

    __test__ = False
    seen_by = changed_by = ("owner", "staff")
    near_post = 400

    def column(self, name: str) -> Any:
        """A subject is named in many ways, and a time is told by ticks or a date."""
        return {"authored": models.BigIntegerField(), "subject": models.CharField()}.get(
            name
        ) or super().column(name)


class TestSurveyAnswers(OfAnswers):
    __test__ = True
    name = "surveyanswers"
    required = ("study", "survey", "fhir_answer")
    test_relations_are_written_in_many_ways: ClassVar[Any] = None  # the same again is no new row

    def make(self, owner: User, number: int = 1) -> SurveyAnswers:
        return new_answers(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        survey = Survey.objects.first() or new_survey()
        return {
            "study": link(study_of(owner), "study"),
            "survey": link(survey, "survey"),
            "subject": owner.username,
            "fhir_answer": response(answer("1", {"valueBoolean": True})),
        }

    def changes(self, owner: User) -> dict[str, Any]:
        return {}


class TestSurveyAnswer(OfAnswers):
    __test__ = True
    name = "surveyanswer"

    def make(self, owner: User, number: int = 1) -> SurveyAnswer:
        return new_answers(owner, number).answered.get()
