"""A cell of a CSV file for the answers to one question, and back.

Several answers are joined by `|`. A `|` or backslash within one has a backslash before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

import orjson

from apps.studies.surveys.questionnaire import FhirValue, QuestionType, SurveyQuestion
from apps.studies.surveys.values import KINDS, read_value
from apps.studies.tables.csv_file import guard_formula, unguard_formula

YES, NO = ("yes", "true", "1"), ("no", "false", "0")

_NUMBER = re.compile(r"-?\d{1,16}(\.\d{1,20})?([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,16}", re.ASCII)
_QUANTITY = re.compile(rf"({_NUMBER.pattern})(?: (\S.*))?", re.ASCII | re.DOTALL)
_TEXTS = frozenset((QuestionType.STRING, QuestionType.TEXT, QuestionType.URL))
_FREE = _TEXTS | {QuestionType.OPEN_CHOICE}
"""What may begin or end with blanks."""
_CHOICES = frozenset((QuestionType.CHOICE, QuestionType.OPEN_CHOICE))


def write_cell(question: SurveyQuestion, values: Sequence[FhirValue]) -> str:
    """Return the cell of the answers to a question."""
    parts = [_write(question, value) for value in values]
    if question.repeats:
        parts = [part.replace("\\", "\\\\").replace("|", "\\|") for part in parts]
    cell = "|".join(parts)
    is_text = question.type in _TEXTS | _CHOICES
    return guard_formula(cell) if is_text else cell


def read_cell(question: SurveyQuestion, cell: str) -> list[FhirValue]:
    """Return the answers in a cell; none if it is empty. Raise ValueError, with a sentence."""
    text = unguard_formula(cell)
    parts = _split(text) if question.repeats else [text]
    if question.type not in _FREE:
        parts = [part.strip() for part in parts]
    return [read_value(question, *_read(question, part)) for part in parts if part]


def _split(text: str) -> list[str]:
    """The parts of a text that are joined by `|`, but for empty ones."""
    parts, is_escaped = [""], False
    for letter in text:
        if letter == "|" and not is_escaped:
            parts.append("")
        elif letter != "\\" or is_escaped:
            parts[-1] += letter
        is_escaped = letter == "\\" and not is_escaped
    return [part for part in parts if part]


def _write(question: SurveyQuestion, value: FhirValue) -> str:
    """One value as a text."""
    if value.name == "valueBoolean":
        return YES[0] if value.value else NO[0]
    if isinstance(value.value, dict):
        short = _short(question, value)
        return json.dumps(value.value, ensure_ascii=False) if short is None else short
    if not isinstance(value.value, str):
        return json.dumps(value.value)
    is_open = question.type is QuestionType.OPEN_CHOICE and value.name == "valueString"
    return f"\\{value.value}" if is_open and _needs_mark(question, value.value) else value.value


def _short(question: SurveyQuestion, value: FhirValue) -> str | None:
    """A coding as its code, or a quantity as its number and unit; None if these do not say all."""
    members = value.value
    assert isinstance(members, dict)
    if value.name == "valueQuantity":
        unit = members.get("unit", "")
        short = f"{json.dumps(members['value'])} {unit}".rstrip() if members else ""
    else:
        short = str(members["code"])
    if short.startswith(("{", "\\")) or short != short.strip():
        return None
    try:
        return short if read_value(question, *_read(question, short)) == value else None
    except ValueError:
        return None


def _needs_mark(question: SurveyQuestion, text: str) -> bool:
    """Whether a free text would be read as something else."""
    return text.startswith(("\\", "{")) or bool(_option(question, text))


def _read(question: SurveyQuestion, text: str) -> tuple[str, object]:
    """The name and the value of a text. Raise ValueError, with a sentence."""
    if question.type in _CHOICES:
        return _read_choice(question, text)
    if question.options and (option := _option(question, text)):
        return option
    (name,) = KINDS[question.type]
    read = READERS.get(question.type, str)
    return name, read(text)


def _read_choice(question: SurveyQuestion, text: str) -> tuple[str, object]:
    """A choice by its code or display, or as JSON; an open one by any other text."""
    is_open = question.type is QuestionType.OPEN_CHOICE
    if is_open and text.startswith("\\"):
        return "valueString", text[1:]
    if option := _option(question, text):
        return option
    if text.startswith("{"):
        return "valueCoding", _json(text)
    if is_open and question.options:
        return "valueString", text
    if question.options and all(option.name != "valueCoding" for option in question.options):
        raise ValueError("It is none of the choices.")
    return "valueCoding", {"code": text}


def _option(question: SurveyQuestion, text: str) -> FhirValue | None:
    """The option that a text means: one with this code, else one with this display."""
    for name in ("code", "display"):
        for option in question.options:
            value = option.value.get(name) if isinstance(option.value, dict) else option.value
            if value is not None and str(value).strip() == text.strip():
                return option
    return None


def _yes_or_no(text: str) -> bool:
    if text.lower() not in YES + NO:
        raise ValueError("Answer yes or no.")
    return text.lower() in YES


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("Expected a number such as 38.5.")
    return int(text) if _WHOLE.fullmatch(text) else float(text)


def _quantity(text: str) -> object:
    if text.startswith("{"):
        return _json(text)
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise ValueError("Expected a number and a unit, such as 70.5 kg.")
    number, unit = _number(found[1]), found[4]
    return {"value": number} if unit is None else {"value": number, "unit": unit}


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("It is not JSON.") from None


def _whole_number(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("Expected a whole number such as 7.")
    return int(text)


READERS: dict[QuestionType, Callable[[str], object]] = {
    QuestionType.BOOLEAN: _yes_or_no,
    QuestionType.DECIMAL: _number,
    QuestionType.INTEGER: _whole_number,
    QuestionType.QUANTITY: _quantity,
}
"""What reads the values of questions that are not given as they are."""
