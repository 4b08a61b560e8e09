"""Faults in answers that are the CSV table of data."""

from __future__ import annotations

from apps.control.faults.actions import FaultAction, Gap

Rows = list[list[str]]


def change_table(content: bytes, action: FaultAction) -> bytes | None:
    """Return the table with the fault in it; None if it has nothing that the fault changes.

    Cells of data have no quotes. A line ends with a comma and its end, which stay.
    """
    text = content.decode(errors="surrogateescape")
    rows = [line.split(",") for line in text.splitlines(keepends=True)]
    if not rows or not rows[0][0].startswith(("time", "user")):
        return None
    return (
        "".join(map(",".join, rows)).encode(errors="surrogateescape")
        if _change(rows, action)
        else None
    )


def _change(rows: Rows, action: FaultAction) -> bool:
    if action.missing_channel is not None:
        return _remove_column(rows, action.missing_channel)
    if action.gap is not None:
        return _empty_cells(rows, action.gap)
    return action.samples is not None and _change_count(rows, action.samples)


def _column_of(titles: list[str], datatype: int) -> int | None:
    places = (place for place, title in enumerate(titles) if f"/datatype/{datatype}/)" in title)
    return next(places, None)


def _remove_column(rows: Rows, datatype: int) -> bool:
    place = _column_of(rows[0], datatype)
    if place is None:
        return False
    for row in rows:
        del row[place]
    return True


def _empty_cells(rows: Rows, gap: Gap) -> bool:
    """Empty the cells of a channel, or of all, in a part of the rows that have values."""
    titles = rows[0]
    if gap.datatype is None:
        places = [place for place, title in enumerate(titles) if "/datatype/" in title]
    else:
        found = _column_of(titles, gap.datatype)
        places = [] if found is None else [found]
    filled = [row for row in rows[1:] if any(row[place] for place in places)]
    begin, end = (int(len(filled) * part) for part in (gap.begin, gap.end))
    for row in filled[begin:end]:
        for place in places:
            row[place] = ""
    return end > begin


def _change_count(rows: Rows, samples: int) -> bool:
    """Remove the last row that has values, or have it there twice."""
    is_data = ["/datatype/" in title for title in rows[0]]
    for place in range(len(rows) - 1, 0, -1):
        if any(cell for cell, counts in zip(rows[place], is_data, strict=True) if counts):
            rows[place : place + 1] = [rows[place]] * (1 + samples)
            return True
    return False
