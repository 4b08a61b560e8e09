"""How much mail the outbox keeps, and how many numbers the editions of tables have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.api import editions
from apps.jobs.kinds import job_kind
from apps.jobs.retention import beyond_newest, remove_later
from apps.sandbox.models import Mail

MAILS_KEPT = 1000

remove_later(
    "mail in the sandbox's outbox", lambda _now: beyond_newest(Mail.objects.all(), MAILS_KEPT)
)


@job_kind("fold_editions", every=timedelta(hours=1))
def fold_editions(_payload: dict[str, Any]) -> bool:
    """Replace the numbers of connections that have ended by a single one."""
    editions.fold_editions()
    return False
