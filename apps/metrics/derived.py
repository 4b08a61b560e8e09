"""What processing adds to a record: variability, ranges of sleep, and phases of it."""

from __future__ import annotations

from apps.metrics.channels import RR
from apps.metrics.derived_channels import derive_variability
from apps.metrics.nights import derive_sleep, update_sleep_ranges
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


def derive_all(record: Record) -> None:
    """Add what the record lacks, and make anew what was derived from other data; else nothing."""
    derive_variability(record)
    update_sleep_ranges(record)
    derive_sleep(record)
