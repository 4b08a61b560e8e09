"""What tables of a study say so that nobody can tell who is in it (studies 9.2).

Each subject has a pseudonym, and a number of days by which all of their dates are moved back, so
that the time between two of them stays. Both are made from a secret key: whoever has only the
tables cannot undo it, and the tables of one study fit together. Free texts are left out.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from apps.studies.surveys.answers import AnsweredQuestion, SurveyResponse
from apps.studies.surveys.questionnaire import FhirValue, SurveyQuestion
from apps.studies.tables.answer_table import StoredAnswer
from apps.studies.tables.csv_file import guard_formula, write_row
from apps.studies.tables.subject_table import SubjectRow, write_value

OLDEST_AGE = 89
"""No year is told of those who become older this year."""
MOST_DAYS = 364

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T[\d:.]+)?.*", re.ASCII | re.DOTALL)
"""A date, the time on the clock of whoever gave it, and its zone."""
_UNIT = re.compile(r"\S{1,20}")
_PLAIN = frozenset(("valueBoolean", "valueDecimal", "valueInteger", "valueTime"))
_DATES = frozenset(("valueDate", "valueDateTime"))


@dataclass(frozen=True, slots=True)
class Deidentification:
    """How one study is told without saying who took part, on the day `today`.

    `key` is secret. Subjects are known by the ids of their accounts.
    """

    key: bytes
    study: int
    today: date

    def pseudonym(self, user: int) -> str:
        """Return what a subject is called. It begins with a letter, and no spreadsheet takes it
        for a number."""
        return f"s{b32encode(self._digest('name', user))[:10].decode().lower()}"

    def days_back(self, user: int) -> int:
        """Return by how many days a subject's dates are moved: 1 to 364."""
        number = int.from_bytes(self._digest("days", user)[:8], "big")
        return 1 + number % MOST_DAYS

    def moved_date(self, user: int, day: date) -> date:
        """Return a date as it is told of a subject."""
        return day - timedelta(days=min(self.days_back(user), (day - date.min).days))

    def date_text(self, user: int, text: str) -> str:
        """Return a text that begins with a date YYYY-MM-DD, with another date and without a zone,
        which says where somebody is. Return "" for other texts."""
        found = _DATE.fullmatch(text)
        if not found:
            return ""
        return f"{self.moved_date(user, date.fromisoformat(found[1])).isoformat()}{found[2] or ''}"

    def year_of_birth(self, born: date | None) -> int | None:
        """Return the year, or None for those who are or become older than 89 years this year."""
        return born.year if born and self.today.year - born.year <= OLDEST_AGE else None

    def response(self, user: int, response: SurveyResponse) -> SurveyResponse:
        """Return answers without free texts and their own moment, and with other dates."""
        kept = (
            AnsweredQuestion(each.question, tuple(self._values(user, each)))
            for each in response.answered
        )
        return SurveyResponse(response.status, None, tuple(each for each in kept if each.values))

    def _values(self, user: int, answered: AnsweredQuestion) -> Iterator[FhirValue]:
        for value in answered.values:
            told = self._value(user, answered.question, value)
            if told is not None:
                yield told

    def _value(self, user: int, question: SurveyQuestion, value: FhirValue) -> FhirValue | None:
        """A value that says nothing of who gave it, or None."""
        if value.name in _DATES:
            return self._moved_value(user, value)
        if value.name in _PLAIN or value in question.options:
            return value
        if value.name == "valueQuantity" and isinstance(value.value, dict):
            return FhirValue(value.name, _quantity(value.value))
        return None

    def _moved_value(self, user: int, value: FhirValue) -> FhirValue | None:
        """A date, unless it could be the birth of somebody very old."""
        text = str(value.value)
        if self.today.year - int(text[:4]) > OLDEST_AGE:
            return None
        return FhirValue(value.name, self.date_text(user, text))

    def _digest(self, purpose: str, user: int) -> bytes:
        return hmac.digest(self.key, f"{purpose}:{self.study}:{user}".encode(), "sha256")


def _quantity(quantity: dict[str, object]) -> dict[str, object]:
    """A number with its unit, if that looks like one."""
    kept: dict[str, object] = {
        name: quantity[name] for name in ("value", "comparator") if name in quantity
    }
    unit = quantity.get("unit")
    if isinstance(unit, str) and _UNIT.fullmatch(unit):
        kept["unit"] = unit
    return kept


def deidentify_answers(
    answers: Iterable[tuple[Deidentification, int, StoredAnswer]],
) -> list[StoredAnswer]:
    """Return answers of users to write into a file, each as its study is told. Their order says
    nothing of the accounts."""
    told = [
        replace(
            answer,
            subject=how.pseudonym(user),
            authored=how.date_text(user, answer.authored),
            response=how.response(user, answer.response),
        )
        for how, user, answer in answers
    ]
    return sorted(told, key=lambda each: (each.subject, each.survey, each.authored))


SUBJECT_COLUMNS = (
    *("subject_id", "group", "start_date"),
    *("gender", "year_of_birth", "height", "weight"),
)
"""What is told of subjects: neither time zones, which are places, nor what their team noted."""


def write_deidentified_subjects(
    subjects: Iterable[tuple[int, SubjectRow]], how: Deidentification
) -> Iterator[str]:
    """Yield the lines of a file of subjects by their users, in an order that says nothing of the
    accounts. It cannot be read again."""
    yield write_row(SUBJECT_COLUMNS)
    yield from sorted(write_row(_subject_cells(*each, how)) for each in subjects)


def _subject_cells(user: int, row: SubjectRow, how: Deidentification) -> list[str]:
    born = how.year_of_birth(row.date_of_birth)
    return [
        how.pseudonym(user),
        guard_formula(row.group),
        how.moved_date(user, row.start_date).isoformat(),
        row.gender,
        "" if born is None else str(born),
        write_value(row.height),
        write_value(row.weight),
    ]
