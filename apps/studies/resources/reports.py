"""What reports of a study contain, and the reports that were made: `/api/studyreport/` and
`/api/studygeneratedreport/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.contrib.auth import get_user_model
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.access.visibility import StudyRule
from apps.api import registry, writing
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, Computed
from apps.api.errors import BadRequest, InvalidFields, NotFound
from apps.api.fields import (
    Argument,
    Boolean,
    Date,
    Float,
    Id,
    Integer,
    ServerMoment,
    ServerText,
    Text,
)
from apps.api.lookups import KEY, MOMENT
from apps.api.relations import ToOne
from apps.api.resources import (
    DELETE,
    GET,
    PATCH,
    POST,
    PUT,
    ModelResource,
    Resource,
    ResourceReply,
)
from apps.api.versions import Version
from apps.jobs import queue
from apps.studies import standing
from apps.studies.csv_response import CSV, send_csv
from apps.studies.enrolling.enrolment import OTHER_GROUP
from apps.studies.metric_list import MetricList
from apps.studies.models import (
    GenerationStatus,
    StudyGeneratedReport,
    StudyReport,
    StudyReportKind,
)
from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY
from apps.studies.pseudonyms import DEIDENTIFY, is_deidentified
from apps.studies.reports.generation import JOB, UNFINISHED
from apps.studies.reports.report_subjects import BY_GROUP, BY_SUBJECT
from apps.studies.reports.report_table import ReportTable
from apps.studies.resources.study import FIXED, REQUIRED

NAME, GENERATED = "studyreport", "studygeneratedreport"

GROUPINGS = {
    StudyReportKind.COMPLIANCE: ("", BY_SUBJECT, BY_GROUP),
    StudyReportKind.ANSWERS: ("",),
    StudyReportKind.METRICS: ("", BY_SUBJECT, BY_GROUP),
}
"""What the rows of each kind can be about."""

MOST_WAITING = 20
"""So many reports of a study may wait to be made."""


@registry.register_resource
class StudyReportResource(ModelResource[StudyReport]):
    """See contract, studies 8."""

    name = NAME
    summary = "What a report of a study contains. The team of the study makes and sees them."
    description = (
        "A report of the kind `compliance` says how much of the planning subjects have done, one "
        "of `answers` has the answers to a survey, and one of `metrics` what metrics of records "
        "and ranges come to. POST to studygeneratedreport makes it."
    )
    model = StudyReport
    since = listed_since = Version.V3_3
    list_methods = (GET, POST)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "created": ServerMoment(readonly=True, help="When it was created."),
        "end": Date(
            null=True, blank=True, help="The day after the last that counts; null for no such day."
        ),
        "group_by": Text(
            blank=True,
            default="",
            help="What each row is about: `subject` or `group`. Usually it is what the kind shows "
            "most of: of compliance each item of each subject, of metrics each subject.",
        ),
        "id": Id(readonly=True, unique=True),
        "include_metrics": MetricList(
            kind="list",
            blank=True,
            default=[],
            help="The metrics, by URI or id, in a report of metrics.",
        ),
        "kind": Text(help="`compliance`, `answers` or `metrics`."),
        "last_modified": ServerMoment(readonly=True, help="When it was last changed."),
        "name": Text(help="What people call it."),
        "resource_uri": URI(),
        "start": Date(
            null=True, blank=True, help="The first day that counts; null for no such day."
        ),
        "study": ToOne("study", help="The study, which cannot be changed."),
        "study_group": ToOne(
            "studygroup", null=True, blank=True, help="Only the subjects of this group."
        ),
        "survey": ToOne(
            "survey", null=True, blank=True, help="The survey, in a report of answers."
        ),
    }
    filtering = {
        "created": MOMENT,
        "id": KEY,
        "kind": ["exact", "in"],
        "last_modified": MOMENT,
        "name": ["exact", "in", "startswith"],
        "study": ["exact", "in"],
        "study_group": ["exact", "in", "isnull"],
        "survey": ["exact", "in", "isnull"],
    }
    ordering = ("id",)
    owner_order = ()
    visible = StudyRule()

    @classmethod
    def prepare(cls, row: StudyReport, data: Mapping[str, JSONValue], context: Context) -> None:
        writing.check_change(cls, context, row)
        standing.check_open(row.study)
        before = StudyReport.objects.filter(pk=row.pk).first()
        if before is not None and before.study_id != row.study_id:
            raise InvalidFields(NAME, {"study": [FIXED]})

    @classmethod
    def validate(cls, row: StudyReport) -> dict[str, list[str]]:
        if row.kind not in StudyReportKind.values:
            known = ", ".join(StudyReportKind.values)
            return {"kind": [f"This must be one of {known}."]}
        faults = {
            "end": _end_fault(row.start, row.end),
            "group_by": _grouping_fault(row),
            "include_metrics": _use_fault(
                StudyReportKind.METRICS, row.kind, given=bool(row.include_metrics)
            ),
            "name": None if row.name.strip() else REQUIRED,
            "study_group": _group_fault(row),
            "survey": _use_fault(
                StudyReportKind.ANSWERS, row.kind, given=row.survey_id is not None
            ),
        }
        return {name: [text] for name, text in faults.items() if text}

    @classmethod
    def remove(cls, row: StudyReport, context: Context) -> None:
        standing.check_open(row.study)
        row.delete()


def _end_fault(start: date | None, end: date | None) -> str | None:
    if any(day is not None and not FIRST_DAY <= day <= LAST_DAY for day in (start, end)):
        return f"Days must be between {FIRST_DAY} and {LAST_DAY}."
    if start is not None and end is not None and end <= start:
        return "This must be after the start: it is the day after the last."
    return None


def _grouping_fault(row: StudyReport) -> str | None:
    known = GROUPINGS[StudyReportKind(row.kind)]
    if row.group_by in known:
        return None
    named = " or ".join(filter(None, known))
    return f"This must be empty, {named}." if named else "This must be empty for answers."


def _use_fault(needed_by: StudyReportKind, kind: str, *, given: bool) -> str | None:
    """What is wrong with something that one kind needs and the others do not take."""
    if kind == needed_by:
        return None if given else REQUIRED
    return f"This is only for reports of the kind {needed_by.value}." if given else None


def _group_fault(row: StudyReport) -> str | None:
    group = row.study_group
    return OTHER_GROUP if group and group.study_id != row.study_id else None


def _file_uri(context: Context, key: int, status: str) -> str | None:
    if status != GenerationStatus.COMPLETE:
        return None
    return f"{context.prefix}/{GENERATED}/{key}/file/"


@registry.register_resource
class StudyGeneratedReportResource(ModelResource[StudyGeneratedReport]):
    """See contract, studies 8."""

    name = GENERATED
    summary = "A report of a study as it was at one time."
    description = (
        "The response to POST comes at once. Ask again until `progress` is 1: then `file` has the "
        "address of the table, which is CSV unless JSON is asked for, or `error` says what is "
        "wrong. With `deidentify`, nobody can tell from the table who took part."
    )
    model = StudyGeneratedReport
    since = listed_since = Version.V3_3
    list_methods = (GET, POST)
    detail_methods = (GET, DELETE)
    fields = {
        "created": ServerMoment(readonly=True, help="When somebody asked for it."),
        "created_by": ToOne("user", null=True, readonly=True, help="Who asked for it."),
        DEIDENTIFY: Boolean(
            "deidentified",
            blank=True,
            default=False,
            help="Whether names, dates and free texts are replaced or left out.",
        ),
        "error": ServerText(readonly=True, help="Why it could not be made; usually empty."),
        "file": Computed(
            ("id", "status"),
            _file_uri,
            null=True,
            help="The address of the table; null until it is complete.",
        ),
        "id": Id(readonly=True, unique=True),
        "progress": Float(readonly=True, help="How much is done, from 0 to 1."),
        "report": ToOne(NAME, help="What it contains."),
        "resource_uri": URI(),
        "rows": Integer(null=True, readonly=True, help="The number of rows of the table."),
        "status": ServerText(readonly=True, help="`queued`, `processing`, `complete` or `error`."),
        "study": ToOne("study", attribute="report__study", readonly=True, help="The study."),
    }
    filtering = {
        "created": MOMENT,
        "id": KEY,
        "report": ["exact", "in"],
        "status": ["exact", "in"],
        "study": ["exact", "in"],
    }
    ordering = ("id",)
    owner_order = ()
    visible = StudyRule("report__study")

    @classmethod
    def prepare(
        cls, row: StudyGeneratedReport, data: Mapping[str, JSONValue], context: Context
    ) -> None:
        row.created_by = context.user(get_user_model())
        row.deidentified = row.deidentified or is_deidentified(context)
        study = standing.lock_study(row.report.study_id)
        waiting = cls.model.objects.filter(report__study=study, status__in=UNFINISHED)
        if waiting.count() >= MOST_WAITING:
            raise BadRequest(f"At most {MOST_WAITING} reports of a study can wait to be made.")

    @classmethod
    def posted(cls, row: StudyGeneratedReport, context: Context, request: Request) -> None:
        queue.add_job(JOB, {"generated": row.pk})


@registry.register_below(GENERATED, r"(?P<key>\d{1,18})/file")
class StudyReportFileResource(Resource):
    name = GENERATED
    summary = "The table of a generated report: CSV, or JSON for `format=json` and by Accept."
    description = "With `deidentify=1`, a report that names people is refused."
    list_methods = (GET,)
    since = listed_since = Version.V3_3
    produced = {CSV: "csv"}
    files_first = True
    knows_formats = True
    headed = True
    fields = {
        DEIDENTIFY: Argument(
            kind="boolean", help="Whether to refuse a report that says who took part."
        )
    }

    def get_list(
        self, context: Context, request: Request, key: str
    ) -> ResourceReply | HttpResponseBase:
        """Return the table. Raise NotFound as long as there is none, BadRequest if it has names
        and must not."""
        rows = StudyGeneratedReportResource.visible_rows(context)
        found = rows.filter(pk=int(key), status=GenerationStatus.COMPLETE)
        row = found.values_list("content", "deidentified").first()
        if row is None:
            raise NotFound
        content, deidentified = row
        if is_deidentified(context) and not deidentified:
            raise BadRequest(
                f'This report says who took part. POST {{"{DEIDENTIFY}": true}} with its report '
                f"to {context.prefix}/{GENERATED}/ for one that does not."
            )
        table = ReportTable.read(content)
        if request.accepted_media_type == CSV:
            return send_csv(table.csv_lines(), f"{GENERATED}-{key}.csv")
        objects = table.objects()
        return ResourceReply({"meta": {"total_count": len(objects)}, "objects": objects})
