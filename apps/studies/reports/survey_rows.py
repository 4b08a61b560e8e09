"""The answers to a survey, in rows as `csvsurveyanswers` has them (studies 7)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from apps.enrolment.models import StudySubject
from apps.studies.models import StudyReport, SurveyAnswers
from apps.studies.reports.report_subjects import ReportNames
from apps.studies.reports.report_table import MOST_ROWS, ReportError, ReportTable, Tell
from apps.studies.stored_answers import read_stored
from apps.studies.surveys.questionnaire import Questionnaire, SurveyError
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from apps.studies.tables.answer_table import StoredAnswer, write_answers
from apps.studies.tables.deidentification import deidentify_answers
from hexostore import hexotime

READ = 0.5
"""The progress when the answers have been read."""
COMPLETED = "completed"


def answers_table(report: StudyReport, names: ReportNames, tell: Tell) -> ReportTable:
    """Return the table of a report; one statement. It has the answers of those who left, too.

    Raise ReportError if the survey cannot be read any more.
    """
    questionnaire = _questionnaire_of(report)
    given = [(row.user_id, _as_stored(row, questionnaire)) for row in _rows(report)]
    tell(READ)
    if names.how is None:
        told = [answer for _, answer in given]
    else:
        told = deidentify_answers(given, names.how)
    with_status = any(answer.response.status != COMPLETED for answer in told)
    table = csv.reader(write_answers(told, [questionnaire], with_status=with_status))
    return ReportTable.gather(next(table), (list(cells) for cells in table))


def _questionnaire_of(report: StudyReport) -> Questionnaire:
    assert report.survey is not None
    try:
        return read_questionnaire(report.survey.fhir_questionnaire)
    except SurveyError as error:
        raise ReportError(f"The survey is wrong: {error.texts[0]}") from None


def _rows(report: StudyReport) -> Iterator[SurveyAnswers]:
    """The answers that the report is about. Days are those of UTC, as in filters by `authored`."""
    rows = SurveyAnswers.objects.filter(study=report.study_id, survey=report.survey_id)
    if report.start is not None:
        rows = rows.filter(moment__gte=_first_tick(report.start))
    if report.end is not None:
        rows = rows.filter(moment__lt=_first_tick(report.end))
    if report.study_group_id is not None:
        members = StudySubject.objects.filter(study_group=report.study_group_id)
        rows = rows.filter(user__in=members.values("user"))
    # One more than there may be, so that too many are noticed.
    yield from rows.select_related("user").order_by("pk")[: MOST_ROWS + 1]


def _first_tick(day: date) -> int:
    return hexotime.from_datetime(datetime.combine(day, time(), UTC))


def _as_stored(row: SurveyAnswers, questionnaire: Questionnaire) -> StoredAnswer:
    return StoredAnswer(
        survey=str(row.survey_id),
        study=str(row.study_id),
        subject=row.user.get_username(),
        authored=row.authored,
        response=read_stored(questionnaire, row),
    )
