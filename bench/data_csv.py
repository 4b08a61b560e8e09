"""A table of 65,536 rows and 7 columns as CSV, against csv.writer on the same columns.

The table goes through the WSGI handler with Basic login, from the chunks on; csv.writer gets the
columns as lists of Python numbers, ready-made. What is printed is CPU of this process per table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = "athlete@example.com", "athlete"
COUNT, RECORD, START = 65_536, 99_000_003, 359_840_226_870
MIDDLES = {33: 15, 36: 331, 49: 5, 19: 72, 53: 90}
POSITION = 270
HEAD, TAIL = 2, 1
"""Lines before and after the rows with values: titles and start, and the end of the record."""


def fill() -> None:
    """Heart rate and the like, with a change of position every ten minutes."""
    import numpy as np

    from apps.accounts.models import User
    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store

    user, datatypes = User.objects.get(username=LOGIN[0]), Datatype.objects.in_bulk()
    end = START + 256 * COUNT + 128
    record = Record.objects.create(id=RECORD, user=user, start=START, end=end)
    random = np.random.default_rng(1)
    for dataid, middle in MIDDLES.items():
        wander = random.integers(-1, 2, COUNT).cumsum()
        store.write_channel(record, datatypes[dataid], middle + np.abs(wander) % 200)
    offsets = np.arange(256, COUNT * 256, 600 * 256)
    store.write_events(record, datatypes[POSITION], offsets, np.arange(len(offsets)) % 6)


def columns(text: str) -> list[list[Any]]:
    """The columns of a table as Python values, None where a cell is empty."""
    lines = text.splitlines()[HEAD:-TAIL]
    rows = [line.removesuffix(",").split(",") for line in lines]
    return [[_value(cell) for cell in column] for column in zip(*rows, strict=True)]


def _value(cell: str) -> Any:
    if not cell:
        return None
    return float(cell) if "." in cell else int(cell)


def written(values: list[list[Any]]) -> str:
    """The same columns by csv.writer."""
    out = io.StringIO()
    csv.writer(out, lineterminator=",\n").writerows(zip(*values, strict=True))
    return out.getvalue()


def main() -> None:
    """Prints CPU per table of both."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        fill()
        app, login = WSGIHandler(), basic(*LOGIN)
        path = f"/api/data/?record={RECORD}&format=csv"
        text = get(path, login, app).decode()
        values = columns(text)
        assert written(values).splitlines() == text.splitlines()[HEAD:-TAIL]
        assert (len(values), len(values[0])) == (2 + len(MIDDLES), COUNT)
        works: dict[str, Callable[[], object]] = {
            "Hexostore, from chunks to text": lambda: get(path, login, app),
            "csv.writer on lists": lambda: written(values),
        }
        spent = cpu_in_turn(works, rounds=10, times=5)
        show(f"{COUNT} rows and {len(values)} columns, {len(text)} bytes", spent, list(works)[1])


if __name__ == "__main__":
    main()
