"""The state of the queue, for operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apps.jobs.models import Job
from hexostore import clock

LATE = timedelta(hours=1)
"""If a job has been waiting this long, no worker runs or all tries fail."""


@dataclass(frozen=True)
class Overview:
    """Numbers of jobs. `oldest` is how long the oldest waiting job has been there."""

    waiting: int
    dead: int
    oldest: timedelta | None
    error: str

    @property
    def late(self) -> bool:
        """Whether an operator should look into it."""
        return self.oldest is not None and self.oldest > LATE

    def __str__(self) -> str:
        parts = [f"{self.waiting} waiting"]
        if self.oldest is not None:
            parts[0] += f", the oldest for {int(self.oldest.total_seconds())} s"
        if self.dead:
            parts.append(f"{self.dead} given up")
        if self.error:
            parts.append(f"last error: {self.error}")
        return "; ".join(parts)


def count_jobs() -> Overview:
    """Return the state of the queue, without regular jobs."""
    jobs = Job.objects.filter(regular=False)
    waiting = jobs.filter(state=Job.State.WAITING)
    first = waiting.order_by("created").values_list("created", flat=True).first()
    failed = jobs.exclude(error="").order_by("-due").values_list("error", flat=True)
    return Overview(
        waiting=waiting.count(),
        dead=jobs.filter(state=Job.State.DEAD).count(),
        oldest=None if first is None else clock.now() - first,
        error=failed.first() or "",
    )
