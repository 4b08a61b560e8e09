"""The study that tests of requests are about, and a survey to answer."""

from __future__ import annotations

import pytest

from apps.studies.models import Survey
from tests.enrolment.cast import StudyCast, begin_study
from tests.studies.surveys import SYMPTOMS


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


@pytest.fixture
def survey(db: None) -> Survey:
    """The published example: three questions for yes or no."""
    return Survey.objects.create(name="symptoms", fhir_questionnaire=SYMPTOMS)
