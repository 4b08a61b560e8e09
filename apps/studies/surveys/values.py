"""Values of answers: which kinds each type of question takes, and whether one is well formed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from apps.studies.json_values import is_storable, shown
from apps.studies.surveys.questionnaire import FhirValue, QuestionType, SurveyQuestion
from hexostore.hexotime import from_iso

KINDS: dict[QuestionType, tuple[str, ...]] = {
    QuestionType.GROUP: (),
    QuestionType.DISPLAY: (),
    QuestionType.BOOLEAN: ("valueBoolean",),
    QuestionType.DECIMAL: ("valueDecimal",),
    QuestionType.INTEGER: ("valueInteger",),
    QuestionType.DATE: ("valueDate",),
    QuestionType.DATE_TIME: ("valueDateTime",),
    QuestionType.TIME: ("valueTime",),
    QuestionType.STRING: ("valueString",),
    QuestionType.TEXT: ("valueString",),
    QuestionType.URL: ("valueUri",),
    QuestionType.CHOICE: ("valueCoding",),
    QuestionType.OPEN_CHOICE: ("valueCoding", "valueString"),
    QuestionType.QUANTITY: ("valueQuantity",),
}
"""The value[x] of each type. A choice between texts, numbers or dates takes these instead."""

LONGEST_TEXT = 65_536
MOST = 1e15
"""No number is as large: a float has all digits of those below."""
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_CODING = {"system", "version", "code", "display", "userSelected", "id", "extension"}
_QUANTITY = {"value", "comparator", "unit", "system", "code", "id", "extension"}


def read_value(question: SurveyQuestion, name: str, value: object) -> FhirValue:
    """Return a value as an answer to a question. A choice is returned as the questionnaire has
    it. Raise ValueError, with a sentence without its place."""
    kinds = _kinds(question)
    if name not in kinds:
        raise ValueError(f"expected {' or '.join(kinds)}, got {name}.")
    check_form(name, value)
    if question.max_length and isinstance(value, str) and len(value) > question.max_length:
        raise ValueError(f"expected at most {question.max_length} characters, got {len(value)}.")
    is_open = question.type is QuestionType.OPEN_CHOICE and name == "valueString"
    if not question.options or is_open:
        return FhirValue(name, value)
    for option in question.options:
        if option.name == name and same_value(option, FhirValue(name, value)):
            return option
    raise ValueError(f"{_named(value)} is none of the choices.")


def _kinds(question: SurveyQuestion) -> tuple[str, ...]:
    """The names of values that a question takes."""
    names = dict.fromkeys(option.name for option in question.options)
    if question.type is QuestionType.OPEN_CHOICE and names:
        names["valueString"] = None
    return tuple(names) or KINDS[question.type]


def check_form(name: str, value: object) -> None:
    """Raise ValueError, with a sentence, unless a value is well formed for its name."""
    if not FORMS[name](value):
        raise ValueError(f"{shown(value)} is no {name}.")


def same_value(one: FhirValue, other: FhirValue) -> bool:
    """Return whether two values of the same name mean the same. Of codings the code counts, and the
    system where both have one."""
    if one.name != "valueCoding":
        return one.value == other.value
    assert isinstance(one.value, dict)
    assert isinstance(other.value, dict)
    return _same_coding(one.value, other.value)


def _same_coding(one: dict[str, object], other: dict[str, object]) -> bool:
    systems = {one.get("system"), other.get("system")} - {None}
    return one.get("code") == other.get("code") and len(systems) < 2


def _named(value: object) -> str:
    """A value, or the code of a coding, as a sentence repeats it."""
    return shown(value.get("code") if isinstance(value, dict) else value)


def is_date(value: object) -> bool:
    """Return whether a value is a date YYYY-MM-DD."""
    return (
        isinstance(value, str)
        and bool(_DATE.fullmatch(value))
        and _exists(date.fromisoformat, value)
    )


def is_moment(value: object) -> bool:
    """Return whether a value is a date and time with its zone."""
    return isinstance(value, str) and bool(_MOMENT.fullmatch(value)) and _exists(from_iso, value)


def _exists(read: Callable[[str], date], text: str) -> bool:
    try:
        read(text)
    except (ValueError, OverflowError):
        return False
    return True


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MOST  # which neither infinity nor NaN is


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and is_storable(value)


def _is_coding(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() <= _CODING or not is_storable(value):
        return False
    texts = (value[name] for name in ("system", "version", "display") if name in value)
    return _is_text(value.get("code")) and all(map(_is_text, texts))


def _is_quantity(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() <= _QUANTITY or not is_storable(value):
        return False
    texts = (value[name] for name in ("unit", "system", "code") if name in value)
    comparator = value.get("comparator")
    is_compared = comparator is None or comparator in ("<", "<=", ">=", ">")
    return _is_number(value.get("value")) and is_compared and all(map(_is_text, texts))


FORMS: dict[str, Callable[[object], bool]] = {
    "valueBoolean": lambda value: isinstance(value, bool),
    "valueDecimal": _is_number,
    "valueInteger": _is_integer,
    "valueDate": is_date,
    "valueDateTime": lambda value: is_date(value) or is_moment(value),
    "valueTime": lambda value: isinstance(value, str) and bool(_TIME.fullmatch(value)),
    "valueString": _is_text,
    "valueUri": lambda value: _is_text(value) and not re.search(r"\s", str(value)),
    "valueCoding": _is_coding,
    "valueQuantity": _is_quantity,
}
"""Whether a value is well formed, by its name."""
