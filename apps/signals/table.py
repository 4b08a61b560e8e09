"""CSV: a row per moment and a column per datatype (seed 001; contract, CSV).

The rows of a user are the moments of all values that JSON would show, and the start and end of
each of his records as far as they lie in the time asked for. Every line ends with a comma and a
line feed, as in files of the real service: all known readers take that, and those that split at
line feeds find no carriage return in the last column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from apps.api import registry
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import answer, encode, titles
from apps.signals.answer import Column
from apps.signals.delivery import Delivery
from apps.signals.encode import Texts
from apps.signals.plan import Question, Series
from hexostore.hexotime import TICKS_PER_SECOND

Moments = NDArray[np.int64]
Values = dict[int, Column]
Rows = Moments | slice

FIRST = (33, 36, 270, 49, 19, 53)
"""The columns that a table begins with, in this order: a known reader counts them."""

DECIMALS = 8
"""After which values are rounded, as in genuine files: 331 * 13.28 is 4395.68."""

BLOCK = 4096
"""The rows that are put together at a time."""

_SAME = 16
"""The bits of a key that number the values at one moment; a column has 2**16 at most."""


def respond(asked: Question) -> Delivery:
    """The table as text/csv; without values in the time asked for it is the line of titles."""
    records = {stretch.source.record for one in asked.plan.series for stretch in one.stretches}
    name = f"record_{records.pop()}.csv" if len(records) == 1 else "data.csv"
    return Delivery("text/csv", partial(_body, asked), filename=name)


def _body(asked: Question) -> list[bytes]:
    datatypes = _datatypes(asked)
    shown = {datatype.pk for datatype in datatypes}
    series = [one for one in asked.plan.series if one.datatype in shown]
    tables = _tables(asked, series)
    several = len(tables) > 1
    users = registry.resource("user")
    lines = [_head(asked, datatypes, several)]
    for user, (moments, values) in tables.items():
        lead = users.uri(asked.context, user).encode() if several else None
        lines += _lines(asked, datatypes, lead, moments, values)
    return lines


def _datatypes(asked: Question) -> list[Datatype]:
    """The columns: those asked for by their ids, and those that the records have.

    Who asks for none gets what changes once a second and the sleep position (contract,
    formats: CSV is for 1 Hz data), and always the columns that come first.
    """
    choices = [choice.condition("pk") for choice in asked.query.datatypes]
    found = Q(pk__in={one.datatype for one in asked.plan.series})
    if not choices:
        wanted = Q(pk__in=FIRST) | found & Q(hexo_freq=TICKS_PER_SECOND)
    elif any(choice.lookup == "in" for choice in asked.query.datatypes):
        wanted = Q(*choices)
    else:
        wanted = found
    place = {datatype: number for number, datatype in enumerate(FIRST)}
    return sorted(
        Datatype.objects.filter(wanted), key=lambda d: (place.get(d.pk, len(FIRST)), d.pk)
    )


def _tables(asked: Question, series: list[Series]) -> dict[int, tuple[Moments, Values]]:
    """By user, the moments of his rows as keys in rising order, and his columns at such keys."""
    bounds = {} if asked.query.no_timestamps else _bounds(asked, series)
    found = answer.columns(asked.query, series)
    values: dict[int, Values] = {user: {} for user in bounds}
    for user, columns in groupby(found, key=lambda pair: pair[0].user):
        values[user] = {one.datatype: _keyed(column) for one, column in columns}
    return {
        user: (_union([bounds.get(user, []), *(keys for keys, _ in values[user].values())]), mine)
        for user, mine in sorted(values.items())
    }


def _bounds(asked: Question, series: list[Series]) -> dict[int, list[int]]:
    """By user, the keys of the starts and ends of his records within the time asked for."""
    records = {stretch.source.record for one in series for stretch in one.stretches}
    rows = Record.objects.filter(pk__in=records).values_list("user", "start", "end")
    bounds: dict[int, list[int]] = {}
    for user, *moments in rows if records else []:
        for moment in moments:
            if moment is not None and asked.query.lower <= moment < asked.query.upper:
                bounds.setdefault(user, []).append(moment << _SAME)
    return bounds


def _keyed(column: Column) -> Column:
    """A column by keys that differ and rise: the moment, then which of the values there it is."""
    moments, values = column
    steps = np.diff(moments)
    if np.all(steps > 0):
        return moments << _SAME, values
    if np.any(steps < 0):
        order = np.argsort(moments, kind="stable")
        moments, values = moments[order], values[order]
    same = np.arange(len(moments)) - np.searchsorted(moments, moments)
    return (moments << _SAME) + same, values


def _union(columns: Iterable[NDArray[np.int64] | list[int]]) -> Moments:
    """All keys in rising order.

    Columns on one grid, which is the rule, are taken once; and a stable sort merges what is
    in order already, at a tenth of the cost of np.unique.
    """
    grids: list[Moments] = []
    for column in columns:
        keys = np.asarray(column, np.int64)
        if not any(np.array_equal(keys, grid) for grid in grids):
            grids.append(keys)
    if len(grids) == 1:
        return grids[0]
    every = np.sort(np.concatenate(grids), kind="stable")
    return every[np.diff(every, prepend=-1 << 62) > 0]


def _head(asked: Question, datatypes: Iterable[Datatype], several: bool) -> bytes:
    names = ["user"] if several else []
    if not asked.query.no_timestamps:
        names.append("time [s]" if asked.query.seconds else f"time [{titles.TICKS}]")
    names += [titles.title(datatype, asked.context) for datatype in datatypes]
    return ",".join([*names, "\n"]).encode()


def _lines(
    asked: Question, datatypes: list[Datatype], lead: bytes | None, keys: Moments, values: Values
) -> list[bytes]:
    if not len(keys):
        return []
    columns = [] if lead is None else [np.array([lead])]
    if not asked.query.no_timestamps:
        moments = keys >> _SAME
        if asked.query.seconds:
            moments = moments // TICKS_PER_SECOND
        columns += encode.stamps(b"," if columns else b"", moments)
    for datatype, rows in zip(datatypes, _places(datatypes, values, keys), strict=True):
        column = values.get(datatype.pk)
        columns.append(_cells(b"," if columns else b"", datatype, column, rows, len(keys)))
    columns.append(np.array([b",\n"]))
    return [encode.rows(part) for part in _blocks(columns, len(keys))]


def _blocks(columns: list[Texts], count: int) -> Iterator[list[Texts]]:
    """The columns, some rows at a time, so that the rows stay in the cache of the processor."""
    for first in range(0, count, BLOCK):
        yield [one[first : first + BLOCK] if len(one) == count else one for one in columns]


def _places(datatypes: list[Datatype], values: Values, keys: Moments) -> Iterator[Rows]:
    """For each column the rows of its values; a slice where they follow each other."""
    for datatype in datatypes:
        grid = values[datatype.pk][0] if datatype.pk in values else keys[:0]
        if not len(grid):
            yield slice(0)
            continue
        first, last = np.searchsorted(keys, grid[[0, -1]])
        together = last - first + 1 == len(grid)
        yield slice(first, last + 1) if together else np.searchsorted(keys, grid)


def _cells(
    before: bytes, datatype: Datatype, column: Column | None, rows: Rows, count: int
) -> Texts:
    """The text of each cell after what separates it from the one before."""
    if column is None:
        return np.array([before])
    distinct, places = encode.distinct(column[1])
    scale = titles.scale(datatype)
    numbers = distinct if scale is None else np.round(scale.apply(distinct), DECIMALS)
    table = encode.texts(before, numbers, b"")
    table[table == before + b"null"] = before
    cells = np.full(count, before, table.dtype)
    cells[rows] = table[places]
    return cells
