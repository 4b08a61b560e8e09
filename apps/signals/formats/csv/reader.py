"""Reading CSV: files of asynchronous channels, and tables in the form of the dashboard.

Times become ticks and physical values become counts again, exactly or not at all. An error names
the column and the row, counted from 1 as in an editor. A cell without a value is empty or one of
MISSING.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.signals.formats import file_names
from apps.signals.formats.csv import heads
from apps.signals.formats.csv.heads import FIRST_SECOND, SHOWN, Head
from apps.signals.formats.reading.columns import EXACT, Floats, Integers, TableColumn
from apps.signals.formats.reading.members import DownloadMember, damage
from apps.signals.formats.reading.spool import Spool
from apps.signals.storage.ingestion import IngestionError
from apps.signals.texts import event_lines

TABLES = file_names.CSV, ".txt"
"""Suffixes of files that may be tables."""

BLOCK = 1 << 17
"""Bytes that are read at a time."""

LINE = 1 << 20
"""The most bytes of a line."""

TEXT = 64 << 20
"""The most bytes of a CSV file."""

CELL = 40
"""The most characters of a cell."""

UNKNOWN = 50
"""How many unknown columns are named. Of the others, only the number is told."""

MISSING = (event_lines.MISSING, b"na", b"n/a", b"null")
"""What programs write for a missing value, in any case: NumPy, R, spreadsheets, SQL."""

_NUMBER = re.compile(rb"(?i)\s*(nan|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?)\s*")
_DECIMAL_COMMA = re.compile(rb"\s*[-+]?\d+,\d+\s*")
_ROUNDED = re.compile(rb"\s*\d(\.\d{0,7})?[eE]\+?\d+\s*")

Cells = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file.

    It is `relative` if its ticks count from the start of the record. It has a first and a last
    tick, and columns. Its first row may be only a moment, the start.
    """

    relative: bool
    first: int | None
    last: int | None
    begins: bool
    columns: list[TableColumn]
    unknown: list[str]


def read(
    member: DownloadMember, datatypes: Mapping[int, Datatype], named: Datatype | None, spool: Spool
) -> CsvTable | str:
    """Return the table in a CSV file, or why it is not one. Its cells are stored in the spool.

    `named` is the channel in the name of the file, for files of two columns without titles. Raise
    ArchiveError and IngestionError.
    """
    with damage(member.path), member.opener() as stream:
        opening = _read_opening(stream)
        if len(opening) > LINE and named is not None:
            raise member.error(f"a line is longer than {LINE} bytes")
        head = heads.read(member, opening, datatypes, named)
        if isinstance(head, str):
            return head
        if member.size > TEXT:
            raise member.error(f"{member.size} bytes are more than the limit of {TEXT}")
        lines = _read_blocks(member, opening, stream)
        if not head.titled:
            return _read_table(head, _without_blank_end(lines), 1, spool)
        _, _, rest = next(lines).partition(b"\n")
        return _read_table(head, _without_blank_end(_put_before(rest, lines)), 2, spool)


def is_untitled(member: DownloadMember) -> bool:
    """Return whether the file is CSV and begins with a number. Raise ArchiveError if it is
    damaged."""
    if member.suffix not in TABLES:
        return False
    with damage(member.path), member.opener() as stream:
        return heads.begins_with_number(stream.read(4 * SHOWN))


def _read_opening(stream: IO[bytes]) -> bytes:
    """Return the beginning of a file with its complete first line, or more than LINE bytes of
    it."""
    opening = b""
    while b"\n" not in opening and b"\r" not in opening and len(opening) <= LINE:
        piece = stream.read(BLOCK)
        if not piece:
            break
        opening += piece
    return opening


def _read_blocks(member: DownloadMember, opening: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the file in blocks of complete lines, with line feeds only."""
    feed = b"\r" if b"\n" not in opening and b"\r" in opening else b"\r\n"  # an old Mac's, else
    rest, piece = b"", opening.removeprefix(codecs.BOM_UTF8)
    while piece:
        if feed == b"\r":
            piece = piece.replace(feed, b"\n")
        lines, found, rest = (rest + piece).rpartition(b"\n")
        if len(rest) > LINE:
            raise member.error(f"a line is longer than {LINE} bytes")
        if found:
            yield (lines + found).replace(feed, b"\n")
        piece = stream.read(BLOCK)
    if rest:
        yield rest.replace(b"\r", b"") + b"\n"


def _put_before(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following


def _without_blank_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the blocks without blank lines at the very end. Other blank lines remain."""
    held = b""
    for block in blocks:
        filled = block.rstrip(b"\n")
        if filled:
            yield held + filled + b"\n"
            held = block[len(filled) + 1 :]
        else:
            held += block


def _read_table(head: Head, blocks: Iterator[bytes], row: int, spool: Spool) -> CsvTable:
    """Read the cells below the titles, block by block; `row` is the number of the first row."""
    readers = [
        _Reader(TableColumn(spool, *column), at, row, framed=head.is_of_one_channel)
        for at, column in enumerate(head.columns)
        if column is not None
    ]
    first, last, begins = None, None, False
    width = len(head.names)
    for block in blocks:
        flat = _split_block(block, width, row)
        ticks = _parse_ticks(head, flat[head.time :: width], row, is_first=first is None)
        parsed = [
            _parse_numbers(flat[each.at :: width], head.names[each.at], row) for each in readers
        ]
        if first is None:
            first = int(ticks[0])
            begins = all(np.isnan(numbers[0]) for _, numbers in parsed)
        last = int(ticks[-1])
        for reader, (cells, numbers) in zip(readers, parsed, strict=True):
            reader.store_cells(row, ticks, cells, numbers)
        row += len(ticks)
    relative = head.every != 1 and not (first or 0) >= FIRST_SECOND * head.every
    columns = [reader.column for reader in readers]
    return CsvTable(relative, first, last, begins, columns, _unknown_titles(head))


def _unknown_titles(head: Head) -> list[str]:
    names = [name[: 2 * SHOWN] for name in head.unknown]
    more = len(names) - UNKNOWN
    return [*names[:UNKNOWN], f"{more} more columns"] if more > 0 else names


class _Reader:
    """Reads one column from the blocks of a table, whose first row is `top`.

    In a table, other columns have the row too. An event cell without a value then means that there
    is no event. In a file of one channel, `framed`, only the first and the last row may have a word
    for a missing value: these are the start and the end. Anywhere else it would be a lost event.
    """

    def __init__(self, column: TableColumn, at: int, top: int, *, framed: bool) -> None:
        self.column, self.at, self.top = column, at, top
        self._framed = framed and column.datatype.hexo_freq is None
        self._missing: int | None = None

    def store_cells(self, row: int, ticks: Integers, cells: Cells, numbers: Floats) -> None:
        """Store the cells of a block that are numbers."""
        if self._framed:
            self._require_framing(row, cells, numbers)
        there = np.flatnonzero(~np.isnan(numbers))
        fractions = bool(np.any(np.char.find(cells, b".") >= 0))
        self.column.add(there + row, ticks[there], numbers[there], fractions=fractions)

    def _require_framing(self, row: int, cells: Cells, numbers: Floats) -> None:
        found = np.flatnonzero(np.isnan(numbers) & (cells != b"")) + row
        found = found[found > self.top]
        if self._missing is None and len(found):
            self._missing = int(found[0])
        if self._missing is not None and self._missing < row + len(cells) - 1:
            name, at = self.column.datatype.name, self._missing
            raise IngestionError(f"row {at}, column {name}: nan is not a value")


def _split_block(block: bytes, width: int, row: int) -> list[bytes]:
    """Return the cells of a block, row by row."""
    lines = block.split(b"\n")[:-1]
    if b'"' in block:
        rows = _split_quoted(lines, row)
        counts = np.fromiter(map(len, rows), int, len(rows))
        flat = [cell for cells in rows for cell in cells]
    else:
        commas = (line.count(b",") for line in lines)
        counts = np.fromiter(commas, int, len(lines)) + 1
        flat = block.replace(b"\n", b",").split(b",")[:-1]
    if np.any(counts != width):
        at = int(np.argmax(counts != width))
        raise IngestionError(f"row {row + at}: {_about_width(lines[at], int(counts[at]), width)}")
    return flat


def _split_quoted(lines: list[bytes], row: int) -> list[list[bytes]]:
    """Return the cells of each line without their quotes (RFC 4180)."""
    text = [line.decode("utf-8", "surrogateescape") for line in lines]
    try:
        rows = list(csv.reader(text))
    except csv.Error as error:
        raise IngestionError(f"row {row} or below: {error}") from error
    if len(rows) != len(lines):
        at = next((n for n, line in enumerate(lines) if line.count(b'"') % 2), 0)
        raise IngestionError(f"row {row + at}: a quote is not closed in its line")
    filled = [cells or [""] for cells in rows]
    return [[cell.encode("utf-8", "surrogateescape") for cell in cells] for cells in filled]


def _about_width(line: bytes, found: int, width: int) -> str:
    if not line.strip():
        return "is blank, with others below"
    hint = "; are decimals written with a comma?" if found > width else ""
    return f"{found} cells where the first row has {width}{hint}"


def _parse_numbers(texts: list[bytes], name: str, row: int) -> tuple[Cells, Floats]:
    """Return the cells of a column with their values; NaN if there is no value."""
    if max(map(len, texts)) > CELL:
        at = next(at for at, cell in enumerate(texts) if len(cell) > CELL)
        raise IngestionError(f"row {row + at}: a cell of more than {CELL} characters")
    cells: Cells = np.array(texts, f"S{CELL}")
    filled = np.where(cells == b"", b"nan", cells)
    try:
        numbers = filled.astype(np.float64)
    except ValueError:
        words = np.char.lower(np.char.strip(cells))
        is_missing = np.isin(words, [b"", *MISSING])
        filled = np.where(is_missing, b"nan", cells)
        _require_numbers(filled, name, row)
        numbers = filled.astype(np.float64)
    if np.any(np.isinf(numbers)):
        _require_numbers(filled, name, row)
    return cells, numbers


def _require_numbers(cells: Cells, name: str, row: int) -> None:
    """Raise IngestionError for the first cell that is not a number."""
    for at, cell in enumerate(cells):
        if not _NUMBER.fullmatch(cell):
            text = cell.decode("ascii", "backslashreplace")
            comma = (
                "; decimals must be written with a point" if _DECIMAL_COMMA.fullmatch(cell) else ""
            )
            place = f"row {row + at}, column {name[:SHOWN]}"
            raise IngestionError(f"{place}: {text!r} is not a number{comma}")


def _parse_ticks(head: Head, texts: list[bytes], row: int, *, is_first: bool) -> Integers:
    """Return the times of a block. `is_first` says whether its first one may be rounded."""
    _, times = _parse_numbers(texts, head.names[head.time], row)
    ticks = times * head.every
    if is_first and ticks[0] > 1e8 and _ROUNDED.fullmatch(texts[0]):
        shown = texts[0].decode("ascii")
        raise IngestionError(
            f"row {row}, column time: {shown} was rounded, probably by a spreadsheet; full "
            "times are required"
        )
    whole = np.rint(ticks)
    # not (a <= b) rather than a > b: NaN, a missing time, is an error too
    is_whole = np.abs(ticks - whole) <= EXACT
    is_near = np.abs(ticks) < 2**53
    wrong = ~(is_whole & is_near)
    if np.any(wrong):
        at = int(np.argmax(wrong))
        raise IngestionError(
            f"row {row + at}, column time: {times[at]:.10g} is not a multiple of 1/256 s"
        )
    result: Integers = whole.astype(np.int64)
    return result
