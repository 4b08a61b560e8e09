"""Whether a record lacks what processing adds to it, or has it from data that are no more."""

from __future__ import annotations

from django.db.models import Q

from apps.metrics.channels import RR
from apps.metrics.variability import WINDOW
from apps.metrics.variability_channels import VARIABILITY
from apps.records.models import Record
from apps.signals.models import Channel


def is_outdated(record: Record) -> bool:
    """Return whether channels have to be derived, or derived anew; one statement.

    That is so where some are derived, for other data make them old, and where there are intervals
    between beats, for a window at least, and no channel of variability.
    """
    told = Q(datatype__in=[RR, *VARIABILITY]) | Q(derived_from__isnull=False)
    rows = Channel.objects.filter(told, record=record)
    found = dict(rows.values_list("datatype_id", "derived_from"))
    return any(found.values()) or (found.keys() == {RR} and _holds_window(record))


def _holds_window(record: Record) -> bool:
    if record.start is None or record.end is None:
        return False
    return record.end - record.start >= WINDOW
