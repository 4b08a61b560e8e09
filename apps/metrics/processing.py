"""Automatic processing of records (contract, metrics 7), in jobs.

A record becomes `queued` in the transaction of what makes processing necessary: a range of rest
or sleep is made, moved or retyped in its time, or data are written. A job then takes it to
`processing` and to `complete`, a transaction for each step, so that a worker that is killed leaves
the record as it was before a step or after it, and the next worker goes on from there.

What metrics come to does not depend on it, for nothing that is kept is used when it is old; but
while a record is not complete, its heart rate variability is null.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.jobs import queue
from apps.jobs.kinds import job_kind
from apps.jobs.models import Job
from apps.metrics import ahead, derived
from apps.metrics.automatic import work_out_ranges, work_out_record
from apps.metrics.results_of_tests import is_test
from apps.metrics.subject import COMPLETE, HRV_TYPES
from apps.records.models import UNPROCESSED, Range, Record
from apps.records.status import records_during
from hexostore import clock

QUEUED, PROCESSING = UNPROCESSED
ERROR = "error"

JOB = "processing"
AGAIN = timedelta(minutes=1)
"""How often records are looked for that wait and have no job."""

HOLD = "hold"
"""The setting by which records stay queued (docs/configuration.md)."""

_WATCHED = frozenset(["start", "end", "activitytype", "trainingroutine", "user"])

_log = logging.getLogger("hexostore.processing")


@transaction.atomic
def queue_records(keys: Collection[int]) -> None:
    """Have records processed; those that are complete are queued, the others stay as they are."""
    rows = Record.objects.filter(pk__in=keys, status=COMPLETE).order_by("pk")
    locked = list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    if locked:
        set_status(locked, QUEUED)
        for key in locked:
            add_job(key)


def add_job(record: int) -> None:
    """Have a worker look at a record, unless processing is held."""
    if settings.HEXOSTORE_PROCESSING != HOLD:
        queue.add_job(JOB, {"record": record})


def set_status(records: Collection[int], status: str) -> None:
    """Give locked records another status."""
    Record.objects.filter(pk__in=records).update(status=status, last_modified=clock.now())


def process_range(
    instance: Range, update_fields: Collection[str] | None = None, **_: object
) -> None:
    """Queue the records of a range of rest or sleep that is about to be saved, if it is new or
    its times, type or person change, and have those of its former time looked at. Those of a
    fitness test are looked at.

    Ranges that processing finds itself are left out.
    """
    if instance.autodetected:
        return
    if update_fields is not None and _WATCHED.isdisjoint(update_fields):
        return
    stored = instance.pk and Range.objects.filter(pk=instance.pk).first()
    if stored and not _differ(stored, instance):
        return
    if stored:
        forget_range(stored)
    if instance.activitytype_id in HRV_TYPES:
        queue_records(records_during(instance).values_list("pk", flat=True))
    elif is_test(instance):
        _look_at_records(instance)


def _look_at_records(row: Range) -> None:
    """Have a worker look at the complete records in the time of a range."""
    for key in records_during(row).filter(status=COMPLETE).values_list("pk", flat=True):
        add_job(key)


def _differ(one: Range, other: Range) -> bool:
    """Whether two ranges have another time, type, routine or person."""
    watched = attrgetter("start", "end", "activitytype_id", "trainingroutine_id", "user_id")
    return bool(watched(one) != watched(other))


def forget_range(instance: Range, **_: object) -> None:
    """Have the complete records of a range of rest or sleep looked at that is no more as it was:
    what was derived for it may have to go."""
    if instance.activitytype_id not in HRV_TYPES or instance.autodetected:
        return
    _look_at_records(instance)


def process_data(record: Record, **_: object) -> None:
    """Queue a complete record whose data were written if it lacks what is derived from them, or
    has it from those before; have others looked at."""
    if record.status != COMPLETE:
        return
    if derived.is_outdated(record):
        queue_records([record.pk])
    else:
        add_job(record.pk)


@job_kind(JOB)
def process(payload: dict[str, Any]) -> bool:
    """Take a record one step further: to processing, to complete with all that is derived, and
    then compute ahead what its ranges show. True where a step follows.

    What was derived in the step before is not looked for again.
    """
    rows = Record.objects.select_for_update(no_key=True).filter(pk=payload["record"])
    record = rows.first()
    if record is None or record.status not in (QUEUED, PROCESSING, COMPLETE):
        return False
    if record.status == QUEUED:
        set_status([record.pk], PROCESSING)
        return True
    if not (record.status == COMPLETE and payload.get(_DERIVED)):
        _derive(record)
    if record.status == PROCESSING:
        set_status([record.pk], COMPLETE)
        payload[_DERIVED] = True
        return True
    work_out_ranges(record)
    ahead.compute_ahead(record)
    return False


_DERIVED = "derived"
"""What a job notes that has derived what its record lacked."""


def _derive(record: Record) -> None:
    remark = work_out_record(record)
    if remark is not None:
        _log.warning("record %s: %s", record.pk, remark)


@job_kind("unprocessed", every=AGAIN)
def resume(_payload: dict[str, Any]) -> bool:
    """Add jobs for records that are queued and have none, as after processing was held; records
    whose job was given up are in error."""
    if settings.HEXOSTORE_PROCESSING == HOLD:
        return False
    rows = Record.objects.filter(status__in=UNPROCESSED).order_by("pk")
    records = dict(
        rows.select_for_update(no_key=True, skip_locked=True).values_list("pk", "status")
    )
    waiting, dead = _named(Job.State.WAITING), _named(Job.State.DEAD)
    failed = [key for key in records if key in dead - waiting]
    if failed:
        set_status(failed, ERROR)
    for key, status in records.items():
        if status == QUEUED and key not in waiting | dead:
            add_job(key)
    return False


def _named(state: Job.State) -> set[int]:
    """The records that jobs in that state are about."""
    jobs = Job.objects.filter(kind=JOB, state=state)
    return set(jobs.values_list("payload__record", flat=True))
