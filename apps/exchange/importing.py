"""Importing a file: from its content to rows, in one transaction.

The worker that holds the job does all of it in the transaction of the job. So a worker that is
killed leaves nothing, and the next one begins anew. Only the progress is told by a connection of
its own, for others to see.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from apps.catalog.models import ImportFile, ImportPiece
from apps.exchange import contents, recognition, sampling, storing
from apps.exchange.activity import Activity, FileError
from apps.exchange.contents import Report
from apps.exchange.parts import ImportedPart, earlier_parts, still_there
from apps.jobs.kinds import job_kind
from apps.jobs.progress import ToldProgress
from hexostore import clock, hexotime
from hexostore.hexotime import TICKS_PER_SECOND

JOB = "import"
TRIES, FIRST_WAIT = 5, timedelta(seconds=1)

READ, STORED = 0.7, 0.95
"""The progress when the file is read, and when its rows are stored."""

OUR_FAULT = "The file could not be imported because of a fault of this server."
_DAY = 86_400 * TICKS_PER_SECOND
MOST_RANGES = 1_000
"""An import makes no more ranges of a file, because all of them are its answer."""

_EARLIEST = hexotime.from_seconds(631_152_000)  # 1990

_log = logging.getLogger("hexostore.imports")

Open = Callable[[Report], AbstractContextManager[BinaryIO]]
"""Opens a file whose reading is reported."""


def end_with_error(payload: dict[str, Any], reason: str) -> None:
    """End an import whose job was given up."""
    _log.error("import %s was given up: %s", payload["import"], reason)
    row = ImportFile.objects.filter(pk=payload["import"], progress__lt=1).first()
    if row is not None:
        _end(row, {"error": OUR_FAULT})


@job_kind(JOB, tries=TRIES, first_wait=FIRST_WAIT, given_up=end_with_error)
def import_stored(payload: dict[str, Any]) -> None:
    """Import a stored file, unless its user is gone."""
    row = ImportFile.objects.filter(pk=payload["import"], progress__lt=1).first()
    if row is None:
        return
    with ToldProgress(TELL, row.pk) as report:
        results = make_results(row, lambda told: contents.open_content(row, told), report)
    _end(row, results)


def make_results(row: ImportFile, open_file: Open, report: Report) -> dict[str, str] | list[Any]:
    """Make rows of a file and return the results of the import: its parts, or an error.

    With an error, nothing is stored. Raise the errors of the database that another try may not
    have.
    """
    try:
        with transaction.atomic():
            return [list(part) for part in _make_parts(row, open_file, report)]
    except FileError as error:
        return {"error": str(error)}
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - whatever a file does to a reader, the user is told
        _log.exception("import %s failed", row.pk)
        return {"error": OUR_FAULT}


def _make_parts(row: ImportFile, open_file: Open, report: Report) -> list[ImportedPart]:
    lock_content(row)
    earlier = earlier_parts(row)
    kept = still_there(row.user_id, earlier)
    if earlier and len(kept) == len(earlier):
        return kept
    with open_file(_share_of(report, 0.0, READ)) as file:
        told = recognition.read_activity(file, _share_of(report, 0.0, READ))
    activity = leave_out_the_empty(told)
    require_plausible(activity)
    return storing.store_activity(activity, row, kept, _share_of(report, READ, STORED))


def lock_content(row: ImportFile) -> None:
    """Let imports of the same content by the same user take turns, until each transaction ends."""
    digest = hashlib.sha256(f"{row.user_id} {row.sha256}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def leave_out_the_empty(activity: Activity) -> Activity:
    """Return an activity without laps of no length, and without sessions of no length of which no
    point tells anything. Raise FileError if none of its sessions is left."""
    sessions = tuple(
        replace(each, laps=tuple(lap for lap in each.laps if lap.end > lap.start))
        for each in activity.sessions
        if each.end > each.start or sampling.has_values(each)
    )
    if activity.sessions and not sessions and not activity.workouts:
        raise FileError("The activity of the file has neither a length nor points.")
    return replace(activity, sessions=sessions)


def require_plausible(activity: Activity) -> None:
    """Raise FileError for an activity without content, or at a time that cannot be true."""
    if not activity.sessions:
        if not activity.workouts:
            raise FileError("The file has neither an activity nor a workout.")
        return
    if sum(1 + len(each.laps) for each in activity.sessions) > MOST_RANGES:
        raise FileError(f"The file has more than {MOST_RANGES:,} activities and laps.")
    start, end = sampling.time_span(activity)
    if start < _EARLIEST:
        raise FileError("The activity starts before 1990: the clock of the device was not set.")
    if start > clock.ticks() + _DAY:
        raise FileError("The activity starts in the future.")
    if end - start > settings.HEXOSTORE_IMPORT_DAYS * _DAY:
        raise FileError(f"The activity lasts more than {settings.HEXOSTORE_IMPORT_DAYS} days.")


def _end(row: ImportFile, results: dict[str, str] | list[Any]) -> None:
    """Store the results, and remove the content, of which only the digest is needed now."""
    ImportFile.objects.filter(pk=row.pk).update(progress=1.0, results=results)
    ImportPiece.objects.filter(importfile=row.pk).delete()


def _share_of(report: Report, begin: float, end: float) -> Report:
    """Return a report of a part of the work."""
    return lambda share: report(begin + share * (end - begin))


TELL = "UPDATE catalog_importfile SET progress = greatest(progress, %s) WHERE id = %s"


def import_file(row: ImportFile, file: BinaryIO, report: Report) -> None:
    """Import a file that is at hand, and store the row of its import, in one transaction."""

    @contextmanager
    def opened(told: Report) -> Iterator[BinaryIO]:
        yield contents.watched(file, told)

    with transaction.atomic():
        row.save(force_insert=True)
        row.results = make_results(row, opened, report)
        row.progress = 1.0
        row.save(update_fields=["results", "progress"])
