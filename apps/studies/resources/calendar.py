"""`/api/calendar/`: what studies plan for the caller, or for a subject of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.api import registry
from apps.api.context import Context
from apps.api.fields import JSON, Argument, Boolean, Text
from apps.api.resources import GET, Resource
from apps.api.versions import Version
from apps.studies.calendar.asking import FILTERING, CalendarQuestion
from apps.studies.calendar.feed import answer_feed
from apps.studies.calendar.icalendar import MEDIA_TYPE
from apps.studies.calendar.items import read_calendar, subjects_with_calendar
from apps.studies.calendar.writing import answer_calendar

_DAY = "a date, a time in ISO 8601, or ticks of 1/256 s, as a day in the subject's zone"
_LINK = {"type": ["string", "null"], "format": "uri-reference"}
_TIME = {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"}


@registry.register_resource
class CalendarResource(Resource):
    name = "calendar"
    summary = "What studies plan for a subject, and whether it is done."
    description = (
        "Rows come by study, item of the planning and date, all at once. The calendar is that of "
        "the caller, unless `subject` or `user` names somebody whom they may see. What is done "
        "follows from what was recorded: see `docs/studies.md`. As `text/calendar`, it is a feed "
        "with one event for each row."
    )
    list_methods = (GET,)
    produced = {MEDIA_TYPE: "ics"}
    since = listed_since = Version.V3_3
    fields = {
        "done": Boolean(readonly=True, help="Whether it has happened. As an argument: only those."),
        "end": Argument(help=f"Only rows before this day: {_DAY}."),
        "event_schedule": JSON(
            kind="dict",
            readonly=True,
            help="`date`, `resource_uri` of what to do or null, and start_time and end_time where "
            "the planning has them.",
        ),
        "name": Text(readonly=True, help="The name of the item of the planning."),
        "start": Argument(help=f"Only rows from this day on: {_DAY}."),
        "study": Argument(help="Only this study, by id, URI or uuid."),
        "subject": Argument(
            help="Whose calendar: the study's own id of a subject, else a user name, else the id "
            "of a studysubject; or a URI. If several people are called so, add `study`."
        ),
        "user": Argument(help="Whose calendar, by id, URI, user name or e-mail address."),
    }
    filtering = FILTERING

    @classmethod
    def answer_schema(cls, version: Version) -> Mapping[str, Any]:
        """The JSON Schema of a calendar."""
        return CALENDAR_SCHEMA

    def get_list(self, context: Context, request: Request) -> HttpResponseBase:
        """Return all rows. Those of subjects whom the caller may not see are none."""
        question = CalendarQuestion.read(request.query_params, context.caller)
        subjects = list(subjects_with_calendar(context.caller).filter(question.subjects))
        question.check_one(subjects)
        items = read_calendar(subjects, question.days)
        if request.accepted_media_type == MEDIA_TYPE:
            return answer_feed(items, request, question.done)
        return answer_calendar(items, f"{context.prefix}/", question.done)


def _closed(members: Mapping[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**members, **optional},
        "required": list(members),
        "additionalProperties": False,
    }


_EVENT = _closed(
    {"date": {"type": "string", "format": "date"}, "resource_uri": _LINK},
    {"start_time": _TIME, "end_time": _TIME},
)
_ROW = {"done": {"type": "boolean"}, "event_schedule": _EVENT, "name": {"type": "string"}}
CALENDAR_SCHEMA = _closed(
    {
        "meta": _closed({"total_count": {"type": "integer"}}, {}),
        "objects": {"type": "array", "items": _closed(_ROW, {})},
    },
    {},
)
