"""`/api/study/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from rest_framework.request import Request

from apps.access.visibility import StudyItselfRule
from apps.api import registry, writing
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, SavedAfterRow
from apps.api.errors import InvalidFields
from apps.api.fields import (
    JSON,
    Argument,
    Boolean,
    Id,
    Integer,
    Reader,
    Text,
    json_size,
    sorted_members,
)
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import Version
from apps.enrolment.models import Study, StudyMember, StudyStatus
from apps.studies import naming, planned, standing, templates
from apps.studies.people import LEFT_OUT
from apps.studies.planning.windows import is_zone
from apps.studies.planning.writing import API

MOST_BYTES = 500_000
LONGEST_DURATION = 3660
OF_OWNER = ("owner_id", "status")
"""What only the owner changes."""
UNIT_SYSTEMS = (1, 2)
FIXED = "This cannot be changed."
REQUIRED = "This field is required."


class PlanningField(SavedAfterRow, JSON):
    """A planning: checked, stored and shown in one form (studies 4.2). Null is an empty one."""

    emptied_by_put = False

    def reader(self, context: Context, prefix: str = "") -> Reader:
        start = f"{context.prefix}/"

        def show(planning: list[dict[str, Any]]) -> JSONValue:
            return [sorted_members(_with_prefix(item, start)) for item in planning]

        return Reader((f"{prefix}{self.attribute}",), show)

    def attach(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, Study)
        if json_size(value) > MOST_BYTES:
            text = f"planning: It has at most {MOST_BYTES} bytes of JSON."
            raise InvalidFields(StudyResource.name, {self.name: [text]})
        planning = planned.checked_planning(value, row.duration_in_days, context, row.planning)
        planned.store_planning(row, planning)


def _with_prefix(item: dict[str, Any], start: str) -> dict[str, Any]:
    """An item of a stored planning, whose URI begins as in the request."""
    schedule = item["event_schedule"]
    if "resource_uri" not in schedule:
        return item
    uri = start + schedule["resource_uri"].removeprefix(API)
    return {**item, "event_schedule": {**schedule, "resource_uri": uri}}


@registry.register_resource
class StudyResource(ModelResource[Study]):
    """See contract, studies 3 and 8."""

    name = "study"
    summary = "A group of people whom a team observes by one plan."
    description = (
        "Whoever makes a study owns it, and may hand it over to somebody of its team by "
        "`owner_id`. The team changes everything else but the status. Nothing but groups and the "
        "status can be changed while a study is frozen or disabled. DELETE hides it, and keeps "
        "what it has."
    )
    decides_rights = True
    model = Study
    since = listed_since = Version.V3_3
    list_methods = (POST, GET)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "cloneable": Boolean(
            blank=True, default=False, help="Whether others may use it as a template."
        ),
        "description": Text(blank=True, default="", help="What it is about."),
        "duration_in_days": Integer(
            null=True,
            blank=True,
            help="Days of each subject from their first on; 0 or null for no end.",
        ),
        "icon": Text(blank=True, default="", help="The address of a picture, or any text."),
        "id": Id(readonly=True, unique=True),
        "name": Text(help="What people call it."),
        "owner": ToOne(
            "user",
            full="both",
            nested="list",
            without=LEFT_OUT,
            readonly=True,
            help="Who owns it.",
        ),
        "owner_id": Integer(
            prepared=True, blank=True, help="The owner. Another one must be in the team."
        ),
        "planning": PlanningField(
            kind="list", null=True, blank=True, help="What subjects do when: a list of items."
        ),
        "resource_uri": URI(),
        "status": Integer(
            blank=True,
            default=1,
            help="What it allows: 0 disabled, 1 normal, 2 frozen, 3 extended, 4 deleted.",
        ),
        "template_id": Argument(
            kind="integer",
            sent=True,
            blank=True,
            help="A study that a new one begins like. It is not shown.",
        ),
        "timezone": Text(
            blank=True, default="UTC", help="The time zone of subjects who have none of their own."
        ),
        "type": Text(blank=True, default="", help="A kind of study, in any words."),
        "unit_system": Integer(
            blank=True, default=1, help="The units that people see: 1 metric, 2 imperial."
        ),
        "uuid": Text(
            blank=True,
            default="",
            unique=True,
            help="The first part of the user names of subjects; made from the name unless it is "
            "sent. It never changes.",
        ),
    }
    filtering = {
        "id": KEY,
        "name": ["exact", "in", "startswith"],
        "owner": ["exact", "in"],
        "status": ["exact", "in"],
        "uuid": ["exact", "in"],
    }
    ordering = ("id",)
    owner_order = ()
    visible = StudyItselfRule()

    @classmethod
    def prepare(cls, row: Study, data: Mapping[str, JSONValue], context: Context) -> None:
        if not row.pk:
            _begin(row, data, context)
        else:
            _check_changes(Study.objects.get(pk=row.pk), row, data, context)

    @classmethod
    def validate(cls, row: Study) -> dict[str, list[str]]:
        checks = {
            "duration_in_days": None
            if 0 <= (row.duration_in_days or 0) <= LONGEST_DURATION
            else f"This must be between 0 and {LONGEST_DURATION} days.",
            "name": None if row.name.strip() else REQUIRED,
            "status": _status_fault(row),
            "timezone": None if is_zone(row.timezone) else "There is no such time zone.",
            "unit_system": None if row.unit_system in UNIT_SYSTEMS else "This must be 1 or 2.",
            "uuid": _uuid_fault(row),
        }
        return {name: [text] for name, text in checks.items() if text}

    @classmethod
    def posted(cls, row: Study, context: Context, request: Request) -> None:
        template = getattr(row, templates.NAME, None)
        if template is None:
            return
        templates.take_rows(row, template, context)
        if not getattr(row, templates.HAS_PLANNING):
            templates.take_planning(row, template, context)

    @classmethod
    def remove(cls, row: Study, context: Context) -> None:
        standing.check_owned(context.caller, row)
        row.status = StudyStatus.DELETED
        row.save(update_fields=["status"])


def _begin(row: Study, data: Mapping[str, JSONValue], context: Context) -> None:
    """Complete a new study: owner, uuid, and what its template has."""
    caller = context.user(get_user_model())
    if row.owner_id is None or row.owner_id == caller.pk:
        row.owner = caller
    elif not caller.is_staff or not _is_active(row.owner_id):
        raise InvalidFields("study", {"owner_id": ["A new study is your own."]})
    if data.get(templates.NAME) is not None:
        _follow_template(row, data, context)
    naming.hold_uuids()
    row.uuid = row.uuid or naming.free_uuid(row.name)


def _is_active(key: int) -> bool:
    return get_user_model()._default_manager.filter(pk=key, is_active=True).exists()


def _follow_template(row: Study, data: Mapping[str, JSONValue], context: Context) -> None:
    template = templates.find_template(data[templates.NAME], context)
    setattr(row, templates.NAME, template)
    setattr(row, templates.HAS_PLANNING, data.get("planning") is not None)
    templates.take_columns(row, template, data)


def _check_changes(
    before: Study, row: Study, data: Mapping[str, JSONValue], context: Context
) -> None:
    """Raise Forbidden or InvalidFields for changes that the caller may not make, and hand the study
    over to a new owner."""
    changed = writing.differing_columns(row, before)
    if changed.intersection(OF_OWNER):
        standing.check_owned(context.caller, before)
    if changed - {"status"} or _is_other_planning(before, data, context):
        standing.check_open(before)
    if "uuid" in changed:
        raise InvalidFields("study", {"uuid": [FIXED]})
    if "owner_id" in changed:
        _hand_over(before, row.owner_id)
    if "duration_in_days" in changed and "planning" not in data:
        planned.check_length(row)


def _is_other_planning(before: Study, data: Mapping[str, JSONValue], context: Context) -> bool:
    field = StudyResource.fields["planning"]
    show = field.reader(context).render
    assert show is not None
    return "planning" in data and data["planning"] != show(before.planning)


def _hand_over(study: Study, owner: int) -> None:
    """Make somebody of the team the owner, and the old owner an administrator."""
    promoted, _ = StudyMember.objects.filter(study=study, user=owner, user__is_active=True).delete()
    if not promoted:
        text = "Only somebody of the team can become the owner."
        raise InvalidFields("study", {"owner_id": [text]})
    StudyMember.objects.create(study=study, user_id=study.owner_id)


def _status_fault(row: Study) -> str | None:
    if row.status not in StudyStatus.values:
        return "This must be between 0 and 4."
    if not row.pk and row.status == StudyStatus.DELETED:
        return "A new study cannot be deleted."
    return None


def _uuid_fault(row: Study) -> str | None:
    if not naming.UUID.fullmatch(row.uuid):
        return (
            f"This must be 1 to {naming.LONGEST_UUID} letters, digits, - and _, and begin with a "
            "letter or a digit."
        )
    if not row.pk and naming.is_taken(row.uuid):
        return "Another study has this uuid."
    return None
