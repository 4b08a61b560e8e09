"""How long finished imports are kept. What they have made stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.catalog.models import ImportFile
from apps.jobs.retention import older_than, remove_later


def old_imports(now: datetime) -> QuerySet[Any]:
    """Return imports that ended, with results or an error, and began longer ago than they are
    kept."""
    ended = ImportFile.objects.filter(results__isnull=False)
    return older_than(ended, "created", settings.HEXOSTORE_KEEP_IMPORTS, now)


remove_later("imports of activity files that have ended", old_imports)
