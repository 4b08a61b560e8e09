"""The planning of a study in the database: what may be planned, and who sees what is planned."""

from __future__ import annotations

from collections.abc import Collection, Container, Set
from functools import partial

from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.errors import InvalidFields
from apps.enrolment.models import Study, StudyMaterial
from apps.fitness.models import Kpi
from apps.studies.planning.faults import PlanningError
from apps.studies.planning.reading import read_planning, stored_planning
from apps.studies.planning.schedule import Planning
from apps.studies.planning.targets import PlanningTarget, TargetKind
from apps.studies.planning.writing import planning_json

STUDY = "study"


def checked_planning(
    given: JSONValue, duration: int | None, context: Context, stored: object = ()
) -> Planning:
    """Return a sent planning. Raise InvalidFields with all its faults: what the caller does not see
    cannot be planned, unless the `stored` planning of the study names it. So a planning can be sent
    back, even if somebody deleted what it names."""
    kept = _targets_of(stored_planning(stored))
    try:
        return read_planning(given, duration, partial(_missing, context, kept))
    except PlanningError as error:
        raise InvalidFields(STUDY, {"planning": error.texts}) from None


def copied_planning(template: Study, duration: int | None, context: Context) -> Planning:
    """Return the planning of a template, for a new study of that duration. Raise PlanningError if
    it is too long for it, or names what the caller does not see or somebody deleted."""
    return read_planning(template.planning, duration, partial(_missing, context, frozenset()))


def check_length(study: Study) -> None:
    """Raise InvalidFields if the study has become too long for the planning that it has."""
    try:
        read_planning(study.planning, study.duration_in_days)
    except PlanningError as error:
        raise InvalidFields(STUDY, {"duration_in_days": error.texts}) from None


def store_planning(study: Study, planning: Planning) -> None:
    """Store the planning of a study, and have its people see what it names."""
    study.planning = planning_json(planning)
    study.save(update_fields=["planning"])
    replace_materials(study, planning)


def replace_materials(study: Study, planning: Planning) -> None:
    """Have the people of a study see what a planning names, and no longer what an earlier one
    named."""
    rows = [
        StudyMaterial(study=study, kind=target.kind, object_id=int(target.key), planned=True)
        for target in sorted(_targets_of(planning), key=str)
        if target.kind != TargetKind.KPI
    ]
    StudyMaterial.objects.filter(study=study, planned=True).delete()
    StudyMaterial.objects.bulk_create(rows)


def _targets_of(planning: Planning) -> set[PlanningTarget]:
    return {item.schedule.target for item in planning if item.schedule.target is not None}


def _missing(
    context: Context, kept: Set[PlanningTarget], targets: Collection[PlanningTarget]
) -> Container[PlanningTarget]:
    """The targets that are new, and not there or not seen by the caller: a statement for each kind
    that is named."""
    new = set(targets) - kept
    found: set[PlanningTarget] = set()
    for kind in {target.kind for target in new}:
        keys = {target.key for target in new if target.kind == kind}
        found |= {PlanningTarget(kind, key) for key in _known_keys(context, kind, keys)}
    return new - found


def _known_keys(
    context: Context, kind: TargetKind, keys: Collection[int | str]
) -> Collection[int | str]:
    if kind == TargetKind.KPI:
        return set(Kpi.objects.filter(name__in=keys).values_list("name", flat=True))
    rows = registry.model_resource(kind).visible_rows(context)
    return set(rows.filter(pk__in=keys).values_list("pk", flat=True))
