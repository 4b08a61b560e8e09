"""The values of single properties of a planning, from JSON. Null is read before, as absent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from apps.studies.json_values import shown
from apps.studies.planning.faults import PropertyError
from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY

T = TypeVar("T")

MOST_VALUES = 1000
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def refuse(text: str) -> PropertyError:
    """Return the error of a value that is wrong as a whole."""
    return PropertyError(("", text))


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """Return what reads a whole number between two others, both included. A text with one is read
    too: published examples have `"repeatCount": "10"`."""

    def read(value: object) -> int:
        number = _number(value)
        if not least <= number <= most:
            raise refuse(f"Expected a number from {least} to {most}, got {shown(value)}.")
        return number

    return read


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise refuse(f"Expected a whole number, got {shown(value)}.")


def numbers(least: int, most: int) -> Callable[[object], tuple[int, ...]]:
    """Return what reads a list of whole numbers between two others. They are sorted, and doubles
    count once."""
    read = whole_number(least, most)

    def read_all(value: object) -> tuple[int, ...]:
        found: set[int] = set()
        wrong: list[tuple[str, str]] = []
        for place, each in enumerate(_list(value)):
            try:
                found.add(read(each))
            except PropertyError as error:
                wrong += [(f"[{place}]", text) for _, text in error.parts]
        if wrong:
            raise PropertyError(*wrong)
        return tuple(sorted(found))

    return read_all


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise refuse(f"Expected a list of numbers, such as [1, 15], got {shown(value)}.")
    if len(value) > MOST_VALUES:
        raise refuse(f"A list has at most {MOST_VALUES} numbers.")
    return value


def text_of(read: Callable[[str], T]) -> Callable[[object], T]:
    """Return what reads a text with a function that raises ValueError with a sentence."""

    def read_text(value: object) -> T:
        if not isinstance(value, str):
            raise refuse(f"Expected a text, got {shown(value)}.")
        try:
            return read(value)
        except ValueError as error:
            raise refuse(f"{error} Got {shown(value)}.") from None

    return read_text


def read_date(text: str) -> date:
    """Return the day of a text YYYY-MM-DD. Raise ValueError, with a sentence."""
    if not _DATE.fullmatch(text):
        raise ValueError("Expected a date YYYY-MM-DD, without a time.")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("There is no such date.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"Expected a date from {FIRST_DAY} to {LAST_DAY}.")
    return day
