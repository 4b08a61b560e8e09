"""A survey as data: a tree of questions, as FHIR R4 describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple


class SurveyError(Exception):
    """A questionnaire or an answer is refused. Each text has a place and a sentence, such as
    `item[1] (linkId 2): expected valueBoolean, got valueString.`"""

    def __init__(self, texts: list[str]) -> None:
        super().__init__("\n".join(texts))
        self.texts = texts


class QuestionType(StrEnum):
    """What a question asks for. `group` and `display` ask nothing themselves."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    DATE_TIME = "dateTime"
    TIME = "time"
    STRING = "string"
    TEXT = "text"
    URL = "url"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"
    QUANTITY = "quantity"


class FhirValue(NamedTuple):
    """A value with its name in FHIR, such as `valueBoolean`."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class EnablingCondition:
    """A question is asked if the answer to another compares like this with a value."""

    link_id: str
    operator: str
    """One of exists, =, !=, >, <, >= and <=."""
    value: FhirValue


@dataclass(frozen=True)
class SurveyQuestion:
    """An item of a questionnaire: a question, or a group of them."""

    link_id: str
    type: QuestionType
    text: str = ""
    required: bool = False
    repeats: bool = False
    max_length: int | None = None
    options: tuple[FhirValue, ...] = ()
    """What a choice is between; nothing if any code is accepted."""
    conditions: tuple[EnablingCondition, ...] = ()
    any_condition: bool = False
    """Whether one condition is enough."""
    items: tuple[SurveyQuestion, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether it takes an answer itself."""
        return self.type not in {QuestionType.GROUP, QuestionType.DISPLAY}


@dataclass(frozen=True)
class Questionnaire:
    """The questions of a survey in their order."""

    items: tuple[SurveyQuestion, ...]

    @cached_property
    def by_link_id(self) -> dict[str, SurveyQuestion]:
        """Every item by its linkId, in the order of the survey."""
        return {question.link_id: question for question in _walk(self.items)}

    @property
    def asked(self) -> list[SurveyQuestion]:
        """Every item that takes an answer, in the order of the survey."""
        return [question for question in self.by_link_id.values() if question.is_asked]


def _walk(items: Iterable[SurveyQuestion]) -> Iterator[SurveyQuestion]:
    for question in items:
        yield question
        yield from _walk(question.items)
