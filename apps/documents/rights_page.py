"""docs/rights.md: who may do what. Each table is between two marks of a page that people write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def replace_table(text: str, table: str, name: str = "rights") -> str:
    """Return the page with a new table in place of the one of that name."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{table}{end}{after}"


def rights_table(people: Sequence[str], cells: Mapping[str, Iterable[str]]) -> str:
    """Return the table: a column for each person, a line for each resource."""
    head = f"| resource | {' | '.join(people)} |\n|{' --- |' * (len(people) + 1)}\n"
    lines = (f"| {name} | {' | '.join(each)} |\n" for name, each in cells.items())
    return head + "".join(lines)
