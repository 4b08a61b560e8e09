"""The table of jobs. A row that describes work is the job itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.api.columns import CreatedAt


class Job(models.Model):
    """Work of one kind (kinds.py), described by `payload`. queue.py does it.

    It is tried from `due` on. `tries` counts how often it was begun. A `regular` job, one per kind,
    is never over. `error` says in a few words why the last try failed, without anything from the
    payload.
    """

    class State(models.TextChoices):
        """The state of the work. DEAD is work that was given up."""

        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    kind = models.CharField(max_length=32)
    payload = models.JSONField(default=dict)
    regular = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    due = models.DateTimeField()
    tries = models.IntegerField(default=0)
    error = models.CharField(max_length=200, blank=True, default="")
    created = CreatedAt()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["kind", "due"], condition=Q(state="waiting"), name="job_waiting"),
            models.Index(fields=["ended"], name="job_ended"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(regular=True), name="one_regular_job_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}, {self.state}"
