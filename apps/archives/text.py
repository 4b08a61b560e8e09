"""Reading CSV: files of asynchronous channels, and tables as the dashboard gives them.

Times become ticks and physical values counts again, exactly or not at all: an error names the
row, counted from 1 as an editor shows it, and the column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from apps.archives.columns import EXACT, Floats, Integers, TableColumn
from apps.archives.members import Member, damage
from apps.archives.spool import Spool
from apps.catalog.models import Datatype
from apps.signals.ingestion import IngestionError
from hexostore.hexotime import TICKS_PER_SECOND

BLOCK = 1 << 17
"""Bytes that are read at a time."""

LINE = 1 << 20
"""Bytes of a line."""

TEXT = 64 << 20
"""Bytes of a CSV file."""

COLUMNS = 300
"""Columns of a table."""

CELL = 40
"""Characters of a cell."""

FIRST_SECOND = 1_230_768_000
"""Times in seconds from here on, the year 2009, count from 1970 and not from a start."""

UNKNOWN = 50
"""Columns that are not known and are named nevertheless; of the others only the number is."""

_TITLE = re.compile(
    r"(?:.*?\[(?P<unit>[^\]]*)\]\s*\()?(?:https?://[^/]+)?/api/(?:v1/)?datatype/(?P<id>\d{1,6})/?\)?"
)
_TIMES = {"time [s/256]": 1, "timestamp": 1, "time [s]": TICKS_PER_SECOND}


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: `relative` when its ticks count from the start of the record; its first and
    last tick; whether the first row is but a moment, the start; and the columns.
    """

    relative: bool
    first: int | None
    last: int | None
    begins: bool
    columns: list[TableColumn]
    unknown: list[str]


def read(
    member: Member, datatypes: Mapping[int, Datatype], named: Datatype | None, spool: Spool
) -> Table | None:
    """The table in a CSV file, None when its titles are not those of one.

    Its cells are put away in the spool. `named` is the channel that the name of the file tells,
    for files of two columns without titles. Raises ArchiveError and IngestionError.
    """
    if member.size > TEXT:
        raise member.error(f"{member.size} bytes are more than the {TEXT} that are read")
    with damage(member.path), member.opener() as stream:
        lines = _blocks(member, stream)
        block = next(lines, b"")
        head, _, rest = block.partition(b"\n")
        names = head.decode("utf-8-sig", "replace").split(",")
        if names[0] == "user":
            raise member.error("a table of several users is not read")
        if _is_number(names[0]) and named is not None and len(names) == 2:
            found, first, rest = _untitled(float(names[0]), named), 1, block
        elif names[0] in _TIMES:
            found, first = _titled(member, names, datatypes), 2
        else:
            return None
        return _table(found, _chain(rest, lines), first, spool)


@dataclass(frozen=True, slots=True)
class Head:
    """The titles: how many ticks the first column counts in, then a datatype and the unit of
    each column, None for one that is not known.
    """

    every: int
    columns: list[tuple[Datatype, str | None] | None]
    names: list[str]


def _titled(member: Member, names: list[str], datatypes: Mapping[int, Datatype]) -> Head:
    if len(names) > COLUMNS:
        raise member.error(f"{len(names)} columns are more than {COLUMNS}")
    columns: list[tuple[Datatype, str | None] | None] = []
    for name in names[1:]:
        found = _TITLE.fullmatch(name.strip())
        datatype = datatypes.get(int(found["id"])) if found else None
        columns.append((datatype, found["unit"]) if found and datatype else None)
    known = [column[0].pk for column in columns if column]
    if len(set(known)) != len(known):
        raise member.error("two columns are of one datatype")
    return Head(_TIMES[names[0]], columns, names)


def _untitled(first: float, named: Datatype) -> Head:
    every = 1 if first >= FIRST_SECOND * 100 else TICKS_PER_SECOND
    return Head(every, [(named, None)], ["time", named.name])


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def _blocks(member: Member, stream: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces of whole lines, with line feeds only."""
    rest = b""
    while piece := stream.read(BLOCK):
        lines, feed, rest = (rest + piece).rpartition(b"\n")
        if len(rest) > LINE:
            raise member.error(f"a line is longer than {LINE} bytes")
        if feed:
            yield (lines + feed).replace(b"\r\n", b"\n")
    if rest:
        yield rest.replace(b"\r", b"") + b"\n"


def _chain(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following


def _table(head: Head, blocks: Iterator[bytes], row: int, spool: Spool) -> Table:
    """Reads the cells below the titles, the first of them in `row`, a block at a time."""
    readers = [
        _Reader(TableColumn(spool, *column), at, row)
        for at, column in enumerate(head.columns, start=1)
        if column is not None
    ]
    first, last, begins = None, None, False
    for block in blocks:
        cells = _split(block, len(head.names), row)
        numbers = _parsed(head, cells, row)
        ticks = _ticks(head, numbers[:, 0], row)
        if first is None:
            first, begins = int(ticks[0]), bool(np.all(np.isnan(numbers[0, 1:])))
        last = int(ticks[-1])
        for reader in readers:
            reader.take(row, ticks, cells[:, reader.at], numbers[:, reader.at])
        row += len(cells)
    relative = head.every != 1 and not (first or 0) >= FIRST_SECOND * head.every
    return Table(
        relative, first, last, begins, [reader.column for reader in readers], _unknown(head)
    )


def _unknown(head: Head) -> list[str]:
    names = [
        name.strip()[: 2 * CELL]
        for name, column in zip(head.names[1:], head.columns, strict=True)
        if column is None and name.strip()
    ]
    more = len(names) - UNKNOWN
    return [*names[:UNKNOWN], f"{more} more columns"] if more > 0 else names


class _Reader:
    """Takes one column out of the blocks of a table, the first row of which is `top`."""

    def __init__(self, column: TableColumn, at: int, top: int) -> None:
        self.column, self.at, self.top = column, at, top
        self._nan: int | None = None

    def take(self, row: int, ticks: Integers, cells: NDArray[np.bytes_], numbers: Floats) -> None:
        """Puts away the cells of a block that are numbers."""
        if self.column.datatype.hexo_freq is None:
            self._require_framing(row, cells)
        there = np.flatnonzero(~np.isnan(numbers))
        fractions = bool(np.any(np.char.find(cells, b".") >= 0))
        self.column.add(there + row, ticks[there], numbers[there], fractions=fractions)

    def _require_framing(self, row: int, cells: NDArray[np.bytes_]) -> None:
        """Positions begin and end with nan; elsewhere an event has a value."""
        found = np.flatnonzero(np.char.lower(cells) == b"nan") + row
        found = found[found > self.top]
        if self._nan is None and len(found):
            self._nan = int(found[0])
        if self._nan is not None and self._nan < row + len(cells) - 1:
            name = self.column.datatype.name
            raise IngestionError(f"row {self._nan}, column {name}: nan is no value")


def _split(block: bytes, width: int, row: int) -> NDArray[np.bytes_]:
    lines = block.split(b"\n")[:-1]
    commas = np.fromiter((line.count(b",") for line in lines), int, len(lines))
    if np.any(commas != width - 1):
        at = int(np.argmax(commas != width - 1))
        raise IngestionError(
            f"row {row + at}: {commas[at] + 1} cells where the first row has {width}"
        )
    flat = block.replace(b"\n", b",").split(b",")[:-1]
    if max(map(len, flat)) > CELL:
        at = next(at for at, cell in enumerate(flat) if len(cell) > CELL)
        raise IngestionError(f"row {row + at // width}: a cell of more than {CELL} characters")
    return np.array(flat, f"S{CELL}").reshape(-1, width)


def _parsed(head: Head, cells: NDArray[np.bytes_], row: int) -> Floats:
    filled = np.where(cells == b"", b"nan", cells)
    try:
        numbers = filled.astype(np.float64)
    except ValueError:
        raise _unreadable(head, filled, row) from None
    if np.any(np.isinf(numbers)):
        raise _unreadable(head, filled, row)
    return numbers


def _unreadable(head: Head, cells: NDArray[np.bytes_], row: int) -> IngestionError:
    width = len(head.names)
    for at, cell in enumerate(cells.reshape(-1)):
        if not re.fullmatch(rb"(?i)\s*(nan|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?)\s*", cell):
            name = head.names[at % width][:CELL]
            text = cell.decode("ascii", "backslashreplace")
            return IngestionError(f"row {row + at // width}, column {name}: {text!r} is no number")
    return IngestionError(f"row {row}: a number is missing")


def _ticks(head: Head, times: Floats, row: int) -> Integers:
    ticks = times * head.every
    whole = np.rint(ticks)
    # not (a <= b) rather than a > b: NaN, a missing time, is wrong too
    wrong = ~((np.abs(ticks - whole) <= EXACT) & (np.abs(ticks) < 2**53))
    if np.any(wrong):
        at = int(np.argmax(wrong))
        raise IngestionError(f"row {row + at}, column time: {times[at]:.10g} is no tick of 1/256 s")
    result: Integers = whole.astype(np.int64)
    return result
