"""The answers to a survey, in rows as `csvsurveyanswers` has them (studies 7)."""

from __future__ import annotations

import csv

from django.db.models import QuerySet

from apps.enrolment.models import StudySubject
from apps.studies.answer_files import write_file
from apps.studies.models import StudyReport, SurveyAnswers
from apps.studies.reports.report_table import ReportTable
from hexostore import hexotime


def answers_table(report: StudyReport, *, deidentified: bool) -> ReportTable:
    """Return the table of a report. It has the answers of those who left, too."""
    table = csv.reader(write_file(_rows(report), deidentified=deidentified))
    return ReportTable.gather(next(table), (list(cells) for cells in table))


def _rows(report: StudyReport) -> QuerySet[SurveyAnswers]:
    """The answers that the report is about. Days are those of UTC, as in filters by `authored`."""
    rows = SurveyAnswers.objects.filter(study=report.study_id, survey=report.survey_id)
    if report.start is not None:
        rows = rows.filter(moment__gte=hexotime.start_of_day(report.start))
    if report.end is not None:
        rows = rows.filter(moment__lt=hexotime.start_of_day(report.end))
    if report.study_group_id is not None:
        members = StudySubject.objects.filter(study_group=report.study_group_id)
        rows = rows.filter(user__in=members.values("user"))
    return rows
