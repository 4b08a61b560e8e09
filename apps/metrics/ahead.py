"""What the ranges of a record show, computed before anybody asks."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.metrics import results
from apps.metrics.definitions import DEFINITIONS
from apps.metrics.fingerprints import RANGES
from apps.records.models import Range, Record

MOST = 1000
"""Of more ranges the metrics are computed when they are asked for."""


def ranges_during(record: Record) -> QuerySet[Range]:
    """Return the ranges of its owner that lie in a record's time, the first ones of very many."""
    if record.start is None:
        return Range.objects.none()
    during = Range.objects.filter(user=record.user_id, end__gte=record.start)
    if record.end is not None:
        during = during.filter(start__lte=record.end)
    return during.order_by("start")[:MOST]


def compute_ahead(record: Record) -> None:
    """Keep the default metrics of the ranges that lie in the record's time."""
    keys = list(ranges_during(record).values_list("pk", flat=True))
    found = results.read_results(RANGES, keys)
    wanted = {
        key: [metric for metric in each.defaults if metric in DEFINITIONS]
        for key, each in found.items()
        if each.is_recorded
    }
    results.complete_results(RANGES, wanted, found)
