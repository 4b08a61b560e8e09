"""CSV files of the subjects of a study, in and out (studies 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TypeVar

from apps.studies.planning.properties import read_date
from apps.studies.planning.windows import is_zone
from apps.studies.tables.csv_file import (
    CsvRow,
    RowFault,
    TableError,
    guard_formula,
    read_table,
    unguard_formula,
    write_row,
)

T = TypeVar("T")

LONGEST = 200
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_ACCIDENT = re.compile(r"\d(\.\d+)?[eE][+-]\d+", re.ASCII)
_BIRTHDAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_MEASURE = re.compile(r"\d{1,4}(\.\d{1,20})?", re.ASCII)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class SubjectRow:
    """A subject of a file. An empty text, or None, is what was not given."""

    number: int
    """That of the row, of which 1 is the header."""
    start_date: date
    subject_id: str = ""
    username: str = ""
    group: str = ""
    timezone: str = ""
    status: str = ""
    gender: str = ""
    date_of_birth: date | None = None
    height: float | None = None
    """In metres, as in the profile."""
    weight: float | None = None
    """In kilograms."""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    password: str = ""


WRITTEN = (
    *("subject_id", "username", "group", "start_date", "timezone", "status"),
    *("gender", "date_of_birth", "height", "weight"),
)
"""The columns of a file that is given out: no addresses, names or passwords."""
COLUMNS = tuple(field.name for field in fields(SubjectRow) if field.name != "number")


def read_subjects(data: bytes) -> list[SubjectRow]:
    """Return the subjects of a file. Raise TableError with everything that is wrong with any."""
    rows, faults = read_rows(data)
    if faults:
        raise TableError(faults)
    return rows


def read_rows(data: bytes) -> tuple[list[SubjectRow], list[RowFault]]:
    """Return the subjects of a file, and what is wrong with them; a subject that has faults means
    nothing. Raise TableError for wrong columns, and for a file that is no table."""
    table = read_table(data)
    faults = [
        RowFault(1, name, name, "There is no such column.")
        for name in table.header
        if name not in COLUMNS
    ]
    if "start_date" not in table.header:
        faults.append(RowFault(1, "start_date", None, "The column is missing."))
    of_columns = len(faults)
    rows = [_read_row(row, faults) for row in table.rows]
    faults = sorted([*faults, *_doubles(rows)], key=lambda fault: fault.row)
    if of_columns:
        raise TableError(faults)
    return rows, faults


def write_subjects(rows: Iterable[SubjectRow]) -> Iterator[str]:
    """Yield the lines of a file, which can be read again."""
    yield write_row(WRITTEN)
    for row in rows:
        yield write_row([write_value(getattr(row, name)) for name in WRITTEN])


def write_value(value: str | date | float | None) -> str:
    """Return the cell of a value."""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")  # all digits, and no exponent
    return "" if value is None else guard_formula(str(value))


def _read_row(row: CsvRow, faults: list[RowFault]) -> SubjectRow:
    """The subject of a row, which means nothing if it has faults."""

    def take(name: str, read: Callable[[str], T], absent: T) -> T:
        cell = unguard_formula(row.cells.get(name, "").strip())
        try:
            return read(cell) if cell else absent
        except ValueError as error:
            faults.append(RowFault(row.number, name, cell, str(error)))
            return absent

    start = take("start_date", read_date, date.min)
    if not row.cells.get("start_date", "").strip() and "start_date" in row.cells:
        faults.append(RowFault(row.number, "start_date", "", "It is missing."))
    return SubjectRow(
        number=row.number,
        start_date=start,
        subject_id=take("subject_id", _read_id, ""),
        username=take("username", _read_id, ""),
        group=take("group", _read_text, ""),
        timezone=take("timezone", _read_zone, ""),
        status=take("status", _read_text, ""),
        gender=take("gender", _read_gender, ""),
        date_of_birth=take("date_of_birth", read_birthday, None),
        height=take("height", _read_measure, None),
        weight=take("weight", _read_measure, None),
        email=take("email", _read_address, ""),
        first_name=take("first_name", _read_text, ""),
        last_name=take("last_name", _read_text, ""),
        password=row.cells.get("password", ""),
    )


def _doubles(rows: list[SubjectRow]) -> Iterator[RowFault]:
    """A fault for each id that an earlier row has, in whatever letters."""
    seen: set[str] = set()
    for row in rows:
        name = row.subject_id.lower()
        if name and name in seen:
            text = "An earlier row has the same id."
            yield RowFault(row.number, "subject_id", row.subject_id, text)
        seen.add(name)


def read_birthday(text: str) -> date:
    """Return a date that may be without zeros: 1970-1-1. Raise ValueError, with a sentence."""
    found = _BIRTHDAY.fullmatch(text)
    if not found:
        raise ValueError("Expected a date YYYY-MM-DD.")
    return read_date("{}-{:0>2}-{:0>2}".format(*found.groups()))


def _read_id(text: str) -> str:
    if _ACCIDENT.fullmatch(text):
        raise ValueError("A spreadsheet made a number of this id. Format the column as text.")
    if not _ID.fullmatch(text):
        raise ValueError("Expected letters, digits, _ . or -.")
    return text


def _read_text(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"Expected at most {LONGEST} characters.")
    return text


def _read_gender(text: str) -> str:
    if text.upper() not in {"M", "F"}:
        raise ValueError("Expected M or F.")
    return text.upper()


def _read_zone(text: str) -> str:
    if not is_zone(text):
        raise ValueError("There is no such time zone. Expected a name such as America/Montreal.")
    return text


def _read_measure(text: str) -> float:
    if not _MEASURE.fullmatch(text) or not float(text):
        raise ValueError("Expected a number such as 1.68.")
    return float(text)


def _read_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("Expected an e-mail address.")
    return _read_text(text)
