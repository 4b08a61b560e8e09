"""The status of a range or a session, as it follows from the records of that time."""

from __future__ import annotations

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from apps.api.context import Context
from apps.records.models import Record, period

LIVE, OVER = "realtime", "realtime_complete"

# Of the records of one time the first of these statuses counts (contract,
# range: error, incomplete, then the rest in the order of their processing).
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


def importance() -> Case:
    """The place of a record's status among STATUSES."""
    return Case(*(When(status=name, then=Value(at)) for at, name in enumerate(STATUSES)))


def range_status(context: Context) -> Combinable:
    """The most important status among the owner's records that overlap the range, `empty`
    without one (contract, range); as stored where the conventions say so."""
    if not context.conventions.computed_status:
        return F("status")
    # The sum keeps the planner from joining in the index on users, which is no help here.
    owner = ExpressionWrapper(F("user_id") + Value(0), BigIntegerField())
    overlapping = (
        Record.objects.alias(period=period(), owner=owner)
        .filter(start__isnull=False, owner=OuterRef("user_id"), period__overlap=period(OuterRef))
        .order_by(importance())
    )
    return Coalesce(Subquery(overlapping.values("status")[:1]), Value("empty"))


def session_status(context: Context) -> Combinable:
    """The most important status among the records of those who take part that overlap the
    session, `empty` without one; a live session may have been declared to be over."""
    if not context.conventions.computed_status:
        return F("status")
    overlapping = (
        Record.objects.alias(period=period())
        .filter(start__isnull=False, user__trainingsessions=OuterRef("pk"))
        .filter(period__overlap=period(OuterRef))
        .order_by(importance())
    )
    derived = Coalesce(Subquery(overlapping.values("status")[:1]), Value("empty"))
    over = When(Q(Exact(derived, Value(LIVE)), status=OVER), then=Value(OVER))
    return Case(over, default=derived, output_field=CharField())
