"""The study that tests of requests are about, and a survey to answer."""

from __future__ import annotations

import pytest

from apps.access.visibility import StudyRule
from apps.api import registry
from apps.api.derived import URI
from apps.api.fields import Id, Text
from apps.api.resources import GET, ModelResource
from apps.enrolment.models import Study
from apps.studies.models import Survey
from tests.enrolment.cast import StudyCast, begin_study
from tests.studies.surveys import SYMPTOMS

if registry.find_resource("study") is None:

    @registry.register_resource
    class StandInStudyResource(ModelResource[Study]):
        name = "study"
        summary = "Stands for the resource until it is there."
        model = Study
        list_methods = (GET,)
        detail_methods = (GET,)
        fields = {"id": Id(), "name": Text(), "resource_uri": URI()}
        visible = StudyRule("", to_subjects=True)


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


@pytest.fixture
def survey(db: None) -> Survey:
    """The published example: three questions for yes or no."""
    return Survey.objects.create(name="symptoms", fhir_questionnaire=SYMPTOMS)
