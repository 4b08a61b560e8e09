"""Advancing the clock of a sandbox, which does what falls due on the way.

The clock stands still at the moment at which each job is due, while that job is done. Then it goes
on to the next one. Periodic tasks are done once, at the end: they look at what there is, so their
earlier runs would have had nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import connection

from apps.api.own_writes import note_for_all
from apps.control import clocks
from apps.control.plane import ControlPlane, KnownSandbox
from apps.control.sandboxes import SandboxError, find_sandbox
from apps.jobs import queue
from apps.jobs.kinds import KINDS
from apps.jobs.models import Job
from hexostore import clock
from hexostore.clock import Clock
from hexostore.database.chosen import past_pooler

MOST_RUNS = 500
LONGEST = 20.0
"""How many jobs are done in one call, and for how many seconds."""


@dataclass(frozen=True)
class JobRun:
    """A job that was done at a moment `at`. `again` is when it is due again, if it is."""

    job: int
    kind: str
    due: datetime
    at: datetime
    result: str
    error: str
    again: datetime | None
    about: dict[str, Any]


@dataclass
class Advance:
    """What an advance did. It is not finished if there was too much to do for one call."""

    begun: datetime
    target: datetime
    runs: list[JobRun] = field(default_factory=list)
    is_finished: bool = False


def advance_clock(
    plane: ControlPlane, name: str, find_target: Callable[[datetime], datetime]
) -> tuple[KnownSandbox, Advance]:
    """Advance the clock of a sandbox, and do the jobs that fall due until then.

    `find_target` returns the moment to advance to, given what the clock shows. Raise SandboxError,
    also for a moment that has passed.
    """
    with clocks.only_one(plane, name):
        find_sandbox(plane, name)
        with past_pooler(), plane.inside(name) as sandbox, _without_limit():
            advanced = _Advancing(plane, sandbox).advance_to(find_target)
            note_for_all()
            return advanced


class _Advancing:
    """The clock of a sandbox on its way. This is inside of that sandbox."""

    def __init__(self, plane: ControlPlane, sandbox: KnownSandbox) -> None:
        self._plane, self._sandbox = plane, sandbox
        self._speed = 1.0 if sandbox.clock is None else sandbox.clock.speed
        self._deadline = monotonic() + LONGEST
        self._busy: set[str] = set()

    def advance_to(
        self, find_target: Callable[[datetime], datetime]
    ) -> tuple[KnownSandbox, Advance]:
        begun = clocks.shown_by(self._sandbox)
        done = Advance(begun, _checked(begun, find_target(begun)))
        self._stand_at(begun)
        try:
            self._do_jobs(done)
        finally:
            self._let_run()
        return self._sandbox, done

    def _do_jobs(self, done: Advance) -> None:
        for kind in KINDS.values():
            queue.plan_regular(kind)
        while (job := self._next_job(done.target)) is not None:
            if len(done.runs) >= MOST_RUNS or monotonic() > self._deadline:
                return
            if job.due > clock.now() or job.regular:
                self._stand_at(done.target if job.regular else job.due)
            done.runs += self._do_job(job)
        self._stand_at(done.target)
        done.is_finished = True

    def _next_job(self, target: datetime) -> Job | None:
        """Return the job that is due next, and after all others the periodic tasks."""
        kinds = [name for name in KINDS if name not in self._busy]
        jobs = Job.objects.filter(state=Job.State.WAITING, due__lte=target, kind__in=kinds)
        return jobs.order_by("regular", "due", "id").first()

    def _do_job(self, job: Job) -> list[JobRun]:
        """Do a job, unless somebody else is doing it."""
        key = queue.do_next_job(KINDS[job.kind])
        if key is None:
            self._busy.add(job.kind)
            return []
        return [_describe(job, Job.objects.get(pk=key))]

    def _stand_at(self, moment: datetime) -> None:
        """Stop the clock at a moment, for everybody."""
        self._tell(Clock(moment, clock.system_now()))

    def _let_run(self) -> None:
        """Let the clock go on as before, from where it stands."""
        self._tell(Clock(clock.now(), clock.system_now(), self._speed))

    def _tell(self, chosen: Clock) -> None:
        self._sandbox = clocks.store_clock(self._plane, self._sandbox, chosen)
        clock.choose_clock(chosen)


def _checked(begun: datetime, target: datetime) -> datetime:
    clocks.require_showable(target)
    if target < begun:
        raise SandboxError(
            f"The clock shows {begun.isoformat()}, and advancing never puts it back to "
            f"{target.isoformat()}. Set it instead."
        )
    return target


def _describe(before: Job, job: Job) -> JobRun:
    """Return what became of a job, without the secrets in its payload."""
    about = {
        name: value for name, value in job.payload.items() if name not in KINDS[job.kind].secrets
    }
    is_over = job.state != Job.State.WAITING
    return JobRun(
        job=job.pk,
        kind=job.kind,
        due=before.due,
        at=clock.now(),
        result=_result_of(job),
        error=job.error,
        again=None if is_over else job.due,
        about=about,
    )


def _result_of(job: Job) -> str:
    if job.state != Job.State.WAITING:
        return "done" if job.state == Job.State.DONE else "given up"
    if job.error:
        return "failed"
    return "continues" if job.due <= clock.now() else "done"


@contextmanager
def _without_limit() -> Iterator[None]:
    """Let statements of a block take as long as in the process that does jobs."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
