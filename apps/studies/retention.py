"""How long generated reports are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.jobs.retention import older_than, remove_later
from apps.studies.models import GenerationStatus, StudyGeneratedReport


def old_reports(now: datetime) -> QuerySet[Any]:
    """Return reports of studies that were generated longer ago than they are kept."""
    ended = [GenerationStatus.COMPLETE, GenerationStatus.ERROR]
    reports = StudyGeneratedReport.objects.filter(status__in=ended)
    return older_than(reports, "created", settings.HEXOSTORE_KEEP_REPORTS, now)


remove_later("reports of studies that were generated", old_reports)
