"""Stored answers as data, read against the survey as it is now, without checking them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.studies.models import SurveyAnswers
from apps.studies.surveys.answers import AnsweredQuestion, SurveyResponse
from apps.studies.surveys.questionnaire import FhirValue, Questionnaire, SurveyQuestion
from apps.studies.surveys.values import read_value


def read_stored(questionnaire: Questionnaire, row: SurveyAnswers) -> SurveyResponse:
    """Return what was answered to the questions that the survey still has.

    A value that its question no longer takes is returned as it was given.
    """
    order = {link_id: number for number, link_id in enumerate(questionnaire.by_link_id)}
    answered = sorted(
        _answered(questionnaire, row.fhir_answer), key=lambda each: order[each.question.link_id]
    )
    return SurveyResponse(row.status, None, tuple(answered))


def values_of(answer: object) -> list[FhirValue]:
    """Return the values in a FHIR list of answers."""
    answers = answer if isinstance(answer, list) else []
    pairs = (pair for each in answers if isinstance(each, dict) for pair in each.items())
    return [FhirValue(name, value) for name, value in pairs if name.startswith("value")]


def _answered(questionnaire: Questionnaire, given: Mapping[str, Any]) -> Iterator[AnsweredQuestion]:
    """The answered questions of an object and within it."""
    for item in _objects(given.get("item")):
        question = questionnaire.by_link_id.get(item.get("linkId", ""))
        values = values_of(item.get("answer"))
        if question is not None and values:
            yield AnsweredQuestion(question, tuple(_value(question, value) for value in values))
        yield from _answered(questionnaire, item)
        for answer in _objects(item.get("answer")):
            yield from _answered(questionnaire, answer)


def _objects(given: object) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _value(question: SurveyQuestion, value: FhirValue) -> FhirValue:
    """A value as new answers have it: a choice as the survey writes it."""
    try:
        return read_value(question, *value)
    except ValueError:
        return value
