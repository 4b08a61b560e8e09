"""How much mail the sandbox's outbox keeps."""

from __future__ import annotations

from apps.jobs.retention import beyond, forget
from apps.sandbox.models import Mail

MAILS_KEPT = 1000

forget("mail in the sandbox's outbox", lambda _now: beyond(Mail.objects.all(), MAILS_KEPT))
