"""All that is worked out of a record once it is there, in the order in which one needs another."""

from __future__ import annotations

from apps.metrics.ahead import ranges_during
from apps.metrics.derived_channels import derive_channels
from apps.metrics.nights import derive_sleep, update_sleep_ranges
from apps.metrics.results_of_tests import is_test, write_results
from apps.records.models import Record


def work_out_record(record: Record) -> str | None:
    """Derive what a record came without, and find its sleep; return a remark on what is missing.

    Each step is stored for itself, and done again it changes nothing, so it may be broken off
    anywhere.
    """
    remark = derive_channels(record)
    update_sleep_ranges(record)
    derive_sleep(record)
    return remark


def work_out_ranges(record: Record) -> None:
    """Store what the fitness tests in the time of a complete record tell; again, the same."""
    for row in ranges_during(record):
        if is_test(row):
            write_results(row)
