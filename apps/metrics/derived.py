"""Whether a record lacks what processing adds to it, or has it from data that are no more."""

from __future__ import annotations

from apps.metrics.channels import RR
from apps.metrics.variability import WINDOW
from apps.metrics.variability_channels import VARIABILITY
from apps.records.models import Record
from apps.signals.models import Channel


def lacks_variability(record: Record) -> bool:
    """Whether a record has intervals between beats, for a window at least, and no channel of
    variability."""
    if record.start is None or record.end is None or record.end - record.start < WINDOW:
        return False
    rows = Channel.objects.filter(record=record, datatype__in=[RR, *VARIABILITY])
    return set(rows.values_list("datatype_id", flat=True)) == {RR}


def has_derived(record: Record) -> bool:
    """Whether a record has channels that were derived, so that other data make them old."""
    return Channel.objects.filter(record=record, derived_from__isnull=False).exists()
