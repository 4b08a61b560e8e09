"""Keeping a record's statements about its data correct: end, status and missing data."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.dispatch import Signal

from apps.catalog.datatype_facts import coming_by_sync
from apps.records.models import Record
from apps.signals.models import Channel
from apps.signals.storage.last_items import last_events

settled = Signal()
"""Sent inside the transaction of `settle` and `advance`, with the `record` as it is then."""

TRANSITIONS = {
    "realtime": ("realtime_complete", "syncing"),
    "realtime_complete": ("syncing",),
    "syncing": ("incomplete", "queued", "processing", "error"),
    "incomplete": ("syncing",),
    "queued": ("processing", "error"),
    "processing": ("complete", "error"),
    "error": ("syncing", "queued", "processing"),
    "complete": ("queued", "processing"),
}
"""The possible next statuses for each status of a record."""

UNSYNCED = ("realtime", "realtime_complete", "syncing", "incomplete")
"""The statuses of a record whose raw signals are not complete."""

PENDING = "pending"


class StatusError(ValueError):
    """A status that a record cannot have now. The text says which ones it can."""


def settle(record: Record) -> None:
    """Update the record's `end` and `data_status` from its channels; call it after writing.

    `end` is the declared one or, if the data continue, their end. That is the start plus the number
    of samples times the spacing, for the longest synchronous channel, or the offset of the last
    event. `data_status` has "pending" by dataid for raw signals that the sync has not brought yet,
    and is empty when everything is there. The row is saved only if it changes; `record` is updated.
    """
    with transaction.atomic():
        row = Record.objects.select_for_update(no_key=True).get(pk=record.pk)
        _save(row, end=_end(row), data_status=_data_status(row, row.status))
        settled.send(Record, record=row)
    _refresh(record, row)


def advance(record: Record, status: str) -> None:
    """Change the status of the record, and settle it.

    Raise StatusError if TRANSITIONS does not lead from the present one to `status`.
    """
    with transaction.atomic():
        row = Record.objects.select_for_update(no_key=True).get(pk=record.pk)
        if status not in (row.status, *TRANSITIONS.get(row.status, ())):
            following = ", ".join(TRANSITIONS.get(row.status, ())) or "nothing"
            raise StatusError(
                f"{row} cannot become {status!r}: after {row.status!r} comes {following}"
            )
        _save(row, status=status, end=_end(row), data_status=_data_status(row, status))
        settled.send(Record, record=row)
    _refresh(record, row)


def _save(row: Record, **values: Any) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=[*changed, "last_modified"])


def _refresh(record: Record, row: Record) -> None:
    for name in ("end", "status", "data_status", "last_modified"):
        setattr(record, name, getattr(row, name))


def _data_status(row: Record, status: str) -> dict[str, str]:
    if status not in UNSYNCED:
        return {}
    there = set(row.channels.values_list("datatype_id", flat=True))
    return {str(dataid): PENDING for dataid in coming_by_sync() if dataid not in there}


def _end(row: Record) -> int | None:
    if row.start is None:
        return row.end
    samples = Channel.objects.filter(record=row, step__isnull=False)
    longest = samples.aggregate(ticks=Max(F("count") * F("step")))["ticks"]
    reached = last_events([row.pk]).get(row.pk, row.start)
    reached = max(row.start + (longest or 0), reached)
    ends = [reached] if reached > row.start else []
    if row.end is not None:
        ends.append(row.end)
    return max(ends, default=None)
