"""Links to the calendar of a subject, which phones can subscribe to without a login."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.access.models import Share
from apps.api.errors import NotFound
from apps.studies.calendar.asking import AskedDays
from apps.studies.calendar.feed import answer_feed
from apps.studies.calendar.items import read_calendar, subjects_with_calendar

SHARE_TYPE = "calendar"


class SharedCalendar:
    """The calendar of the subject whose id is the `object_id` of a share.

    Whoever sees the calendar may share it: the subject, and those who run the study. A link ends
    when they no longer see it, when the subject leaves, and while the study is disabled.
    """

    def check(self, share: Share) -> None:
        """Raise NotFound unless the creator of the link sees the calendar."""
        if not subjects_with_calendar(share.user).filter(pk=share.object_id).exists():
            raise NotFound

    def open(self, share: Share, request: Request) -> HttpResponseBase:
        """Return the calendar as iCalendar, whatever is accepted: phones do not say."""
        subjects = subjects_with_calendar(share.user).filter(pk=share.object_id)
        return answer_feed(read_calendar(list(subjects), AskedDays()), request)
