"""Filter values: from texts in a query to values that the database compares with.

See Tastypie's rules T62 to T81. The words true, false and none are recognized before any type.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from apps.api.bounds import LONGEST_DATE, MOST_VALUES
from apps.api.errors import BadRequest
from hexostore import hexotime

Item = TypeVar("Item")

ALL, ALL_WITH_RELATIONS = 1, 2
KEY = ["exact", "in", "gt", "gte", "lt", "lte", "range"]
ORDERED = ["exact", "range", "gt", "gte", "lt", "lte"]
MOMENT = ["exact", "in", "range", "gt", "gte", "lt", "lte"]

_TEXT = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
_PARTS = frozenset(("year", "month", "day", "week_day", "hour", "minute", "second"))
KNOWN = frozenset((*KEY, "isnull", "iexact", *_TEXT, *_PARTS))
OF_RELATIONS = frozenset((*KEY, "ne", "isnull"))

_WORDS = {"true": True, "True": True, "false": False, "False": False}
_WORDS_FOR_NULL = ("none", "None", "nil")


def type_mismatch() -> BadRequest:
    """Return the refusal of a value that does not have the type of the column (rule T73)."""
    return BadRequest("Invalid resource lookup data provided (mismatched type).")


def parse_word(text: str) -> str | bool | None:
    """Return True, False or None for the words that mean them, and other texts unchanged (rule
    T68)."""
    return None if text in _WORDS_FOR_NULL else _WORDS.get(text, text)


def parse_value(column: models.Field[Any, Any], lookup: str, texts: list[str]) -> object:
    """Return what `lookup` on `column` compares with; `texts` are all values of the parameter.

    None stands for null with `exact`. Raise BadRequest for a value that cannot be converted.
    """
    if lookup in ("in", "range"):
        return parse_many(lookup, texts, lambda text: parse_scalar(column, text))
    found = parse_word(texts[-1])
    if lookup == "isnull":
        return parse_truth(found)
    if found is None:
        if lookup != "exact":
            raise type_mismatch()
        return None
    return parse_integer(found) if lookup in _PARTS else parse_scalar(column, found)


def parse_many(lookup: str, texts: list[str], one: Callable[[str], Item]) -> list[Item]:
    """Return the items of `in` and `range`; repeated parameters add up (rules T62 to T67)."""
    if parse_word(texts[-1]) in (None, True, False):
        raise type_mismatch()
    parts = split_list(texts) if texts[-1] else []
    items = [one(part) for part in parts]
    if lookup == "range" and len(items) != 2:
        raise type_mismatch()
    return items


def split_list(texts: list[str]) -> list[str]:
    """Return the items of comma-separated texts. Raise BadRequest if there are too many."""
    if sum(text.count(",") + 1 for text in texts) > MOST_VALUES:
        raise BadRequest(f"A filter takes at most {MOST_VALUES} values.")
    return [item for text in texts for item in text.split(",")]


def is_truth(found: object) -> bool:
    """Return whether a value is allowed for isnull."""
    return isinstance(found, bool) or found in ("1", "0")


def parse_truth(found: object) -> bool:
    """Return the argument of isnull: a word, 1 or 0 (rules T71, T72)."""
    if found in ("1", "0"):
        return bool(found == "1")
    if not isinstance(found, bool):
        raise type_mismatch()
    return found


def parse_integer(found: str | bool) -> int:
    """Return what Python's int() reads, and true as 1. Fractions are refused (rules T48, T73)."""
    try:
        return int(found)
    except ValueError:
        raise type_mismatch() from None


def parse_scalar(column: models.Field[Any, Any], found: str | bool) -> object:
    """Return one value in the type of the column. Raise BadRequest (rules T73 to T78)."""
    if isinstance(column, models.IntegerField):
        return parse_integer(found)
    if isinstance(column, models.FloatField):
        try:
            return float(found)
        except ValueError:
            raise type_mismatch() from None
    if isinstance(column, models.DateField | models.BooleanField):
        return _check_text(column, found)
    if "\0" in str(found):
        raise type_mismatch()
    return str(found)


def _check_text(column: models.Field[Any, Any], found: str | bool) -> object:
    text = found if isinstance(column, models.BooleanField) else str(found)
    if len(str(text)) > LONGEST_DATE:
        raise type_mismatch()
    try:
        result = column.to_python(text)
    except ValidationError as error:
        raise BadRequest(str(error.messages)) from None
    try:
        return hexotime.as_utc(result) if isinstance(result, datetime) else result
    except OverflowError:
        raise type_mismatch() from None
