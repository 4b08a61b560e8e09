"""All that is worked out of a record once it is there, in the order in which one needs another."""

from __future__ import annotations

from apps.metrics.derived_channels import derive_channels
from apps.metrics.nights import derive_sleep, update_sleep_ranges
from apps.metrics.results_of_tests import write_results
from apps.records.models import Range, Record


def work_out_record(record: Record) -> str | None:
    """Derive what a record came without, and find its sleep; return a remark on what is missing.

    Each step is stored for itself, and done again it changes nothing, so it may be broken off
    anywhere.
    """
    remark = derive_channels(record)
    update_sleep_ranges(record)
    derive_sleep(record)
    return remark


def work_out_range(row: Range) -> None:
    """Store what a range tells as a test, and derive the phases where it is a sleep."""
    write_results(row)
    end = row.end if row.end is not None else row.start
    for record in Record.objects.filter(user=row.user_id, start__lt=end, end__gt=row.start):
        derive_sleep(record)
