"""Answers to surveys as CSV files, up and down (studies 7)."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.request import Request

from apps.api import filtering, paging, registry
from apps.api.context import Context
from apps.api.errors import ApiError, NotFound
from apps.api.fields import Argument
from apps.api.file_bodies import FORM, read_file
from apps.api.lookups import ORDERED
from apps.api.resources import GET, POST, Resource, ResourceReply
from apps.api.versions import Version
from apps.studies.answer_files import AnswerFile, write_file
from apps.studies.csv_response import CSV, send_csv
from apps.studies.models import SurveyAnswers
from apps.studies.pseudonyms import DEIDENTIFY, is_deidentified
from apps.studies.resources.surveyanswers import SurveyAnswersResource
from apps.studies.tables.csv_file import TableError

NAME = "csvsurveyanswers"


@registry.register_resource
class CsvSurveyAnswersResource(Resource):
    """A file that was downloaded can be sent again, unchanged."""

    name = NAME
    summary = "Answers to surveys as a CSV file."
    description = (
        "GET gives the answers that the filters select, all of them. POST takes such a file, as "
        "the body or as `file` of a form. All rows are stored or none; errors name their rows."
    )
    list_methods = (POST, GET)
    detail_methods = (GET,)
    since = listed_since = Version.V3_3
    produced = {CSV: "csv"}
    consumed = (CSV, FORM)
    fields = {
        "authored": Argument(help="When the answers were given."),
        DEIDENTIFY: Argument(
            kind="boolean",
            help="Whether a GET leaves out who answered: names, dates and free texts.",
        ),
        "study": Argument(help="The study of all rows, unless they name it themselves."),
        "subject": Argument(help="Whose answers, as surveyanswers names them."),
        "survey": Argument(help="The survey of all rows, unless they name it themselves."),
        "user": Argument(help="The account of whom the answers are."),
    }
    filtering = {
        "authored": ORDERED,
        "study": ["exact", "in"],
        "subject": ["exact", "in"],
        "survey": ["exact", "in"],
        "user": ["exact", "in"],
    }

    def get_list(self, context: Context, request: Request) -> HttpResponseBase:
        """Return a file of the answers that surveyanswers would list."""
        met = _visible_rows(context)
        for condition in filtering.filter_conditions(
            SurveyAnswersResource, context, request.query_params
        ):
            met = met.filter(condition)
        return _as_file(met, context)

    def get_detail(self, context: Context, request: Request, key: str) -> HttpResponseBase:
        """Return a file of one row. Raise NotFound."""
        wanted = filtering.whole_key(key)
        if wanted is None or not (found := _visible_rows(context).filter(pk=wanted)):
            raise NotFound
        return _as_file(found, context)

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        """Store the answers of a file. Raise ApiError with what is wrong with its rows, Forbidden,
        or an error of the body."""
        data = read_file(request._request, CSV)
        query = request.query_params
        try:
            file = AnswerFile(data, context, query.get("survey"), query.get("study"))
            rows, is_new = file.store()
        except TableError as error:
            raise ApiError({NAME: {"rows": error.rows}}) from None
        uris = [SurveyAnswersResource.uri(context, row.pk) for row in rows]
        objects = [{"id": row.pk, "resource_uri": uri} for row, uri in zip(rows, uris, strict=True)]
        return ResourceReply(paging.whole_list(objects), status=201 if is_new else 200)


def _visible_rows(context: Context) -> QuerySet[SurveyAnswers]:
    return SurveyAnswersResource.visible_rows(replace(context, view="list"))


def _as_file(rows: QuerySet[SurveyAnswers], context: Context) -> HttpResponseBase:
    lines = write_file(rows, deidentified=is_deidentified(context))
    return send_csv(lines, "surveyanswers.csv")
