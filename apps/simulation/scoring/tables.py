"""Rows in somebody's file, whether CSV, text with other separators, or JSON, as named columns."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.simulation.scoring.subjects import EVENTS, LABELS, ScoredSubject
from apps.simulation.scoring.times import ScoringError, is_time, listed

_COLUMNS = {
    "time": "time times start starts begin onset timestamp timestamps seconds second sec t tick"
    " ticks ms milliseconds sample samples index peak peaks rpeak rpeaks r_peaks date datetime",
    "stop": "stop stops end ends",
    "duration": "duration durations length seconds_long",
    "label": "label labels kind kinds type stage stages phase phases sleep_stage sleep_phase symbol"
    " symbols event annotation description state",
}
"""The names of columns that are understood."""

_MEANING = {word: column for column, words in _COLUMNS.items() for word in words.split()}

_NUMBERS = {"index"}
"""Names of columns that only are times if no other column is: data frames number their rows so."""

_UNITS = {"tick": "ticks", "ticks": "ticks", "ms": "ms", "milliseconds": "ms"}
"""Names of columns that say the unit of their times."""

_UNIT = re.compile(r"[\[(](.*)[\])]$")
"""A unit behind the name of a column, as in `time [s/256]`, which downloads have."""

_PAIR = re.compile(r"-?\d+,(\d{1,20})", re.ASCII)
"""Two whole numbers, or one with a decimal comma."""
_LAST_CODE = 49
"""The last code of an annotation in WFDB."""

_DOWNLOADED = "s/256"
"""The unit in tables of downloads, from 1970 on or from the start of the record."""

_BRACKETED = {"s": "seconds", "ms": "ms", _DOWNLOADED: _DOWNLOADED}


@dataclass(frozen=True)
class MarkTable:
    """Columns of equal length, by what they mean: `time`, `stop`, `duration`, `label`.

    `places` say where each row is in the file. `units` are those that its times can have, if the
    file says so.
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    places: Sequence[str]
    units: tuple[str, ...] = ()

    def where(self, row: int) -> str:
        """Return the file and the place of a row in it."""
        return f"{self.name}, {self.places[row]}"


def read_text(content: bytes, name: str, subject: ScoredSubject) -> MarkTable:
    """Return the table in a file of text: JSON if it begins so, or else lines with columns.

    Raise ScoringError if there is none in it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = f"{name}: is neither text nor an annotation file of WFDB"
        raise ScoringError(text) from error
    if text.lstrip()[:1] in {"[", "{"}:
        return read_json(text, name, subject)
    return read_lines(text, name, subject)


def read_lines(text: str, name: str, subject: ScoredSubject) -> MarkTable:
    """Return the table in lines, with or without titles. Lines that begin with `#` do not count."""
    kept = [
        (f"line {number}", line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not kept:
        return MarkTable(name, {"time": []}, [])
    places, rows = list[str](), list[list[str]]()
    for place, cells in _split(kept, name):
        places.append(place)
        rows.append(cells)
    if _are_titles(rows[0], subject):
        return _by_titles(rows[0], rows[1:], places[1:], name)
    if subject.shape == EVENTS and _have_decimal_commas([line for _, line in kept]):
        raise ScoringError(
            f"{name}: are these decimal commas? Write points, or titles such as time,label"
        )
    return _by_order(rows, places, name, subject)


def _have_decimal_commas(lines: Sequence[str]) -> bool:
    """Return whether all lines are pairs of whole numbers that are no times with codes of beats."""
    pairs = [_PAIR.fullmatch(line.strip()) for line in lines]
    return all(pairs) and any(int(pair[1]) > _LAST_CODE for pair in pairs if pair)


Cells = tuple[str, list[str]]
"""The place of a row and its cells."""


def _split(lines: Sequence[tuple[str, str]], name: str) -> Iterator[Cells]:
    """Yield the cells of each line, which has a place. They are separated by the first of tab,
    semicolon, comma and blanks that the first line has; a time or a title with a blank is one
    cell."""
    first = lines[0][1].strip()
    found = next((each for each in "\t;," if each in first), None)
    if found:
        yield from _split_quoted(lines, found, name)
    elif is_time(first) or _meaning(first):
        yield from ((place, [line.strip()]) for place, line in lines)
    else:
        yield from ((place, line.split()) for place, line in lines)


def _split_quoted(lines: Sequence[tuple[str, str]], separator: str, name: str) -> Iterator[Cells]:
    """Yield the cells of rows, in which quoted ones may go on in the next line."""
    reader = csv.reader((line for _, line in lines), delimiter=separator, strict=True)
    while True:
        begun = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ScoringError(f"{name}, {lines[begun][0]}: {error}") from error
        yield lines[begun][0], [cell.strip() for cell in cells]


def _are_titles(cells: Sequence[object], subject: ScoredSubject) -> bool:
    """Return whether a row has the names of columns rather than values."""
    if is_time(cells[0]):
        return False
    meanings = [_meaning(cell) for cell in cells]
    if len(cells) == 1 and subject.shape == LABELS:
        return meanings[0] is not None  # a list of phases, one for each epoch
    return True


def _meaning(title: object) -> str | None:
    return _MEANING.get(_plain(title)[0])


def _plain(title: object) -> tuple[str, str | None]:
    """Return the name of a column in lower case, and the unit that is named with it."""
    text = str(title).strip()
    unit = _UNIT.search(text)
    word = re.sub(r"[^a-z0-9]+", "_", _UNIT.sub("", text).strip().lower()).strip("_")
    return word, _BRACKETED.get(unit[1]) if unit else _UNITS.get(word)


def _by_titles(
    titles: Sequence[object], rows: Sequence[Sequence[Any]], places: Sequence[str], name: str
) -> MarkTable:
    at = _places_of(titles)
    if not {"time", "label"} & set(at):
        raise ScoringError(
            f"{name}: no column of times among {listed(titles)}; a title can be time, start, stop, "
            "duration or label"
        )
    unit = _plain(titles[at["time"]])[1] if "time" in at else None
    if unit == _DOWNLOADED:  # its first and last row may say nothing but the time
        kept = [n for n, row in enumerate(rows) if len(row) == 1 or any(row[1:])]
        rows, places = [rows[n] for n in kept], [places[n] for n in kept]
    columns = {
        meaning: [_cell_at(row, column, f"{name}, {places[n]}") for n, row in enumerate(rows)]
        for meaning, column in at.items()
    }
    return MarkTable(name, columns, places, _units_of(unit))


def _places_of(titles: Sequence[object]) -> dict[str, int]:
    """Return the first column of each meaning."""
    at: dict[str, int] = {}
    numbered = [_plain(title)[0] in _NUMBERS for title in titles]
    for column in sorted(range(len(titles)), key=numbered.__getitem__):
        if meaning := _meaning(titles[column]):
            at.setdefault(meaning, column)
    return at


def _units_of(unit: str | None) -> tuple[str, ...]:
    if unit == _DOWNLOADED:
        return ("timestamps", "ticks")
    return (unit,) if unit else ()


def _by_order(
    rows: Sequence[Sequence[Any]], places: Sequence[str], name: str, subject: ScoredSubject
) -> MarkTable:
    """Return the table of rows without titles: what is in them follows from how many they are."""
    order = subject.orders[min(len(rows[0]), len(subject.orders)) - 1]
    columns = {
        meaning: [_cell_at(row, column, f"{name}, {places[n]}") for n, row in enumerate(rows)]
        for column, meaning in enumerate(order)
    }
    return MarkTable(name, columns, places)


def _cell_at(row: Sequence[Any], column: int, where: str) -> object:
    if column >= len(row):
        raise ScoringError(f"{where}: has {len(row)} cells, and {column + 1} are needed")
    cell: object = row[column]
    return cell


def read_json(text: str, name: str, subject: ScoredSubject) -> MarkTable:
    """Return the table in JSON: a list of times, of rows or of objects; or an object that has such
    a list, or one for each column."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScoringError(f"{name}: is not JSON: {error}") from error
    served = _rows_of_answer(given, name, subject)
    inner = _find_list(given, name, subject) if served is None else served
    if isinstance(inner, dict) and {"columns", "data"} <= inner.keys():
        return _by_split_frame(inner, name)
    if isinstance(inner, dict):
        return _by_columns(inner, name)
    places = [f"item {number}" for number in range(1, len(inner) + 1)]
    if not inner:
        return MarkTable(name, {"time": []}, [])
    if isinstance(inner[0], dict):
        return _by_titles(*_as_rows(inner, places, name), places, name)
    rows = [each if isinstance(each, list) else [each] for each in inner]
    if not rows[0]:
        raise ScoringError(f"{name}, item 1: is an empty list")
    return _by_order(rows, places, name, subject)


def _rows_of_answer(given: Any, name: str, subject: ScoredSubject) -> list[list[Any]] | None:
    """Return the rows of the one datatype in an answer of /api/data/: times, and the codes of
    phases. None if it is something else."""
    only = given[0] if isinstance(given, list) and len(given) == 1 else None
    if not isinstance(only, dict) or not isinstance(only.get("data"), dict):
        return None
    channels = only["data"]
    if len(channels) != 1:
        raise ScoringError(f"{name}: has not one datatype, but {listed([*channels]) or 'none'}")
    (rows,) = channels.values()
    cells = 2 if subject.shape == LABELS else 1
    if not isinstance(rows, list) or not all(isinstance(row, list) and row[1:] for row in rows):
        raise ScoringError(f"{name}: its values must be pairs of a time and a value")
    return [row[:cells] for row in rows]


def _find_list(given: Any, name: str, subject: ScoredSubject) -> Any:
    """Return the list in parsed JSON, or the object with a list for each column."""
    if isinstance(given, list):
        return given
    for member in (subject.name, *subject.others, "annotations", "events"):
        inner = given.get(member)
        if isinstance(inner, list):
            return inner
        if isinstance(inner, dict):
            return _find_list(inner, f"{name}: {member}", subject)
    if any(_meaning(member) and isinstance(given[member], list) for member in given):
        return given
    if {"columns", "data"} <= given.keys():
        return given
    known = listed([*given]) or "nothing"
    raise ScoringError(f"{name}: has no list of {subject.name}; it has {known}")


def _as_rows(objects: list[Any], places: list[str], name: str) -> tuple[list[str], list[list[Any]]]:
    """Return titles and rows of objects that have the members of the first one."""
    titles = list(objects[0])
    rows = []
    for each, place in zip(objects, places, strict=True):
        if not isinstance(each, dict) or any(title not in each for title in titles):
            raise ScoringError(f"{name}, {place}: is no object with {listed(titles)}")
        rows.append([each[title] for title in titles])
    return titles, rows


def _by_split_frame(given: dict[str, Any], name: str) -> MarkTable:
    """Return the table of a data frame of pandas in JSON that is `split`: titles and rows."""
    titles, rows = given["columns"], given["data"]
    if not isinstance(titles, list) or not isinstance(rows, list):
        raise ScoringError(f"{name}: its columns and data must be lists")
    places = [f"item {number}" for number in range(1, len(rows) + 1)]
    for row, place in zip(rows, places, strict=True):
        if not isinstance(row, list):
            raise ScoringError(f"{name}, {place}: is no list of cells")
    return _by_titles(titles, rows, places, name)


def _by_columns(given: dict[str, Any], name: str) -> MarkTable:
    """Return the table of an object with a list, or a text of letters, for each column."""
    kept = {key: each for key, each in given.items() if _meaning(key)}
    lengths = {key: len(each) for key, each in kept.items() if isinstance(each, (list, str))}
    if len(lengths) < len(kept) or len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} has {length}" for key, length in lengths.items())
        raise ScoringError(f"{name}: its columns must be lists of one length: {told}")
    count = next(iter(lengths.values()))
    places = [f"item {number}" for number in range(1, count + 1)]
    rows = list(map(list, zip(*kept.values(), strict=True)))
    return _by_titles(list(kept), rows, places, name)
