"""Making a report, in a job (studies 8).

The worker that holds the job makes the whole table in the transaction of the job, so a worker that
is killed leaves nothing of it, and the next one begins anew. Metrics that have to be computed first
are kept in transactions of their own.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction

from apps.jobs.kinds import job_kind
from apps.jobs.progress import ToldProgress
from apps.studies.models import GenerationStatus, StudyGeneratedReport, StudyReportKind
from apps.studies.reports import metric_values
from apps.studies.reports.compliance import compliance_table
from apps.studies.reports.report_subjects import ReportNames
from apps.studies.reports.report_table import ReportError, ReportTable, Tell
from apps.studies.reports.survey_rows import answers_table

JOB = "study_report"
TRIES, FIRST_WAIT = 5, timedelta(seconds=1)
UNFINISHED = (GenerationStatus.QUEUED, GenerationStatus.PROCESSING)
OUR_FAULT = "The report could not be made because of a fault of this server."

BEGUN, MADE = 0.05, 0.95
"""The progress at the start, and when the table is there."""

POSITION = "position"
"""What a job notes that has computed metrics of so many records and ranges."""

_TELL = f"""
    UPDATE {StudyGeneratedReport._meta.db_table}
    SET status = '{GenerationStatus.PROCESSING.value}', progress = greatest(progress, %s)
    WHERE id = %s
"""  # noqa: S608 - made of names of ours

_log = logging.getLogger("hexostore.studies")


def end_with_error(payload: dict[str, Any], reason: str) -> None:
    """End a report whose job was given up."""
    _log.error("study report %s was given up: %s", payload["generated"], reason)
    _end(payload["generated"], status=GenerationStatus.ERROR, error=OUR_FAULT)


@job_kind(JOB, tries=TRIES, first_wait=FIRST_WAIT, given_up=end_with_error)
def generate_report(payload: dict[str, Any]) -> bool:
    """Make a report that is not finished, or compute some of its metrics. True where more
    follows."""
    rows = StudyGeneratedReport.objects.select_related("report__study", "report__survey")
    row = rows.filter(pk=payload["generated"], status__in=UNFINISHED).first()
    if row is None:
        return False
    with ToldProgress(_TELL, row.pk) as told:
        told(BEGUN)
        try:
            with transaction.atomic():
                if _has_more_to_compute(row, payload, told):
                    return True
                table = _make_table(row, lambda share: told(BEGUN + (MADE - BEGUN) * share))
        except ReportError as error:
            _end(row.pk, status=GenerationStatus.ERROR, error=str(error)[:500])
            return False
    _end(
        row.pk,
        status=GenerationStatus.COMPLETE,
        rows=len(table.rows),
        content=table.stored(),
    )
    return False


def _has_more_to_compute(row: StudyGeneratedReport, payload: dict[str, Any], tell: Tell) -> bool:
    """Compute the next metrics of a report of metrics; False when all of them are there."""
    position = payload.get(POSITION, 0)
    if row.report.kind != StudyReportKind.METRICS or position is None:
        return False
    payload[POSITION] = metric_values.compute_next(row.report, position, tell)
    return True


def _make_table(row: StudyGeneratedReport, tell: Tell) -> ReportTable:
    report = row.report
    if report.kind == StudyReportKind.ANSWERS:
        return answers_table(report, deidentified=row.deidentified)
    names = ReportNames.of(report, deidentified=row.deidentified)
    if report.kind == StudyReportKind.COMPLIANCE:
        return compliance_table(report, names, tell)
    return metric_values.metrics_table(report, names)


def _end(key: int, **values: Any) -> None:
    StudyGeneratedReport.objects.filter(pk=key, status__in=UNFINISHED).update(progress=1, **values)
