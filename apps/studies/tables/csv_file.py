"""A CSV file as spreadsheets write it, its rows, and what is wrong with them (studies 7)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

MOST_ROWS = 10_000
DELIMITERS = ",;\t"

_QUOTED = re.compile(r'"[^"]*"')
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class RowFault(NamedTuple):
    """What is wrong with a row, of which 1 is the header. None stands for the whole row."""

    row: int
    column: str | None
    value: str | None
    error: str


class TableError(Exception):
    """A file is refused, for everything that is wrong with its rows."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults

    @property
    def rows(self) -> list[dict[str, object]]:
        """What the response lists: objects with row, column, value and error."""
        return [fault._asdict() for fault in self.faults]


@dataclass(frozen=True)
class CsvRow:
    """A row by its number in the file, and its cells by the names of their columns."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class TextTable:
    """The names of the columns, and the rows that are not blank."""

    header: list[str]
    rows: list[CsvRow]


def guard_formula(text: str) -> str:
    """Return a text so that no spreadsheet takes it for a formula: with an apostrophe in front if
    it begins like one, or like one with apostrophes."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard_formula(text: str) -> str:
    """Return the text that `guard_formula` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def read_table(data: bytes, optional: Iterable[str] = ()) -> TextTable:
    """Return the table in a file. Raise TableError with everything that is wrong.

    Rows may leave out the cells of the `optional` columns, if they leave out all of them; a
    published example has such rows. The first row that is not blank is the header.
    """
    records = _records(_decode(data))
    first = next(records, None)
    if first is None:
        raise TableError([RowFault(1, None, None, "The file is empty.")])
    header = [unguard_formula(cell.strip()) for cell in first[1]]
    faults = _header_faults(first[0], header)
    short = [name for name in header if name not in set(optional)]
    rows: list[CsvRow] = []
    for number, cells in records:
        names = short if len(cells) == len(short) else header
        faults += _length_faults(number, cells, names)
        pairs = zip(names, cells, strict=False)
        rows.append(CsvRow(number, {name: cell for name, cell in pairs if name}))
    if len(rows) > MOST_ROWS:
        faults.append(RowFault(1, None, None, f"A file has at most {MOST_ROWS} rows."))
    if faults:
        raise TableError(faults)
    return TextTable([name for name in header if name], rows)


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError([RowFault(1, None, None, "The file is not UTF-8.")]) from None
    if "\0" in text:
        raise TableError([RowFault(1, None, None, "The file has a NUL character.")])
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with their numbers."""
    lines = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(lines, start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise TableError([RowFault(number + 1, None, None, f"Malformed row: {error}.")]) from None


def _delimiter(text: str) -> str:
    """The delimiter of which the header has most."""
    header = _QUOTED.sub("", text.lstrip("\r\n")).split("\n", 1)[0]
    return max(DELIMITERS, key=header.count)


def _header_faults(number: int, header: list[str]) -> list[RowFault]:
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    return [RowFault(number, name, name, "The column is there twice.") for name in twice]


def _length_faults(number: int, cells: list[str], names: list[str]) -> list[RowFault]:
    """A fault if a row has another number of cells than the header; empty ones may follow."""
    is_short = len(cells) < len(names) and any(names[len(cells) :])
    unnamed = [cell for name, cell in zip(names, cells, strict=False) if not name]
    if is_short or any((*unnamed, *cells[len(names) :])):
        text = f"Expected {len(names)} cells, got {len(cells)}."
        return [RowFault(number, None, None, text)]
    return []


def write_row(cells: Iterable[str]) -> str:
    """Return a line of a CSV file with its end. Cells are quoted if one has what other files have
    between cells."""
    line, texts = StringIO(newline=""), list(cells)
    is_unclear = any(mark in text for text in texts for mark in DELIMITERS[1:])
    csv.writer(line, quoting=csv.QUOTE_ALL if is_unclear else csv.QUOTE_MINIMAL).writerow(texts)
    return line.getvalue()
