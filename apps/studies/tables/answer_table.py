"""CSV files of answers to surveys, in and out (studies 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.studies.surveys.answers import SurveyResponse, read_response
from apps.studies.surveys.questionnaire import (
    FhirValue,
    Questionnaire,
    QuestionType,
    SurveyError,
    SurveyQuestion,
)
from apps.studies.tables.answer_cells import read_cell, write_cell
from apps.studies.tables.csv_file import (
    CsvRow,
    RowFault,
    TableError,
    guard_formula,
    read_table,
    unguard_formula,
    write_row,
)

PLACES = ("survey", "study")
COLUMNS = (*PLACES, "subject", "user", "authored", "status")
"""The columns that are no questions. `user` is another name of `subject`."""


@dataclass(frozen=True)
class AnswerRow:
    """A row of a file: the answers of one person at one time. What is None was not given."""

    number: int
    survey: str | None
    study: str | None
    subject: str | None
    fhir_answer: dict[str, Any]
    response: SurveyResponse


@dataclass(frozen=True)
class StoredAnswer:
    """Answers to write into a file; texts are written as they are."""

    survey: str
    study: str
    subject: str
    authored: str
    response: SurveyResponse


def read_answers(
    data: bytes, questionnaire_of: Callable[[str | None], Questionnaire | None], now: datetime
) -> list[AnswerRow]:
    """Return the rows of a file. Raise TableError with everything that is wrong with any of them.

    `questionnaire_of` returns that of a cell `survey`, or of the whole file for None, if there is
    one.
    """
    table = read_table(data, optional=PLACES)
    surveys = {row.cells.get("survey") or None for row in table.rows}
    questionnaires = {survey: questionnaire_of(survey) for survey in surveys}
    known = {*COLUMNS}.union(*(each.by_link_id for each in questionnaires.values() if each))
    faults = [
        RowFault(1, name, name, "No survey has such a question.")
        for name in table.header
        if name not in known and all(questionnaires.values())
    ]
    rows: list[AnswerRow] = []
    for row in table.rows:
        try:
            rows.append(_read_row(row, questionnaires[row.cells.get("survey") or None], now))
        except TableError as error:
            faults += error.faults
    if faults:
        raise TableError(faults)
    return rows


def write_answers(
    answers: Iterable[StoredAnswer], questionnaires: Iterable[Questionnaire], *, with_status: bool
) -> Iterator[str]:
    """Yield the lines of a file: a column for each question of the surveys, in their order.

    `with_status` adds a column that not all files have: without it, answers are completed.
    """
    columns: dict[str, None] = {}
    for questionnaire in questionnaires:
        columns |= dict.fromkeys(question.link_id for question in questionnaire.asked)
    others = (*PLACES, "subject", "authored", *["status"] * with_status)
    yield write_row([guard_formula(name) for name in (*columns, *others)])
    for answer in answers:
        cells = _cells(answer.response)
        fixed = [answer.survey, answer.study, guard_formula(answer.subject), answer.authored]
        fixed += [answer.response.status] * with_status
        yield write_row([*(cells.get(name, "") for name in columns), *fixed])


def _cells(response: SurveyResponse) -> dict[str, str]:
    """The cells of a response by linkId. A question in several groups has all its values there."""
    values: dict[str, tuple[SurveyQuestion, list[FhirValue]]] = {}
    for each in response.answered:
        values.setdefault(each.question.link_id, (each.question, []))[1].extend(each.values)
    return {link_id: write_cell(question, found) for link_id, (question, found) in values.items()}


def _read_row(row: CsvRow, questionnaire: Questionnaire | None, now: datetime) -> AnswerRow:
    cells = row.cells
    if questionnaire is None:
        survey = cells.get("survey")
        raise TableError([RowFault(row.number, "survey", survey, "There is no such survey.")])
    faults: list[RowFault] = []
    values = _read_values(row, questionnaire, faults)
    subject = _subject(row, faults)
    fhir_answer = {
        "resourceType": "QuestionnaireResponse",
        "status": cells.get("status", "").strip() or "completed",
        "item": _items(questionnaire.items, values),
    }
    if authored := cells.get("authored", "").strip():
        fhir_answer["authored"] = authored
    response = None
    if not faults:
        response = _read_response(row, questionnaire, fhir_answer, now, faults)
    if response is None:
        raise TableError(faults)
    survey, study = (cells.get(name, "").strip() or None for name in PLACES)
    return AnswerRow(row.number, survey, study, subject, fhir_answer, response)


def _read_values(
    row: CsvRow, questionnaire: Questionnaire, faults: list[RowFault]
) -> dict[str, list[FhirValue]]:
    """The values of the questions that are answered, by linkId."""
    found: dict[str, list[FhirValue]] = {}
    for name, cell in row.cells.items():
        question = questionnaire.by_link_id.get(name)
        if name in COLUMNS or not cell:
            continue
        if question is None or not question.is_asked:
            text = "This survey has no such question."
            faults.append(RowFault(row.number, name, cell, text))
            continue
        try:
            values = read_cell(question, cell)
        except ValueError as error:
            faults.append(RowFault(row.number, name, cell, str(error)))
        else:
            found |= {name: values} if values else {}
    return found


def _subject(row: CsvRow, faults: list[RowFault]) -> str | None:
    """Whose answers these are, by either name of the column."""
    cells = (row.cells.get(name, "").strip() for name in ("subject", "user"))
    named = {unguard_formula(cell) for cell in cells if cell}
    if len(named) > 1:
        text = "The columns subject and user name different people."
        faults.append(RowFault(row.number, "user", row.cells["user"], text))
    return min(named, default=None)


def _items(
    questions: Iterable[SurveyQuestion], values: Mapping[str, list[FhirValue]]
) -> list[dict[str, Any]]:
    """The items of a FHIR response, in the order of the survey. What is asked within a question
    belongs to its first answer."""
    items: list[dict[str, Any]] = []
    for question in questions:
        inner = _items(question.items, values)
        within = {"item": inner} if inner else {}
        if question.type is QuestionType.GROUP:
            items += [{"linkId": question.link_id, **within}] if within else []
            continue
        answers = [{value.name: value.value} for value in values.get(question.link_id, ())]
        if within:
            answers = [{**(answers[0] if answers else {}), **within}, *answers[1:]]
        if answers:
            items.append({"linkId": question.link_id, "answer": answers})
    return items


def _read_response(
    row: CsvRow,
    questionnaire: Questionnaire,
    fhir_answer: dict[str, Any],
    now: datetime,
    faults: list[RowFault],
) -> SurveyResponse | None:
    """The response that a row makes; None with faults if it is wrong as a whole."""
    try:
        return read_response(questionnaire, fhir_answer, now)
    except SurveyError as error:
        faults += [_row_fault(row, text) for text in error.texts]
        return None


def _row_fault(row: CsvRow, text: str) -> RowFault:
    """A fault of a response, with the column that it is about, if that can be told."""
    place = text.partition(": ")[0]
    name = place if place in COLUMNS else place.rpartition("(linkId ")[2].removesuffix(")")
    column = name if name in row.cells else None
    return RowFault(row.number, column, row.cells.get(name) if column else None, text)
