"""What the ranges of a record show, computed before anybody asks."""

from __future__ import annotations

from apps.metrics import results
from apps.metrics.definitions import DEFINITIONS
from apps.metrics.fingerprints import RANGES
from apps.records.models import Range, Record

MOST = 1000
"""Of more ranges the metrics are computed when they are asked for."""


def compute_ahead(record: Record) -> None:
    """Keep the default metrics of the ranges that lie in the record's time."""
    if record.start is None:
        return
    during = Range.objects.filter(user=record.user_id, end__gte=record.start)
    if record.end is not None:
        during = during.filter(start__lte=record.end)
    keys = list(during.order_by("start").values_list("pk", flat=True)[:MOST])
    found = results.read_results(RANGES, keys)
    wanted = {
        key: [metric for metric in each.defaults if metric in DEFINITIONS]
        for key, each in found.items()
        if each.is_recorded
    }
    results.complete_results(RANGES, wanted, found)
