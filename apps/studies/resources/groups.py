"""`/api/studygroup/`."""

from __future__ import annotations

from collections.abc import Mapping

from apps.access.visibility import StudyGroupRule
from apps.api import registry, writing
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import BadRequest, InvalidFields
from apps.api.fields import Id, Text
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import Version
from apps.enrolment.models import StudyGroup
from apps.studies.resources.study import FIXED, REQUIRED


@registry.register_resource
class StudyGroupResource(ModelResource[StudyGroup]):
    """See contract, studies 3 and 8."""

    name = "studygroup"
    summary = "A part of the subjects of a study. Groups can be changed at any time."
    model = StudyGroup
    since = listed_since = Version.V3_3
    list_methods = (GET, POST)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "id": Id(readonly=True, unique=True),
        "name": Text(help="What people call it. Another group of the study has another name."),
        "resource_uri": URI(),
        "study": ToOne("study", help="The study, which cannot be changed."),
    }
    filtering = {"id": KEY, "name": ["exact", "in"], "study": ["exact", "in"]}
    ordering = ("id",)
    owner_order = ()
    visible = StudyGroupRule()

    @classmethod
    def prepare(cls, row: StudyGroup, data: Mapping[str, JSONValue], context: Context) -> None:
        writing.check_change(cls, context, row)
        before = StudyGroup.objects.filter(pk=row.pk).first()
        if before is not None and before.study_id != row.study_id:
            raise InvalidFields(cls.name, {"study": [FIXED]})

    @classmethod
    def validate(cls, row: StudyGroup) -> dict[str, list[str]]:
        if not row.name.strip():
            return {"name": [REQUIRED]}
        others = StudyGroup.objects.filter(study=row.study_id, name=row.name).exclude(pk=row.pk)
        return {"name": ["The study has a group of this name."]} if others.exists() else {}

    @classmethod
    def remove(cls, row: StudyGroup, context: Context) -> None:
        """Delete a group without subjects; those who left the study leave it too."""
        if row.subjects.filter(withdrawn=None).exists():
            raise BadRequest("This studygroup cannot be deleted because it has subjects.")
        row.subjects.update(study_group=None)
        row.delete()
