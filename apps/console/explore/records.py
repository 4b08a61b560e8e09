"""Records as the explorer finds them, and the zone in which their times are shown."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import Http404

from apps.enrolment.models import StudySubject
from apps.records.models import Record
from apps.signals.storage.last_items import last_ticks
from hexostore import hexotime

UTC = ZoneInfo("UTC")


def require_record(key: int) -> Record:
    """Return the record with its person and the origin of its simulation. Raise Http404."""
    found = Record.objects.select_related("user", "truth").defer("truth__document")
    record = found.filter(pk=key).first()
    if record is None:
        raise Http404
    return record


def zone_of_person(user: int) -> ZoneInfo:
    """Return the time zone of a person: of the study in which they take part, else UTC.

    Only studies say where somebody lives.
    """
    rows = StudySubject.objects.filter(user=user).order_by("-pk")
    row = rows.values_list("timezone", "study__timezone").first()
    try:
        return ZoneInfo(next(filter(None, row or ()), UTC.key))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment_in(zone: ZoneInfo, tick: int | None) -> datetime | None:
    """Return a tick as a time of that zone; None if there is none, or if it is outside of the years
    1 to 9999."""
    try:
        return None if tick is None else hexotime.to_datetime(tick).astimezone(zone)
    except OverflowError:
        return None


def end_of(record: Record) -> int:
    """Return the tick up to which a record reaches: of one that goes on, its last sample; its start
    if there is nothing yet."""
    start = record.start or 0
    if record.end is not None and record.end > start:
        return record.end
    return max(start, last_ticks({record.pk}).get(record.pk, start))
