"""How long the activity log is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.bookkeeping.models import ActivityLog
from apps.jobs.retention import older_than, remove_later


def old_entries(now: datetime) -> QuerySet[Any]:
    """Return entries of the activity log that are older than they are kept."""
    return older_than(ActivityLog.objects.all(), "date", settings.HEXOSTORE_KEEP_ACTIVITYLOG, now)


remove_later("activity log", old_entries)
