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

from apps.archives.members import Member, damage
from apps.catalog.models import Datatype
from apps.signals import ingestion, titles
from apps.signals.ingestion import IngestionError
from hexostore.hexotime import TICKS_PER_SECOND

BLOCK = 1 << 20
"""Bytes that are read at a time; no line may be longer."""

TEXT = 64 << 20
"""Bytes of a CSV file."""

COLUMNS = 300
"""Columns of a table."""

CELL = 40
"""Characters of a cell."""

EXACT = 0.01
"""How far, in counts or ticks, a decimal text may be from one; it is rounded somewhere."""

FIRST_SECOND = 1_230_768_000
"""Times in seconds from here on, the year 2009, count from 1970 and not from a start."""

LITRES = {("mL/min", "L/min"): 1000.0, ("mL", "L"): 1000.0}
"""What the units of some files have to be multiplied by (contract, CSV of 2019)."""

_TITLE = re.compile(
    r"(?:.*?\[(?P<unit>[^\]]*)\]\s*\()?(?:https?://[^/]+)?/api/(?:v1/)?datatype/(?P<id>\d{1,6})/?\)?"
)
_TIMES = {"time [s/256]": 1, "timestamp": 1, "time [s]": TICKS_PER_SECOND}

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """The numbers of a column that are there: where they stand, as rows of the file and as
    ticks, and the unit that the title gives, None without one. `fractions` tells that the file
    writes them with a decimal point.
    """

    datatype: Datatype
    unit: str | None
    rows: Integers
    ticks: Integers
    numbers: Floats
    fractions: bool = False

    def counts(self) -> NDArray[np.int64 | np.float64]:
        """What the device gave. IngestionError names the first value that is no count.

        Asynchronous channels without a scale and without codes may be of fractions, as positions
        on the earth are.
        """
        gain, offset = _scale(self.datatype, self.unit)
        counts = (self.numbers - offset) / gain
        whole = np.rint(counts)
        if self._is_of_fractions(counts, whole):
            return counts
        wrong = np.flatnonzero((np.abs(counts - whole) > EXACT) | (np.abs(whole) > 2**53))
        if len(wrong):
            at = int(wrong[0])
            raise self.column.error(at, f"{self.numbers[at]:.10g} is no multiple of {gain:g}")
        return whole.astype(np.int64)

    def _is_of_fractions(self, counts: Floats, whole: Floats) -> bool:
        datatype = self.datatype
        if datatype.hexo_freq is not None or datatype.gain != 1 or datatype.codes:
            return False
        return self.fractions or bool(np.any(counts != whole))

    @property
    def column(self) -> ingestion.Column:
        """Under which name and in which rows the numbers stand."""
        return ingestion.Column(self.datatype.name, self.rows)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: `relative` when its ticks count from the start of the record; its first and
    last tick; whether the first row is but a moment, the start; and the columns.
    """

    relative: bool
    first: int | None
    last: int | None
    begins: bool
    cells: list[Cells]
    unknown: list[str]


def _scale(datatype: Datatype, unit: str | None) -> tuple[float, float]:
    """Gain and offset between a count and what is written."""
    if unit is None:
        shown = titles.scale(datatype)
        return (1.0, 0.0) if shown is None else (datatype.gain, datatype.offset)
    factor = LITRES.get((datatype.unit, unit))
    if factor is not None:
        return datatype.gain / factor, datatype.offset / factor
    if datatype.unit and unit.casefold() == datatype.unit.casefold():
        return datatype.gain, datatype.offset
    return (1.0, 0.0) if titles.scale(datatype) is None else (datatype.gain, datatype.offset)


def read(member: Member, datatypes: Mapping[int, Datatype], named: Datatype | None) -> Table | None:
    """The table in a CSV file, None when its titles are not those of one.

    `named` is the channel that the name of the file tells, for files of two columns without
    titles. Raises ArchiveError and IngestionError.
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
        body = _body(found, _chain(rest, lines), first)
    return _table(found, body)


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
        if len(rest) > BLOCK:
            raise member.error(f"a line is longer than {BLOCK} bytes")
        if feed:
            yield (lines + feed).replace(b"\r\n", b"\n")
    if rest:
        yield rest.replace(b"\r", b"") + b"\n"


def _chain(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following


@dataclass(frozen=True, slots=True)
class Body:
    """The cells below the titles, the first of them in `row`: as `numbers`, NaN where there is
    none, and whether each says `nan`; and whether each column has `fractions`.
    """

    row: int
    numbers: Floats
    nans: NDArray[np.bool_]
    fractions: NDArray[np.bool_]


def _body(head: Head, blocks: Iterator[bytes], first: int) -> Body:
    width, row = len(head.names), first
    numbers, nans = [np.empty((0, width))], [np.empty((0, width), bool)]
    fractions = np.zeros(width, bool)
    for block in blocks:
        cells = _split(block, width, row)
        nans.append(np.char.lower(cells) == b"nan")
        fractions |= np.any(np.char.find(cells, b".") >= 0, axis=0)
        numbers.append(_parsed(head, cells, row))
        row += len(cells)
    return Body(first, np.concatenate(numbers), np.concatenate(nans), fractions)


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


def _table(head: Head, body: Body) -> Table:
    ticks = _ticks(head, body.numbers[:, 0], body.row)
    relative = head.every != 1 and not (len(ticks) and ticks[0] >= FIRST_SECOND * head.every)
    found, unknown = [], []
    for at, column in enumerate(head.columns, start=1):
        if column is not None:
            found.append(_cells(column, body, at, ticks))
        elif head.names[at].strip():
            unknown.append(head.names[at].strip()[: 2 * CELL])
    begins = len(ticks) > 0 and bool(np.all(np.isnan(body.numbers[0, 1:])))
    first, last = (int(ticks[0]), int(ticks[-1])) if len(ticks) else (None, None)
    return Table(relative, first, last, begins, found, unknown)


def _cells(column: tuple[Datatype, str | None], body: Body, at: int, ticks: Integers) -> Cells:
    """The numbers that are there in the column in that place."""
    datatype, unit = column
    _require_framing(datatype, body.nans[:, at], body.row)
    numbers = body.numbers[:, at]
    there = np.flatnonzero(~np.isnan(numbers))
    fractions = bool(body.fractions[at])
    return Cells(datatype, unit, there + body.row, ticks[there], numbers[there], fractions)


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


def _require_framing(datatype: Datatype, nans: NDArray[np.bool_], row: int) -> None:
    """Positions begin and end with nan; elsewhere an event has a value."""
    if datatype.hexo_freq is not None:
        return
    wrong = np.flatnonzero(nans[1:-1])
    if len(wrong):
        at = int(wrong[0]) + 1
        raise IngestionError(f"row {row + at}, column {datatype.name}: nan is no value")
