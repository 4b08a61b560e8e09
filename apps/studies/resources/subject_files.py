"""`/api/csvstudysubjects/`: the subjects of a study as CSV, up and down (studies 8)."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from apps.access.visibility import StudyRule
from apps.accounts.account_creation import password_faults
from apps.accounts.models import Profile
from apps.api import paging, registry
from apps.api.context import Context
from apps.api.errors import ApiError, BadRequest, NotFound
from apps.api.file_bodies import read_file
from apps.api.filtering import asked_key
from apps.api.resources import GET, POST, Resource, ResourceReply
from apps.api.versions import Version
from apps.api.views import is_switched_on
from apps.enrolment.models import Study, StudyGroup, StudySubject
from apps.studies import letters, standing
from apps.studies.csv_response import CSV, send_csv
from apps.studies.enrolling.drafts import DraftsRefused, SubjectDraft, check_account
from apps.studies.enrolling.enrolment import MOST_PASSWORDS, enrol
from apps.studies.pseudonyms import DEIDENTIFY, deidentify_study, is_deidentified
from apps.studies.tables.csv_file import RowFault, TableError
from apps.studies.tables.deidentification import write_deidentified_subjects
from apps.studies.tables.subject_table import SubjectRow, read_rows, write_subjects

MALFORMED = "row"
"""Marks the draft of a row that cannot be read."""

COLUMN_OF = {"username": "subject_id", "study_group": "group", "user": "subject_id"}


@registry.register_resource
class CsvStudySubjectsResource(Resource):
    name = "csvstudysubjects"
    summary = "The subjects of a study as a CSV file: POST adds those of a file, GET gives all."
    description = (
        "`?study=` says which study. A file has the columns `start_date` and any of `subject_id`, "
        "`group`, `timezone`, `email`, `first_name`, `last_name`, `password`, `gender`, "
        "`date_of_birth`, `height`, `weight`, `status`, in any order. Either all rows are added, "
        "or none, and then everything is said that is wrong with any. `create_groups=1` makes "
        "groups that are not there. "
        f"At most {MOST_PASSWORDS} rows have a password. `deidentify=1` gives a file that does not "
        "say who takes part."
    )
    since = listed_since = Version.V3_3
    list_methods = (POST, GET)
    consumed = (CSV,)
    filtering = {"create_groups": ["exact"], DEIDENTIFY: ["exact"], "study": ["exact"]}

    def get_list(self, context: Context, request: Request) -> HttpResponseBase:
        study = _asked_study(context, request)
        standing.check_run(context.caller, study)
        rows = _rows_of(study)
        if is_deidentified(context):
            lines = write_deidentified_subjects(rows, deidentify_study(study.pk))
        else:
            lines = write_subjects(row for _, row in rows)
        return send_csv(lines, f"{study.uuid}-subjects.csv")

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        data = read_file(request._request, CSV)
        study = _asked_study(context, request)
        standing.check_run(context.caller, study)
        standing.check_open(study)
        try:
            create_groups = is_switched_on(context, "create_groups")
            subjects = _add(study, data, context, create_groups=create_groups)
        except TableError as error:
            raise ApiError({self.name: {"rows": error.rows}}) from None
        if subjects:
            letters.subjects_added(request, context, study, subjects)
        return _created(context, study, subjects)


def _add(study: Study, data: bytes, context: Context, *, create_groups: bool) -> list[StudySubject]:
    """Return the new subjects of a file. Raise TableError with everything that is wrong."""
    rows, faults = read_rows(data)
    groups = _groups(study, {row.group for row in rows} - {""}, create=create_groups)
    malformed = {fault.row for fault in faults}
    drafts = [
        SubjectDraft(errors={MALFORMED: [""]})
        if row.number in malformed  # its own faults are told, and none that follow from them
        else _draft(study, row, groups)
        for row in rows
    ]
    try:
        return enrol(drafts, context)
    except DraftsRefused as refused:
        faults += _row_faults(rows, refused)
        raise TableError(sorted(faults, key=attrgetter("row"))) from None


def _asked_study(context: Context, request: Request) -> Study:
    """Return the study of the query. Raise BadRequest if it names none, NotFound if the caller
    does not see it."""
    text = request.query_params.get("study") or request.query_params.get("study__exact") or ""
    key = asked_key(text)
    if key is None:
        raise BadRequest("Name the study by its id, such as ?study=12.")
    seen = StudyRule("", to_subjects=True).condition(context.caller)
    found = Study.objects.filter(seen, pk=key).first()
    if found is None:
        raise NotFound
    return found


def _groups(study: Study, names: set[str], *, create: bool) -> dict[str, StudyGroup]:
    """Return the groups of these names, which are made if they may be."""
    if create:  # another request may make the same groups now
        known = set(study.groups.filter(name__in=names).values_list("name", flat=True))
        fresh = [StudyGroup(study=study, name=name) for name in sorted(names - known)]
        StudyGroup.objects.bulk_create(fresh, ignore_conflicts=True)
    return {group.name: group for group in study.groups.filter(name__in=names)}


def _draft(study: Study, row: SubjectRow, groups: dict[str, StudyGroup]) -> SubjectDraft:
    draft = SubjectDraft(given_id=row.subject_id or row.username)
    draft.subject = StudySubject(
        study=study,
        study_group=groups.get(row.group),
        start_date=row.start_date,
        timezone=row.timezone or None,
        status=row.status,
    )
    draft.user.email, draft.user.first_name = row.email, row.first_name
    draft.user.last_name = row.last_name
    draft.sent_profile = _sent_profile(row)
    draft.profile.gender, draft.profile.date_of_birth = row.gender, row.date_of_birth
    draft.profile.height, draft.profile.weight = row.height, row.weight
    _check(draft, row)
    return draft


def _sent_profile(row: SubjectRow) -> dict[str, Any]:
    """The profile of a row, as JSON has it."""
    day = row.date_of_birth and row.date_of_birth.isoformat()
    body = {"height": row.height, "weight": row.weight}
    fitness = {name: value for name, value in body.items() if value is not None}
    return {"gender": row.gender or None, "date_of_birth": day, "fitness": fitness}


def _check(draft: SubjectDraft, row: SubjectRow) -> None:
    """Note what is wrong with a row besides the form of its cells."""
    if row.group and draft.subject.study_group is None:
        draft.refuse("study_group", "The study has no group of this name.")
    for name in ("first_name", "last_name"):
        if len(getattr(row, name)) > 150:
            draft.refuse(name, "Expected at most 150 characters.")
    if len(row.status) > 100:
        draft.refuse("status", "Expected at most 100 characters.")
    check_account(draft)
    if row.password:
        draft.refuse("password", *password_faults(row.password, draft.user))
        draft.password = row.password
    draft.profile.fitness = _sent_profile(row)["fitness"] or None


def _row_faults(rows: list[SubjectRow], refused: DraftsRefused) -> Iterator[RowFault]:
    """Yield errors as those of the form of a file are told: by row and column."""
    for row, errors in zip(rows, refused.errors, strict=True):
        for name, texts in errors.items():
            if name != MALFORMED:
                column = COLUMN_OF.get(name, name)
                yield from (RowFault(row.number, column, _cell(row, name), text) for text in texts)


def _cell(row: SubjectRow, name: str) -> str | None:
    """The value that is repeated; a password is not."""
    if name == "password":
        return None
    value = getattr(row, COLUMN_OF.get(name, name), None)
    return None if value is None else str(value)


def _created(context: Context, study: Study, subjects: list[StudySubject]) -> ResourceReply:
    resource = registry.model_resource("studysubject")
    objects = [
        {
            "id": each.pk,
            "resource_uri": resource.uri(context, each.pk),
            "username": each.user.username,
        }
        for each in subjects
    ]
    uri = registry.model_resource("study").uri(context, study.pk)
    return ResourceReply(paging.whole_list(objects), 201, uri=uri)


def _rows_of(study: Study) -> Iterator[tuple[int, SubjectRow]]:
    """Yield the subjects who have not left with the ids of their accounts, in the order in which
    they joined."""
    subjects = study.subjects.filter(withdrawn=None).order_by("pk")
    for number, each in enumerate(subjects.select_related("study_group", "user__profile"), start=2):
        profile = getattr(each.user, "profile", None) or Profile()
        row = SubjectRow(
            number=number,
            start_date=each.start_date,
            subject_id=each.subject_id,
            username=each.user.username,
            group=each.study_group.name if each.study_group else "",
            timezone=each.timezone or "",
            status=each.status,
            gender=profile.gender,
            date_of_birth=profile.date_of_birth,
            height=profile.height,
            weight=profile.weight,
        )
        yield each.user_id, row
