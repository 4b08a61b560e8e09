"""`/api/report/` and `/api/distribution/`: metrics over records, ranges and times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request

from apps.api import registry, remarks
from apps.api.context import Context
from apps.api.derived import URI, TicksOrDate
from apps.api.fields import Field
from apps.api.relations import ToMany, ToOne
from apps.api.resources import GET, Resource, ResourceReply
from apps.api.versions import Version
from apps.metrics import questions, reports, templates
from apps.metrics.answer_schemas import report_schema
from apps.metrics.questions import REPORT_FILTERING
from apps.records.measures import describe_skipped

_ONLY_WITH_TIME = "Only with a user, start and end."


def _fields() -> dict[str, Field]:
    """What the schema calls fields are the arguments; an answer has no such members."""
    return {
        "activitytype": ToOne(
            "activitytype",
            null=True,
            help=f"Only the ranges of these activity types, by id or URI. {_ONLY_WITH_TIME}",
        ),
        "category": ToOne(
            "activitytype",
            null=True,
            help=(
                "Only the ranges of these categories, by name or by an activity type of the "
                f"category. {_ONLY_WITH_TIME}"
            ),
        ),
        "end": TicksOrDate(
            null=True,
            help=(
                "The end of the time, in ticks of 1/256 s since 1970, UTC, or as a date; it is "
                "rounded up to a full hour."
            ),
        ),
        "include_metrics": ToMany("metric", help="The metrics to show, by id or URI, in order."),
        "range": ToOne("range", null=True, help="These ranges, by id or URI."),
        "record": ToOne("record", null=True, help="These records, by id or URI."),
        "resource_uri": URI(),
        "start": TicksOrDate(
            null=True,
            help=(
                "The start of the time, in ticks of 1/256 s since 1970, UTC, or as a date; it is "
                "rounded down to a full hour."
            ),
        ),
        "trainingroutine": ToOne(
            "trainingroutine",
            null=True,
            help=f"Only the ranges with these routines, by id or URI. {_ONLY_WITH_TIME}",
        ),
        "user": ToOne(
            "user", null=True, help="Whose data it is about, by id, URI or e-mail address."
        ),
    }


class _ReportResource(Resource):
    """What a report and a distribution share."""

    list_methods = (GET,)
    filtering_since = {Version.V4_0: {templates.ARGUMENT: ["exact"]}}
    is_distribution: ClassVar[bool] = False

    @classmethod
    def answer_schema(cls, version: Version) -> Mapping[str, Any]:
        """The JSON Schema of a report."""
        return report_schema(version, distribution=cls.is_distribution)

    def get_list(self, context: Context, request: Request) -> ResourceReply:
        template, params = templates.apply_template(context, request.query_params)
        question = questions.parse_question(params, self.filtering)
        made = reports.make_report(
            context, question, distribution=self.is_distribution, template=template
        )
        remark = describe_skipped(made.skipped)
        headers = {remarks.HEADER: remark} if remark else {}
        return ResourceReply(made.body, headers=headers)


@registry.register_resource
class ReportResource(_ReportResource):
    name = "report"
    summary = "Metrics over several records, ranges or all that a user recorded in a time."
    description = "All samples count together, each moment of a person once."
    fields = _fields()
    filtering = REPORT_FILTERING


@registry.register_resource
class DistributionResource(_ReportResource):
    name = "distribution"
    summary = "Histograms over several records, ranges or all that a user recorded in a time."
    description = "All samples count together, each moment of a person once."
    fields = {
        **_fields(),
        "include_histograms": ToMany("metric", help="The histograms to show, by id or URI."),
    }
    filtering = {
        name: allowed
        for name, allowed in {
            **REPORT_FILTERING,
            "category": ["exact", "in", "isnull"],
            "include_histograms": ["exact", "in"],
        }.items()
        if name not in ("group_by", "grouped", "time")
    }
    is_distribution = True


@registry.register_resource
class StatisticsResource(_ReportResource):
    name = "statistics"
    summary = "The name that a report had before there were reports."
    until = Version.V2_0
    fields = _fields()
    filtering = REPORT_FILTERING
