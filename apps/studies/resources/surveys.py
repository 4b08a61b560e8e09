"""Surveys, as they are, as bare FHIR questionnaires, and question by question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from rest_framework.request import Request

from apps.api import paging, registry
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import CannedNotFound, NotFound
from apps.api.fields import JSON, Boolean, Id, Integer, Text, sorted_members
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import GET, ModelResource, Resource, ResourceReply
from apps.api.versions import Version
from apps.studies.models import Survey, SurveyItem
from apps.studies.visibility import SurveyRule

HIGHEST = 2**63 - 1


@registry.register_resource
class SurveyResource(ModelResource[Survey]):
    """Staff make surveys by seeds (docs/sandbox.md)."""

    name = "survey"
    summary = "Questions to the subjects of studies."
    description = "Everybody sees a survey that is shared, others the people of its studies."
    model = Survey
    list_methods = (GET,)
    detail_methods = (GET,)
    since = listed_since = Version.V3_3
    fields = {
        "fhir_questionnaire": JSON(kind="dict", help="The questions, a FHIR R4 Questionnaire."),
        "id": Id(readonly=True, unique=True),
        "name": Text(null=True, unique=True, help="What people call the survey."),
        "resource_uri": URI(),
        "survey_description": Text(help="What the survey is about."),
    }
    filtering = {"id": KEY, "name": ["exact", "in"]}
    ordering = ("id",)
    visible = SurveyRule()


@registry.register_resource
class QuestionResource(ModelResource[SurveyItem]):
    name = "question"
    summary = "An item of a survey: a question, or a group of them."
    description = "It keeps its id when the survey is changed, as long as its linkId stays."
    model = SurveyItem
    list_methods = (GET,)
    detail_methods = (GET,)
    since = listed_since = Version.V3_3
    fields = {
        "id": Id(readonly=True, unique=True),
        "linkId": Text("link_id", help="What the survey and its answers call the item."),
        "parent": ToOne("question", null=True, help="The item that it is within, if there is one."),
        "position": Integer(help="Its place among all items of the survey, from 1."),
        "required": Boolean(help="Whether it needs an answer when it is asked."),
        "resource_uri": URI(),
        "survey": ToOne("survey", always_seen=True, help="The survey that it is of."),
        "text": Text(help="What is asked."),
        "type": Text(help="The FHIR type of the item, such as boolean, choice or group."),
    }
    filtering = {
        "id": KEY,
        "linkId": ["exact", "in"],
        "survey": ["exact", "in"],
        "type": ["exact", "in"],
    }
    ordering = ("id", "position")
    visible = SurveyRule("survey")
    hidden = Q(former=True)


@registry.register_resource
class QuestionnaireResource(Resource):
    """Bare FHIR resources, so that FHIR programs can read them without the envelope of a detail."""

    name = "questionnaire"
    summary = "The FHIR Questionnaire of each survey, with the same ids."
    list_methods = (GET,)
    detail_methods = (GET,)
    since = listed_since = Version.V3_3
    fields = {
        "id": Text(readonly=True, unique=True, help="The id of the survey, as a text."),
        "item": JSON(kind="list", readonly=True, help="The questions, as FHIR nests them."),
        "resourceType": Text(readonly=True, help="Always Questionnaire."),
    }

    @classmethod
    def answer_schema(cls, version: Version) -> Mapping[str, Any]:
        """The JSON Schema of a list, or of a questionnaire."""
        return {"type": "object"}

    def get_list(self, context: Context, request: Request) -> ResourceReply:
        """Return a page of questionnaires."""
        rows = SurveyResource.visible_rows(context).order_by("pk")
        page = paging.parse_page(request.query_params, self.limit, self.max_limit)
        shown = rows[page.offset : page.offset + page.limit]
        meta = page.meta(request.path, request.query_params, rows.count())
        return ResourceReply({"meta": meta, "objects": [_bare(survey) for survey in shown]})

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        """Return a questionnaire. Raise NotFound, or CannedNotFound for a key of another form."""
        try:
            wanted = int(key)
        except ValueError:
            raise CannedNotFound from None
        rows = SurveyResource.visible_rows(context)
        survey = rows.filter(pk=wanted).first() if 0 <= wanted <= HIGHEST else None
        if survey is None:
            raise NotFound
        return ResourceReply(_bare(survey))


def _bare(survey: Survey) -> dict[str, Any]:
    """The questionnaire, under the id of the survey."""
    members = {**survey.fhir_questionnaire, "id": str(survey.pk)}
    return {name: sorted_members(members[name]) for name in sorted(members)}
