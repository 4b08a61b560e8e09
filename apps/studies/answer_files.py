"""Answers as CSV files: from the store, and into it (studies 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Max, Model, QuerySet

from apps.api.context import Context
from apps.api.errors import ApiError
from apps.api.registry import model_resource
from apps.api.relations import resolve_relation
from apps.enrolment.models import Study, StudySubject
from apps.studies import answering
from apps.studies.models import Survey, SurveyAnswers
from apps.studies.pseudonyms import deidentify_study
from apps.studies.stored_answers import read_stored
from apps.studies.subject_names import SubjectName
from apps.studies.surveys.questionnaire import Questionnaire
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from apps.studies.tables.answer_table import (
    AnswerRow,
    StoredAnswer,
    read_answers,
    write_answers,
)
from apps.studies.tables.csv_file import RowFault, TableError
from apps.studies.tables.deidentification import deidentify_answers
from hexostore import clock

PIECE = 500
"""The rows that are read at a time."""
SUBJECTS = 50
"""The subjects whose answers are read at a time where nobody may know them."""

ROWS_PER_INSERT = 1000


def write_file(rows: QuerySet[SurveyAnswers], *, deidentified: bool = False) -> Iterator[str]:
    """Yield the lines of a file with all these answers, in the order of their ids; if they do not
    say whose they are, in that of pseudonyms."""
    kinds = rows.order_by().values_list("survey", "status").annotate(last=Max("pk"))
    found = list(kinds)
    surveys = Survey.objects.filter(pk__in={survey for survey, *_ in found}).order_by("pk")
    questionnaires = {each.pk: read_questionnaire(each.fhir_questionnaire) for each in surveys}
    last = max((last for *_, last in found), default=0)
    some = rows.filter(pk__lte=last).select_related("user")
    stored = _deidentified(some, questionnaires) if deidentified else _named(some, questionnaires)
    with_status = any(status != "completed" for _, status, _ in found)
    yield from write_answers(stored, questionnaires.values(), with_status=with_status)


def _named(
    rows: QuerySet[SurveyAnswers], questionnaires: Mapping[int, Questionnaire]
) -> Iterator[StoredAnswer]:
    """Answers in the order of their ids, read piece by piece. None is added meanwhile, since
    answers never change."""
    first = 0
    while piece := list(rows.filter(pk__gt=first).order_by("pk")[:PIECE]):
        yield from (_stored(row, questionnaires[row.survey_id]) for row in piece)
        first = piece[-1].pk


def _deidentified(
    rows: QuerySet[SurveyAnswers], questionnaires: Mapping[int, Questionnaire]
) -> Iterator[StoredAnswer]:
    """Answers without their subjects, those of some subjects at a time."""
    pairs = rows.order_by().values_list("study", "user").distinct()
    hows = {study: deidentify_study(study) for study, _ in pairs}
    order = sorted(pairs, key=lambda pair: hows[pair[0]].pseudonym(pair[1]))
    for place in range(0, len(order), SUBJECTS):
        some = set(order[place : place + SUBJECTS])
        among = rows.filter(study__in={study for study, _ in some}, user__in={u for _, u in some})
        yield from deidentify_answers(
            (hows[row.study_id], row.user_id, _stored(row, questionnaires[row.survey_id]))
            for row in among
            if (row.study_id, row.user_id) in some
        )


def _stored(row: SurveyAnswers, questionnaire: Questionnaire) -> StoredAnswer:
    return StoredAnswer(
        survey=str(row.survey_id),
        study=str(row.study_id),
        subject=row.user.get_username(),
        authored=row.authored,
        response=read_stored(questionnaire, row),
    )


@dataclass
class AnswerFile:
    """A file of answers that somebody sent, with the `survey` and `study` of the query, which stand
    for those that a row does not have."""

    data: bytes
    context: Context
    survey: str | None = None
    study: str | None = None
    faults: list[RowFault] = field(default_factory=list)
    _left: set[tuple[int, int]] = field(default_factory=set)
    """The pairs of study and user of those who left."""
    _surveys: dict[str | None, Survey] = field(default_factory=dict)
    _questionnaires: dict[int, Questionnaire] = field(default_factory=dict)

    def store(self) -> tuple[list[SurveyAnswers], bool]:
        """Store the answers of all rows. Return them in the order of the file, and whether any is
        new.

        Raise TableError with everything that is wrong, and Forbidden.
        """
        now = clock.now()
        lines = read_answers(self.data, self._questionnaire_of, now)
        rows = [SurveyAnswers(survey=self._surveys[line.survey]) for line in lines]
        self._place(lines, rows)
        for line, row in zip(lines, rows, strict=True):
            answering.complete_answers(row, line.fhir_answer, line.response, now)
        known = answering.find_stored(rows)
        new = [*self._new_ones(lines, rows, known)]
        self._raise_faults()
        SurveyAnswers.objects.bulk_create(new, batch_size=ROWS_PER_INSERT)
        return [known[answering.time_of(row)] for row in rows], bool(new)

    def _questionnaire_of(self, cell: str | None) -> Questionnaire | None:
        """The questionnaire of a cell; None if the caller sees no such survey."""
        given = (cell or "").strip() or None
        survey = self._found("survey", given or self.survey)
        if not isinstance(survey, Survey):
            return None
        self._surveys[given] = survey
        if survey.pk not in self._questionnaires:
            self._questionnaires[survey.pk] = read_questionnaire(survey.fhir_questionnaire)
        return self._questionnaires[survey.pk]

    def _found(self, name: str, text: str | None) -> Model | None:
        """The row of a resource that a text names, if the caller sees it."""
        if not text:
            return None
        try:
            found: Model = resolve_relation(model_resource(name), name, text.strip(), self.context)
        except ApiError:
            return None
        return found

    def _place(self, lines: Sequence[AnswerRow], rows: Sequence[SurveyAnswers]) -> None:
        """Set study and user of each row."""
        studies = self._studies(lines)
        for study in {study.pk: study for study in studies.values()}.values():
            answering.check_study(study)
        named = {line.number: self._name_of(line) for line in lines}
        self._raise_faults()
        wanted = {(studies[line.study].pk, named[line.number]) for line in lines}
        subjects = answering.find_subjects(wanted)
        for line, row in zip(lines, rows, strict=True):
            row.study = studies[line.study]
            found = subjects[row.study.pk, named[line.number]]
            if isinstance(found, StudySubject):
                row.user = found.user
                self._left |= {(row.study.pk, found.user_id)} if found.withdrawn else set()
            else:
                self.faults.append(RowFault(line.number, "subject", line.subject, found))
        self._raise_faults()
        pairs = {(row.study_id, row.user_id) for row in rows}
        answering.check_answering(self.context.caller, pairs)

    def _studies(self, lines: Sequence[AnswerRow]) -> Mapping[str | None, Study]:
        """The study of each cell. Raise TableError for those that the caller does not see."""
        names = {line.study: line.study or self.study for line in lines}
        found = {cell: self._found("study", name) for cell, name in names.items()}
        for line in lines:
            if found[line.study] is None:
                text = "There is no such study."
                self.faults.append(RowFault(line.number, "study", names[line.study], text))
        self._raise_faults()
        return {cell: study for cell, study in found.items() if isinstance(study, Study)}

    def _name_of(self, line: AnswerRow) -> SubjectName:
        try:
            return answering.name_of(line.subject, self.context.caller)
        except ValueError as error:
            self.faults.append(RowFault(line.number, "subject", line.subject, str(error)))
            return SubjectName()

    def _new_ones(
        self,
        lines: Sequence[AnswerRow],
        rows: Sequence[SurveyAnswers],
        known: dict[answering.AnswerTime, SurveyAnswers],
    ) -> Iterator[SurveyAnswers]:
        """Yield the rows that are not there yet, and make them known."""
        for line, row in zip(lines, rows, strict=True):
            other = known.setdefault(answering.time_of(row), row)
            if other is row and (row.study_id, row.user_id) in self._left:
                self.faults.append(
                    RowFault(line.number, "subject", line.subject, answering.HAS_LEFT)
                )
            elif other is row:
                yield row
            elif not answering.is_same(other, row, self._questionnaires[row.survey_id]):
                text = "This subject has other answers of that time."
                self.faults.append(RowFault(line.number, "authored", row.authored, text))

    def _raise_faults(self) -> None:
        if self.faults:
            raise TableError(self.faults)
