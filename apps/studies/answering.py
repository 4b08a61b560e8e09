"""Giving answers to a survey: for whom somebody may, and what was sent before (studies 7).

Whoever gives answers holds the row of the subject, until the transaction ends. So of several
requests with the same answers only the first stores them, and nobody answers for a subject who has
just left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import F, Q

from apps.access.visibility import select_run_studies
from apps.api.callers import Caller
from apps.api.errors import Forbidden
from apps.api.guards import InSubquery
from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.studies import standing
from apps.studies.models import SurveyAnswers
from apps.studies.stored_answers import read_stored
from apps.studies.subject_names import SubjectName, named_condition, parse_name, pick_named
from apps.studies.surveys.answers import SurveyResponse
from apps.studies.surveys.questionnaire import Questionnaire
from hexostore import hexotime

YOU_ARE_NOT = "You are no subject of this study; name one."
HAS_LEFT = "This subject has left the study."
OTHER_ANSWERS = "authored: this subject has other answers of that time."


class AnswerTime(NamedTuple):
    """What answers are identified by. `has_time` is off for those of a date."""

    study: int
    survey: int
    user: int
    moment: int
    has_time: bool


def check_study(study: Study) -> None:
    """Raise Forbidden if nobody answers in a study now."""
    if study.status == StudyStatus.DELETED:
        raise Forbidden("The study is deleted.")
    standing.check_open(study)


def check_answering(caller: Caller, users: Iterable[tuple[int, int]]) -> None:
    """Raise Forbidden unless somebody may answer for all these pairs of study and user."""
    studies = {study for study, user in users if user != caller.pk}
    if caller.is_staff or not studies:
        return
    run = Study.objects.filter(InSubquery(F("pk"), select_run_studies(caller)), pk__in=studies)
    if run.count() < len(studies):
        raise Forbidden("You can answer for yourself only.")


def name_of(given: object, caller: Caller) -> SubjectName:
    """Return whom a request names; the caller if it names nobody. Raise ValueError."""
    if given is None or given == "":
        assert isinstance(caller.pk, int)
        return SubjectName(user=caller.pk, implied=True)
    return parse_name(given)


def find_subjects(
    wanted: Collection[tuple[int, SubjectName]],
) -> dict[tuple[int, SubjectName], StudySubject | str]:
    """Return the subject for each study and name, locked, or why there is none. Those who left the
    study are among them: what they answered before can be sent again."""
    names: dict[int, set[SubjectName]] = {}
    for study, name in wanted:
        names.setdefault(study, set()).add(name)
    named = (Q(named_condition(those), study=study) for study, those in names.items())
    rows = StudySubject.objects.select_related("user").filter(reduce(or_, named, Q(pk__in=[])))
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    by_study: dict[int, list[StudySubject]] = {}
    for subject in locked:
        by_study.setdefault(subject.study_id, []).append(subject)
    return {(study, name): _pick(name, by_study.get(study, ())) for study, name in wanted}


def _pick(name: SubjectName, subjects: Iterable[StudySubject]) -> StudySubject | str:
    found = pick_named(name, subjects)
    if found is None:
        return YOU_ARE_NOT if name.implied else "The study has no such subject."
    return found


def complete_answers(
    row: SurveyAnswers, given: dict[str, object], response: SurveyResponse, now: datetime
) -> None:
    """Set what new answers say: their content, status and time, which is now if none was sent."""
    authored = str(given["authored"]) if response.authored else now.astimezone(UTC).isoformat()
    row.fhir_answer = {**given, "authored": authored}
    row.status, row.authored = response.status, authored
    row.moment, row.has_time = _moment(response.authored or now)


def _moment(authored: date) -> tuple[int, bool]:
    """The ticks of a time, or of where a date begins in UTC, and whether it is a time."""
    if isinstance(authored, datetime):
        return hexotime.from_datetime(authored), True
    return hexotime.start_of_day(authored), False


def time_of(row: SurveyAnswers) -> AnswerTime:
    """Return what a row is identified by."""
    return AnswerTime(row.study_id, row.survey_id, row.user_id, row.moment, row.has_time)


def find_stored(rows: Sequence[SurveyAnswers]) -> dict[AnswerTime, SurveyAnswers]:
    """Return the stored answers of the times of some rows."""
    found = SurveyAnswers.objects.filter(
        study__in={row.study_id for row in rows},
        user__in={row.user_id for row in rows},
        moment__in={row.moment for row in rows},
    )
    times = {time_of(row) for row in rows}
    return {time_of(row): row for row in found if time_of(row) in times}


def is_same(one: SurveyAnswers, other: SurveyAnswers, questionnaire: Questionnaire) -> bool:
    """Return whether two rows of one time say the same, however it is written."""
    if one.fhir_answer == other.fhir_answer:
        return True
    return read_stored(questionnaire, one) == read_stored(questionnaire, other)
