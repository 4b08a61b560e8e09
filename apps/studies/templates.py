"""Studies that begin as copies of other ones: `template_id` of `study`."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from apps.access.visibility import StudyRule
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.errors import BadRequest, Forbidden, InvalidFields
from apps.enrolment.models import Study, StudyGroup, StudyMaterial, StudyStatus
from apps.studies.planned import STUDY, copied_planning, store_planning
from apps.studies.planning.faults import PlanningError
from apps.studies.planning.targets import TargetKind

NAME = "template_id"
HAS_PLANNING = "has_planning"
"""What is noted on a new study: whether a planning was sent for it, be it an empty one."""
COPIED = ("duration_in_days", "type", "icon")
"""What a new study has from its template unless it is sent. Groups, surveys and the planning are
copied too."""
UNFIT = "The planning of the template cannot be copied. Mend it, or send a planning beside this."


def find_template(sent: JSONValue, context: Context) -> Study:
    """Return the study that a new one is to be like: one that the caller runs, or one that its
    owner calls cloneable.

    Raise Forbidden for callers who run no study, InvalidFields if there is no such template.
    """
    run = StudyRule("").condition(context.caller)
    if not context.caller.is_staff and not Study.objects.filter(run).exists():
        raise Forbidden("Only people who run a study may use a template.")
    offered = Study.objects.exclude(status=StudyStatus.DELETED).filter(run | Q(cloneable=True))
    found = offered.filter(pk=_key(sent)).first()
    if found is None:
        raise InvalidFields(STUDY, {NAME: ["There is no such template."]})
    return found


def _key(sent: JSONValue) -> int:
    try:
        key = int(sent) if isinstance(sent, int | str) and not isinstance(sent, bool) else -1
    except ValueError:
        key = -1
    if not -(2**63) <= key < 2**63:
        raise BadRequest(f"The '{NAME}' field was given data that is not an integer in range.")
    return key


def take_columns(study: Study, template: Study, sent: Mapping[str, JSONValue]) -> None:
    """Set what a new study has from its template, before it is saved."""
    for name in COPIED:
        if sent.get(name) is None:
            setattr(study, name, getattr(template, name))


def take_rows(study: Study, template: Study, context: Context) -> None:
    """Give a new study the groups of its template, and the surveys that the caller sees."""
    names = template.groups.values_list("name", flat=True)
    StudyGroup.objects.bulk_create(StudyGroup(study=study, name=name) for name in names)
    kept = template.materials.filter(planned=False, kind=TargetKind.SURVEY)
    seen = registry.model_resource(TargetKind.SURVEY).visible_rows(context)
    surveys = seen.filter(pk__in=kept.values("object_id"))
    StudyMaterial.objects.bulk_create(
        StudyMaterial(study=study, kind=TargetKind.SURVEY, object_id=key)
        for key in surveys.values_list("pk", flat=True)
    )


def take_planning(study: Study, template: Study, context: Context) -> None:
    """Give a new study the planning of its template. Raise InvalidFields, with what is wrong with
    it, if the new study cannot have it."""
    try:
        planning = copied_planning(template, study.duration_in_days, context)
    except PlanningError as error:
        raise InvalidFields(STUDY, {NAME: [UNFIT, *error.texts]}) from None
    store_planning(study, planning)
