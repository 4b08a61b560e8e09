"""What the statement that finds the user of a request brings along, at no statement more."""

from __future__ import annotations

from apps.api import own_writes
from apps.credentials.refusals import forced_failures


def join_facts() -> tuple[str, str]:
    """Return what a statement that selects users as `u` adds to its columns and to its tables: the
    failure that is forced for them, and, with replicas, what they must see."""
    failure, of_failures = forced_failures.join_failures()
    must_see, of_places = own_writes.join_written()
    return failure + must_see, f"{of_failures} {of_places}".strip()
