"""How long rows are kept that nobody needs any more, and the job that removes them.

Each domain says which of its rows may go (`Rule`); docs/configuration.md lists them. A run of the
job removes one batch of one table and asks to be called again, so that nothing is locked for long.
Rows that somebody else has locked are left for the next time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.jobs.kinds import job_kind
from apps.jobs.models import Job
from hexostore import clock

BATCH = 500
DEAD_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class RetentionRule:
    """`rows` returns the rows that may go at a moment; `name` is their name in the table."""

    name: str
    rows: Callable[[datetime], QuerySet[Any]]


RULES: list[RetentionRule] = []
"""All rules. They are code, not rows."""


def remove_later(name: str, rows: Callable[[datetime], QuerySet[Any]]) -> None:
    """Register rows to be removed."""
    RULES.append(RetentionRule(name, rows))


def beyond_newest(rows: QuerySet[Any], most: int) -> QuerySet[Any]:
    """Return the rows that are older than the newest `most`, by key."""
    newest = rows.order_by("-pk").values_list("pk", flat=True)
    following = newest[most : most + 1].first()
    if following is None:
        return rows.none()
    return rows.filter(pk__lte=following)


def older_than(rows: QuerySet[Any], column: str, days: int, now: datetime) -> QuerySet[Any]:
    """Return the rows whose moment in a column is more days ago than a setting keeps them; none if
    that is 0, for ever."""
    if not days:
        return rows.none()
    return rows.filter(**{f"{column}__lt": now - timedelta(days=days)})


@job_kind("purge", every=timedelta(hours=1))
def purge_batch(_payload: dict[str, Any]) -> bool:
    """Remove one batch. Return False if there was nothing to remove."""
    now = clock.now()
    return any(_remove_batch(rule.rows(now)) for rule in RULES)


def _remove_batch(rows: QuerySet[Any]) -> bool:
    """Remove some of the rows, with those that depend on them."""
    locked = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    keys = list(locked.values_list("pk", flat=True)[:BATCH])
    if keys:
        rows.model._default_manager.filter(pk__in=keys).delete()
    return bool(keys)


def _done_jobs(now: datetime) -> QuerySet[Any]:
    done = Job.objects.filter(state=Job.State.DONE)
    return older_than(done, "ended", settings.HEXOSTORE_KEEP_JOBS, now)


remove_later("finished jobs", _done_jobs)
remove_later(
    "jobs that were given up",
    lambda now: Job.objects.filter(state=Job.State.DEAD, ended__lt=now - DEAD_KEPT),
)
