"""The table of a report, as it is stored and as it is given out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.studies.tables.csv_file import unguard_formula, write_row

MOST_ROWS = 100_000

Cell = str | int | float | None

Tell = Callable[[float], None]
"""Is told what share of the work is done."""


class ReportError(Exception):
    """A report cannot be made. The text says why."""


@dataclass(frozen=True)
class ReportTable:
    """Columns by their names, and rows. Texts are as in a CSV file: none looks like a formula."""

    columns: list[str]
    rows: list[list[Cell]]

    @classmethod
    def gather(cls, columns: Iterable[str], rows: Iterable[list[Cell]]) -> ReportTable:
        """Return a table. Raise ReportError for too many rows."""
        found: list[list[Cell]] = []
        for row in rows:
            found.append(row)
            if len(found) > MOST_ROWS:
                raise ReportError(f"The report would have more than {MOST_ROWS:,} rows.")
        return cls(list(columns), found)

    @classmethod
    def read(cls, content: dict[str, Any]) -> ReportTable:
        """Return a stored table."""
        return cls(content["columns"], content["rows"])

    def stored(self) -> dict[str, Any]:
        """Return the table as JSON."""
        return {"columns": self.columns, "rows": self.rows}

    def csv_lines(self) -> Iterator[str]:
        """Yield the lines of a CSV file."""
        yield write_row(self.columns)
        for row in self.rows:
            yield write_row(map(_cell_text, row))

    def objects(self) -> list[dict[str, Cell]]:
        """Return each row as an object, with its texts as they are."""
        names = [unguard_formula(name) for name in self.columns]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in self.rows]


def _cell_text(cell: Cell) -> str:
    if isinstance(cell, float):
        return format(Decimal(repr(cell)), "f")  # all digits, and no exponent
    return "" if cell is None else str(cell)


def _plain(cell: Cell) -> Cell:
    return unguard_formula(cell) if isinstance(cell, str) else cell
