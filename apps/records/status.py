"""The status of a range or a session, computed from the records of that time."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from psycopg.types.range import Range as Interval

from apps.api.context import Context
from apps.records.models import Range, Record, TrainingSession, time_period

LIVE, OVER = "realtime", "realtime_complete"

# The first of these statuses counts that a record of the time has (behaviour 11: error, incomplete,
# then the rest in the order of processing).
STATUSES = (
    "error",
    "incomplete",
    "processing",
    "queued",
    "syncing",
    "realtime",
    "realtime_complete",
    "complete",
)


def status_importance() -> Case:
    """Return the position of a record's status in STATUSES."""
    return Case(*(When(status=name, then=Value(at)) for at, name in enumerate(STATUSES)))


def _begun_records() -> QuerySet[Any, Any]:
    """Return the records that have begun, the most important first, with their `period` and
    `owner`.

    They should be found by time. The sum keeps the planner from scanning all records of an owner
    instead, because it does not know how many there are.
    """
    owner = ExpressionWrapper(F("user_id") + Value(0), BigIntegerField())
    begun = Record.objects.alias(period=time_period(), owner=owner).filter(start__isnull=False)
    return begun.order_by(status_importance())


def records_during(row: Range) -> QuerySet[Record]:
    """Return the records of a range's owner that overlap it."""
    time = Interval(row.start, row.end, "[]")
    return Record.objects.alias(period=time_period()).filter(
        user=row.user_id, start__isnull=False, period__overlap=time
    )


def range_status(context: Context) -> Combinable:
    """Return the most important status of the owner's records that overlap the range, or `empty`
    (behaviour 11).

    If the conventions say so, it is the stored status.
    """
    if not context.conventions.computed_status:
        return F("status")
    overlapping = _begun_records().filter(
        owner=OuterRef("user_id"), period__overlap=time_period(OuterRef)
    )
    return Coalesce(Subquery(overlapping.values("status")[:1]), Value("empty"))


def session_status(context: Context) -> Combinable:
    """Return the most important status of the participants' records that overlap the session, or
    `empty`.

    A live session may have been ended explicitly.
    """
    if not context.conventions.computed_status:
        return F("status")
    taking_part = TrainingSession.users.through._default_manager.filter(
        trainingsession=OuterRef(OuterRef("pk"))
    )
    overlapping = _begun_records().filter(
        owner__in=taking_part.values("user"), period__overlap=time_period(OuterRef)
    )
    derived = Coalesce(Subquery(overlapping.values("status")[:1]), Value("empty"))
    over = When(Q(Exact(derived, Value(LIVE)), status=OVER), then=Value(OVER))
    return Case(over, default=derived, output_field=CharField())
