"""Adding jobs, and doing them one at a time.

A worker locks the row of a job and does all the work in that transaction. If the worker is killed,
the lock ends with its connection, nothing of the work remains, and the next worker starts again.
Each try is counted in a transaction of its own before, so that a job that kills its worker is given
up in the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from apps.jobs.kinds import KINDS, Failed, GiveUp, Kind
from apps.jobs.models import Job
from hexostore import clock

CHANNEL = "hexostore_jobs"
"""The channel on which PostgreSQL tells workers about a new job. The message is its kind."""

ANNOUNCING: list[Callable[[], None]] = []
"""What is called after the commit of a new job, for workers that are not connected to its
database."""

FARTHEST = timedelta(days=1)
"""Nothing is ever due later than this. A later time was set before the clock was put back."""

_log = logging.getLogger("hexostore.jobs")


def add_job(kind: str, payload: dict[str, Any]) -> Job:
    """Add a job to the current transaction. A worker is told when it is committed."""
    job = Job.objects.create(kind=KINDS[kind].name, payload=payload, due=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, kind])
    for tell in ANNOUNCING:
        transaction.on_commit(tell)
    return job


def plan_regular(kind: Kind) -> None:
    """Make sure that a regular kind has its one job."""
    if kind.every is not None:
        job = Job(kind=kind.name, regular=True, due=clock.now())
        Job.objects.bulk_create([job], ignore_conflicts=True)


def do_next(kind: Kind) -> bool:
    """Do the job of that kind that has been due longest. Return False if there is none, or others
    are doing them all."""
    return do_next_job(kind) is not None


def do_next_job(kind: Kind) -> int | None:
    """Do the same as `do_next`, and return the key of the job."""
    claimed = _claim_job(kind)
    if claimed is None:
        return None
    with transaction.atomic():
        job = _waiting_jobs(kind).filter(pk=claimed).first()
        if job is not None:
            _try_job(kind, job)
    return claimed


def do_due() -> int:
    """Do everything that is due now, of every kind. Return how often something was done."""
    done = 0
    for kind in KINDS.values():
        plan_regular(kind)
        while do_next(kind):
            done += 1
    return done


def are_waiting() -> bool:
    """Return whether there are jobs to be done now or later, other than periodic tasks."""
    return Job.objects.filter(state=Job.State.WAITING, regular=False).exists()


def _claim_job(kind: Kind) -> int | None:
    """Count one more try of the next job and return its key."""
    with transaction.atomic():
        now = clock.now()
        due = Q(due__lte=now) | Q(due__gt=now + FARTHEST)
        job = _waiting_jobs(kind).filter(due).order_by("due", "id").first()
        if job is None:
            return None
        Job.objects.filter(pk=job.pk).update(tries=F("tries") + 1)
        return job.pk


def _waiting_jobs(kind: Kind) -> QuerySet[Job]:
    """Return the waiting jobs of a kind that nobody else is doing, to be locked."""
    jobs = Job.objects.select_for_update(skip_locked=True)
    return jobs.filter(kind=kind.name, state=Job.State.WAITING)


def _try_job(kind: Kind, job: Job) -> None:
    """Do a locked job, and store the result. What a failed try has written is undone."""
    if job.tries > kind.tries and not job.regular:
        _give_up(kind, job, "every worker ended while running it")
        return
    try:
        with transaction.atomic():
            more = kind.work(job.payload)
    except GiveUp as error:
        _log.warning("%s %s was given up: %s", job.kind, job.pk, error)
        _give_up(kind, job, str(error))
    except Failed as error:
        _log.warning("%s %s failed, try %s: %s", job.kind, job.pk, job.tries, error)
        _put_off(kind, job, str(error))
    except Exception as error:  # noqa: BLE001 - a job's fault must not stop the others
        _log.exception("%s %s failed, try %s", job.kind, job.pk, job.tries)
        _put_off(kind, job, type(error).__name__)
    else:
        _finish_job(kind, job, more=bool(more))


def _put_off(kind: Kind, job: Job, error: str) -> None:
    if job.tries >= kind.tries and not job.regular:
        _give_up(kind, job, error)
        return
    job.due = clock.now() + kind.wait_after(job.tries)
    job.error = error[:200]
    job.save(update_fields=["due", "error"])


def _give_up(kind: Kind, job: Job, error: str) -> None:
    """End a job without success, and tell its domain."""
    if kind.given_up is not None:
        kind.given_up(job.payload, error)
    _end_job(kind, job, Job.State.DEAD, error)


def _finish_job(kind: Kind, job: Job, *, more: bool) -> None:
    if not more and kind.every is None:
        _end_job(kind, job, Job.State.DONE, "")
        return
    wait = timedelta() if more or kind.every is None else kind.every
    job.due, job.tries, job.error = clock.now() + wait, 0, ""
    job.save(update_fields=["due", "tries", "error", "payload"])


def _end_job(kind: Kind, job: Job, state: Job.State, error: str) -> None:
    """Store that a job is over, and remove its secrets."""
    job.state = state
    job.error = error[:200]
    job.ended = clock.now()
    job.payload = {name: value for name, value in job.payload.items() if name not in kind.secrets}
    job.save(update_fields=["state", "error", "ended", "payload"])
