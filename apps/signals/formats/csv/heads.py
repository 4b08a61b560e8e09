"""The first line of a CSV file: whether it is a table of ours, and what its columns are.

Titles may be quoted (RFC 4180), and a column of row numbers without a title may come first, as
statistics programs write it. Files with other separators than commas are refused, and the message
names the separator.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.catalog.models import Datatype
from apps.signals.formats.csv import titles
from apps.signals.formats.reading.members import DownloadMember
from hexostore.hexotime import TICKS_PER_SECOND

COLUMNS = 300
"""The most columns of a table."""

FIRST_SECOND = 1_230_768_000
"""Larger times in seconds, from the year 2009 on, count from 1970 and not from a start."""

SHOWN = 40
"""The most characters of a title or cell in a message."""

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
"""Separators other than commas, with their names."""

_UTF16 = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
_NUMBER = re.compile(r"\s*\d+(\.\d+)?\s*")
_DECIMAL_COMMA = re.compile(r"\d,\d")


@dataclass(frozen=True, slots=True)
class Head:
    """The titles: the `time` column with its ticks per unit, then a datatype and a unit for each
    column.

    Both are None for an unknown column. `titled` is off if the file begins with numbers.
    """

    time: int
    every: int
    columns: list[tuple[Datatype, str | None] | None]
    names: list[str]
    titled: bool = True

    @property
    def is_of_one_channel(self) -> bool:
        """Whether it is a file of one channel. In a table, other channels have the rows too."""
        return sum(bool(name.strip()) for name in self.names) == 2

    @property
    def unknown(self) -> list[str]:
        """The titles that belong to no datatype."""
        return [
            name.strip()
            for at, name in enumerate(self.names)
            if at != self.time and self.columns[at] is None and name.strip()
        ]


def read(
    member: DownloadMember,
    opening: bytes,
    datatypes: Mapping[int, Datatype],
    named: Datatype | None,
) -> Head | str:
    """Return what the first line of a file says, or why it is not the first line of a table.

    `opening` is the beginning of the file. `named` is the channel in its name, for files of two
    columns without titles. Raise ArchiveError for a table that is refused.
    """
    if opening.startswith(_UTF16):
        return "is UTF-16; save it as UTF-8"
    lines = opening.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").splitlines()
    if not lines or "\0" in lines[0]:
        return "contains no text"
    if lines[0].lstrip()[:1] in ("{", "["):
        return "is JSON, not a table"
    names = split_cells(lines[0])
    if names[0] == titles.USER and is_time(names[1:2]):
        raise member.error("a table of several users is not supported")
    _require_commas(member, lines, named)
    is_numbered = not names[0].strip() and is_time(names[1:2])
    if is_time(names[:1]) or is_numbered:
        return _read_titles(member, names, datatypes)
    if named is not None and _NUMBER.fullmatch(names[0]):
        return _head_by_name(names, named)
    return f"its first title is {names[0][:SHOWN]!r}, not one of {', '.join(titles.TIMES)}"


def split_cells(line: str) -> list[str]:
    """Return the cells of a line, without quotes. An empty line has one cell."""
    try:
        return next(csv.reader([line]), [""]) or [""]
    except csv.Error:  # a cell that is longer than csv allows
        return [line]


def is_time(names: list[str]) -> bool:
    """Return whether a column with that title has times."""
    return bool(names) and names[0].strip().casefold() in titles.TIMES


def begins_with_number(opening: bytes) -> bool:
    """Return whether a file has no titles and begins with a number."""
    text = opening.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    line, _, _ = text.partition("\n")
    first, *_ = split_cells(line)
    return _NUMBER.fullmatch(first) is not None


def _require_commas(member: DownloadMember, lines: list[str], named: Datatype | None) -> None:
    """Raise ArchiveError for a table whose cells are not separated by commas."""
    if is_time(split_cells(lines[0])[:1]):
        return
    for separator, name in SEPARATORS.items():
        first = lines[0].strip().split(separator)
        if separator == " " and is_time([" ".join(first[:2])]):
            first[:2] = [" ".join(first[:2])]
        if len(first) < 2:
            continue
        titled = is_time([first[0].strip('" ')])
        numbers = named is not None and all(_is_decimal(cell) for cell in first if cell)
        if titled or numbers:
            rest = lines[0 if numbers else 1 :][:1]
            decimals = rest and _DECIMAL_COMMA.search(rest[0])
            more = " and decimals written with a comma" if decimals else ""
            wanted = "commas between cells" + (" and points in numbers" if decimals else "")
            raise member.error(f"its cells are separated by {name}{more}; {wanted} are read")


def _is_decimal(cell: str) -> bool:
    return re.fullmatch(r'"?-?\d+([.,]\d+)?"?', cell.strip()) is not None


def _read_titles(
    member: DownloadMember, names: list[str], datatypes: Mapping[int, Datatype]
) -> Head | str:
    if len(names) > COLUMNS:
        raise member.error(f"{len(names)} columns are more than {COLUMNS}")
    time = 0 if is_time(names[:1]) else 1
    columns: list[tuple[Datatype, str | None] | None] = [None] * (time + 1)
    for name in names[time + 1 :]:
        found = titles.parse_title(name.strip())
        datatype = datatypes.get(found[0]) if found else None
        columns.append((datatype, found[1]) if found and datatype else None)
    known = [column[0].pk for column in columns if column]
    if len(set(known)) != len(known):
        raise member.error("two columns are of one datatype")
    if not known:
        return "none of its titles names a datatype, as in heart_rate [bpm](/api/datatype/19/)"
    title = names[time].strip().casefold()
    return Head(time, titles.TIMES[title], columns, names)


def _head_by_name(names: list[str], named: Datatype) -> Head | str:
    if len(names) != 2:
        commas = "; decimals must be written with a point" if len(names) == 3 else ""
        return f"has {len(names)} cells in a row where a file without titles has 2{commas}"
    every = 1 if float(names[0]) >= FIRST_SECOND * 100 else TICKS_PER_SECOND
    return Head(0, every, [None, (named, None)], ["time", named.name], titled=False)
