"""docs/rights.md: who may do what. The table is between two marks of a page that people write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

BEGIN, END = "<!-- rights: begin -->\n", "<!-- rights: end -->\n"


def replace_table(text: str, table: str) -> str:
    """Return the page with a new table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table}{END}{after}"


def rights_table(people: Sequence[str], cells: Mapping[str, Iterable[str]]) -> str:
    """Return the table: a column for each person, a line for each resource."""
    head = f"| resource | {' | '.join(people)} |\n|{' --- |' * (len(people) + 1)}\n"
    lines = (f"| {name} | {' | '.join(each)} |\n" for name, each in cells.items())
    return head + "".join(lines)
