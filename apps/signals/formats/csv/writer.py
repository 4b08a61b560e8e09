"""CSV: one row per moment and one column per datatype (behaviour 3.2, wire F9).

The rows of a user are the moments of all values that JSON would show, and the start and end of each
of their records if they are in the requested time. Every line ends with a comma and a line feed, as
in files of the real service. All known readers accept that, and those that split at line feeds find
no carriage return in the last column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import groupby
from typing import Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from apps.api import registry
from apps.catalog import datatype_facts
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.delivery import Delivery
from apps.signals.formats import file_names
from apps.signals.formats.csv import titles
from apps.signals.selection.columns import Column, read_columns
from apps.signals.selection.plan import Question
from apps.signals.storage import scaling
from apps.signals.texts import encode
from apps.signals.texts.encode import Texts
from hexostore.hexotime import TICKS_PER_SECOND

Moments = NDArray[np.int64]
Values = dict[int, Column]
Named = tuple[Datatype, Column | None]

FIRST = datatype_facts.first_in_csv()
"""The columns that a table begins with, in this order, because a known reader counts them."""

_LAYOUT = "all digits"
"""Change this word whenever the same values are written differently, because ETags must change."""

BLOCK = 4096
"""How many rows are put together at a time."""

_END = np.array([b",\n"])

_SAME = 16
"""The bits of a key that number the values at one moment. A column has at most 2**16."""


@dataclass(frozen=True)
class ColumnTexts:
    """A column of a table: its distinct texts, which of them each value has, and the row of each
    value.

    Each text follows `before`. An empty cell is `before` alone.
    """

    before: bytes
    texts: Texts
    places: NDArray[Any]
    rows: Moments | slice

    def texts_between(self, first: int, stop: int) -> Texts:
        """Return the cells of the rows `first` <= row < `stop`."""
        # A column with ",7" in row 5 only has the cells ",", ",7", "," and "," in the rows 4 to 7.
        rows, low, high = self._find_values(first, stop)
        texts: Texts = self.texts[self.places[low:high]]
        if high - low == stop - first:
            return texts
        cells = np.full(stop - first, self.before, self.texts.dtype)
        cells[rows] = texts
        return cells

    def _find_values(self, first: int, stop: int) -> tuple[Moments | slice, int, int]:
        """Return which rows from `first` on have a value, and the values."""
        # With values in the rows 3, 5 and 9, the rows 4 to 7 have value 1, in their row 1.
        if isinstance(self.rows, slice):
            begin, end = self.rows.start, self.rows.stop
            low = max(first, begin)
            high = max(low, min(stop, end))
            rows = slice(low - first, high - first)
            return rows, low - begin, high - begin
        low, high = np.searchsorted(self.rows, (first, stop))
        return self.rows[low:high] - first, int(low), int(high)


def respond(asked: Question) -> Delivery:
    """Return the table as text/csv. If there are no values in the requested time, it is the line of
    titles."""
    records = {
        stretch.source.record for series in asked.plan.series for stretch in series.stretches
    }
    stem = file_names.record_name(*records) if len(records) == 1 else "data"
    bounds = _record_bounds(asked, records)
    layout = repr((_LAYOUT, sorted(bounds.items())))
    variant = blake2b(layout.encode(), digest_size=8).hexdigest()
    body = partial(_make_body, asked, bounds)
    return Delivery("text/csv", body, filename=stem + file_names.CSV, variant=variant)


def _record_bounds(asked: Question, records: Collection[int]) -> dict[int, list[int]]:
    """Return by user, the keys of the starts and ends of their records in the requested time."""
    if not records or asked.query.no_timestamps:
        return {}
    rows = Record.objects.filter(pk__in=records).values_list("user", "start", "end")
    bounds: dict[int, set[int]] = {}
    for user, *moments in rows:
        for moment in moments:
            if moment is not None and asked.query.lower <= moment < asked.query.upper:
                bounds.setdefault(user, set()).add(moment << _SAME)
    return {user: sorted(keys) for user, keys in bounds.items()}


def _make_body(asked: Question, bounds: dict[int, list[int]]) -> list[bytes]:
    datatypes = _find_datatypes(asked)
    tables = _make_tables(asked, bounds, {datatype.pk for datatype in datatypes})
    several = len(tables) > 1
    users = registry.model_resource("user")
    pieces = [_title_line(asked, datatypes, several)]
    for user, (keys, values) in tables.items():
        uri = users.uri(asked.context, user)
        lead = [np.array([uri.encode()])] if several else []
        columns = [(one, values.get(one.pk)) for one in datatypes]
        pieces += _lines_of_user(asked, lead, keys, columns)
    return pieces


def _find_datatypes(asked: Question) -> list[Datatype]:
    """Return the columns: those requested by id, and those of the records.

    Without a request for certain datatypes, these are the 1 Hz channels and the sleep position
    (behaviour 3.2: CSV is for 1 Hz data), and always the columns that come first.
    """
    choices = [choice.condition("pk") for choice in asked.query.datatypes]
    found = Q(pk__in={one.datatype for one in asked.plan.series})
    if not choices:
        wanted = Q(pk__in=FIRST) | found & Q(hexo_freq=TICKS_PER_SECOND)
    elif any(choice.lookup == "in" for choice in asked.query.datatypes):
        wanted = Q(*choices)
    else:
        wanted = found
    return sorted(Datatype.objects.filter(wanted), key=_place_of_column)


def _place_of_column(datatype: Datatype) -> tuple[int, int]:
    """Return what the columns are in the order of: those of FIRST, then all others by id."""
    key = datatype.pk
    place = FIRST.index(key) if key in FIRST else len(FIRST)
    return place, key


def _make_tables(
    asked: Question, bounds: dict[int, list[int]], shown: Collection[int]
) -> dict[int, tuple[Moments, Values]]:
    """Return by user, the ascending keys of their rows, and their columns."""
    series = [each for each in asked.plan.series if each.datatype in shown]
    found = read_columns(asked.query, series)
    values: dict[int, Values] = {user: {} for user in bounds}
    for user, columns in groupby(found, key=lambda pair: pair[0].user):
        values[user] = {each.datatype: _with_keys(column) for each, column in columns}
    tables = {}
    for user, own in sorted(values.items()):
        moments = [keys for keys, _ in own.values()]
        every = _unite_keys([bounds.get(user, []), *moments])
        tables[user] = every, own
    return tables


def _with_keys(column: Column) -> Column:
    """Return a column with distinct ascending keys: the moment, then the number of the value at
    that moment."""
    # Values at the ticks 256, 512 and 512 get the keys 256 << 16, 512 << 16, (512 << 16) + 1.
    moments, values = column
    steps = np.diff(moments)
    if np.all(steps > 0):
        return moments << _SAME, values
    if np.any(steps < 0):
        order = np.argsort(moments, kind="stable")
        moments, values = moments[order], values[order]
    same = np.arange(len(moments)) - np.searchsorted(moments, moments)
    return (moments << _SAME) + same, values


def _unite_keys(columns: Iterable[NDArray[np.int64] | list[int]]) -> Moments:
    """Return all keys in ascending order.

    Columns usually share one grid, which is then taken once. Otherwise a stable sort merges the
    sorted arrays, at a tenth of the cost of np.unique.
    """
    # [1, 2], [1, 2] and [2, 3] become [1, 2, 3].
    grids: list[Moments] = []
    for column in columns:
        keys = np.asarray(column, np.int64)
        if not any(np.array_equal(keys, grid) for grid in grids):
            grids.append(keys)
    if len(grids) == 1:
        return grids[0]
    every = np.sort(np.concatenate(grids), kind="stable")
    return every[np.diff(every, prepend=-1 << 62) > 0]


def _title_line(asked: Question, datatypes: Iterable[Datatype], several: bool) -> bytes:
    names = []
    if several:
        names.append(titles.USER)
    if not asked.query.no_timestamps:
        ticks = TICKS_PER_SECOND if asked.query.seconds else 1
        names.append(titles.time_title(ticks))
    names += [titles.make_title(datatype, asked.context) for datatype in datatypes]
    line = ",".join(names) + ",\n"
    return line.encode()


def _lines_of_user(
    asked: Question, lead: list[Texts], keys: Moments, columns: Iterable[Named]
) -> Iterator[bytes]:
    """Yield the lines of a user, some rows at a time, so that they fit into the processor's
    cache."""
    timed = not asked.query.no_timestamps
    comma = b"," if lead else b""
    stamps = []
    if timed:
        stamps = _time_cells(asked, comma, keys)
        comma = b","
    cells = []
    for datatype, column in columns:
        cells.append(_texts_of_column(comma, datatype, column, keys))
        comma = b","
    for first in range(0, len(keys), BLOCK):
        stop = min(first + BLOCK, len(keys))
        moments = [column[first:stop] for column in stamps]
        texts = [one.texts_between(first, stop) for one in cells]
        yield encode.rows([*lead, *moments, *texts, _END])


def _time_cells(asked: Question, before: bytes, keys: Moments) -> list[Texts]:
    moments = keys >> _SAME
    if asked.query.seconds:
        moments = moments // TICKS_PER_SECOND
    return encode.stamps(before, moments)


def _texts_of_column(
    before: bytes, datatype: Datatype, column: Column | None, keys: Moments
) -> ColumnTexts:
    if column is None:
        return ColumnTexts(before, np.array([before]), keys[:0], slice(0, 0))
    distinct, places = encode.distinct(column[1])
    scale = scaling.scale(datatype)
    numbers = distinct if scale is None else scale.apply(distinct)
    texts = encode.texts(before, numbers, b"")
    texts[texts == before + b"null"] = before
    return ColumnTexts(before, texts, places, _rows_of_keys(column[0], keys))


def _rows_of_keys(grid: Moments, keys: Moments) -> Moments | slice:
    """Return the rows of those keys, as a slice if they are consecutive."""
    first, last = np.searchsorted(keys, grid[[0, -1]])
    if last - first + 1 == len(grid):
        return slice(int(first), int(last) + 1)
    return np.searchsorted(keys, grid)
