"""Answers of subjects to surveys: as a whole, and question by question."""

from __future__ import annotations

from collections.abc import Mapping

from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, Computed
from apps.api.errors import InvalidFields
from apps.api.fields import Id
from apps.api.lookups import KEY, ORDERED
from apps.api.relations import ToOne
from apps.api.resources import GET, POST, ModelResource
from apps.api.versions import Version
from apps.api.writing import AlreadyThere
from apps.enrolment.models import StudySubject
from apps.studies import answering
from apps.studies.answer_fields import AnswerValue, AuthoredField, FhirAnswer, SubjectField
from apps.studies.models import SurveyAnswer, SurveyAnswers
from apps.studies.surveys.answers import SurveyResponse, read_response
from apps.studies.surveys.questionnaire import SurveyError
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from apps.studies.visibility import AnswersRule
from hexostore import clock

NAME = "surveyanswers"
_OF_STUDY = {
    "study": ["exact", "in"],
    "subject": ["exact", "in"],
    "survey": ["exact", "in"],
    "user": ["exact", "in"],
}
"""The filters by what answers belong to."""


@registry.register_resource
class SurveyAnswersResource(ModelResource[SurveyAnswers]):
    """Answers never change (studies 7)."""

    name = NAME
    summary = "What a subject answered to a survey at one time."
    description = (
        "The answers are a FHIR R4 QuestionnaireResponse, which is checked against the survey. "
        "Subjects answer for themselves, the team of a study for any of its subjects. The same "
        "answers again are answered with 200 and change nothing."
    )
    model = SurveyAnswers
    list_methods = (POST, GET)
    detail_methods = (GET,)
    since = listed_since = Version.V3_3
    repeatable = True
    fields = {
        "authored": AuthoredField(unlisted=True, help="When the answers were given."),
        "fhir_answer": FhirAnswer(kind="dict", help="The answers, a FHIR QuestionnaireResponse."),
        "id": Id(readonly=True, unique=True),
        "resource_uri": URI(),
        "study": ToOne("study", help="The study in which they were given."),
        "subject": SubjectField(
            "user__username",
            blank=True,
            prepared=True,
            help="The user name of the subject. In bodies also the study's own id, or the id or "
            "URI of a studysubject; without it, the caller.",
        ),
        "survey": ToOne("survey", help="The survey that was answered."),
        "user": ToOne("user", readonly=True, unlisted=True),
    }
    filtering = {"authored": ORDERED, "id": KEY, **_OF_STUDY}
    ordering = ("id", "authored")
    visible = AnswersRule()

    @classmethod
    def prepare(cls, row: SurveyAnswers, data: Mapping[str, JSONValue], context: Context) -> None:
        """Set who answers, and when. Raise Forbidden, InvalidFields, or AlreadyThere for the same
        answers again."""
        answering.check_study(row.study)
        subject = cls._find_subject(row, data.get("subject"), context)
        row.user_id = subject.user_id
        answering.check_answering(context.caller, [(row.study_id, row.user_id)])
        questionnaire = read_questionnaire(row.survey.fhir_questionnaire)
        now = clock.now()
        try:
            response: SurveyResponse = read_response(questionnaire, row.fhir_answer, now)
        except SurveyError as error:
            raise InvalidFields(NAME, {"fhir_answer": error.texts}) from None
        answering.complete_answers(row, row.fhir_answer, response, now)
        stored = answering.find_stored([row]).get(answering.time_of(row))
        if stored is None and subject.withdrawn is None:
            return
        if stored is None:
            raise InvalidFields(NAME, {"subject": [answering.HAS_LEFT]})
        if answering.is_same(stored, row, questionnaire):
            raise AlreadyThere(stored)
        raise InvalidFields(NAME, {"fhir_answer": [answering.OTHER_ANSWERS]})

    @classmethod
    def _find_subject(cls, row: SurveyAnswers, given: JSONValue, context: Context) -> StudySubject:
        """Return the subject that a body names, who may have left."""
        try:
            name = answering.name_of(given, context.caller)
        except ValueError as error:
            raise InvalidFields(NAME, {"subject": [str(error)]}) from None
        found = answering.find_subjects([(row.study_id, name)])[row.study_id, name]
        if isinstance(found, str):
            raise InvalidFields(NAME, {"subject": [found]})
        return found


@registry.register_resource
class SurveyAnswerResource(ModelResource[SurveyAnswer]):
    name = "surveyanswer"
    summary = "What a subject answered to one question at one time."
    description = "The rows are made of surveyanswers. A question that repeats has several values."
    model = SurveyAnswer
    list_methods = (GET,)
    detail_methods = (GET,)
    since = listed_since = Version.V3_3
    fields = {
        "authored": AuthoredField("surveyanswers__authored", help="When the answer was given."),
        "id": Id(readonly=True, unique=True),
        "linkId": Computed(
            ("question__link_id",), lambda _, link_id: link_id, help="What the survey calls it."
        ),
        "question": ToOne("question", help="The question that was answered."),
        "resource_uri": URI(),
        "study": ToOne("study", help="The study in which it was answered."),
        "subject": SubjectField("user__username", help="The user name of the subject."),
        "survey": ToOne("survey", help="The survey that has the question."),
        "surveyanswers": ToOne(NAME, help="The answers that it is from."),
        "user": ToOne("user", readonly=True, unlisted=True),
        "value": AnswerValue(
            readonly=True, help="The answer, as FHIR has it; several if the question repeats."
        ),
    }
    filtering = {
        "authored": ORDERED,
        "id": KEY,
        "question": ["exact", "in"],
        "surveyanswers": ["exact", "in"],
        **_OF_STUDY,
    }
    ordering = ("id",)
    visible = AnswersRule("surveyanswers")
