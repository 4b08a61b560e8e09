"""Columns of tables of studies."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from apps.studies.surveys.questionnaire import SurveyError
from apps.studies.surveys.questionnaire_reading import read_questionnaire


def check_questionnaire(value: object) -> None:
    """Raise ValidationError with everything that is wrong with a FHIR questionnaire."""
    try:
        read_questionnaire(value)
    except SurveyError as error:
        raise ValidationError(error.texts) from error


class QuestionnaireColumn(models.JSONField[Any, Any]):
    """A FHIR Questionnaire. Whoever cleans a row, as seeds do, is told what is wrong with it."""

    empty_values = (None,)
    default_validators = [check_questionnaire]
