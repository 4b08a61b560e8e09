"""Reading the values of a channel from JSON, in the form in which `/api/data/` shows them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.signals.formats.reading.columns import Floats, Integers, counts_of, may_be_of_fractions
from apps.signals.storage import ingestion
from apps.signals.storage.ingestion import IncomingColumn
from apps.signals.storage.series import Series

_LAST_TICK = 2**53
_SHOWN = 40  # characters of a value in a message


def read_series(datatype: Datatype, listed: Sequence[object], start: int) -> Series:
    """Return the values of a channel, for a record that begins at tick `start`.

    Each item is a pair of a HexoTimestamp and a value. A synchronous channel may have the values
    alone, one for each sample. Values are those of JSON: counts, or physical ones where JSON shows
    these. Raise IngestionError, which names the position, counted from 0.
    """
    column = IncomingColumn(datatype.name)
    if datatype.hexo_freq is None:
        ticks, values = _split_pairs(column, listed)
        return _read_events(column, datatype, ticks - start, values)
    if listed and isinstance(listed[0], list):
        ticks, values = _split_pairs(column, listed)
        ingestion.require_grid(column, datatype, start, ticks)
    else:
        values = listed
    counts = _read_counts(column, datatype, values)
    return Series.of(ingestion.fit(column, counts, ingestion.sample_type(datatype)))


def _read_events(
    column: IncomingColumn, datatype: Datatype, offsets: Integers, values: Sequence[object]
) -> Series:
    if len(offsets) and offsets.min() < 0:
        raise column.error(int(np.argmax(offsets < 0)), "is before the start of the record")
    ingestion.require_order(column, offsets)
    return Series.of(offsets, _read_counts(column, datatype, values))


def _read_counts(
    column: IncomingColumn, datatype: Datatype, values: Sequence[object]
) -> NDArray[Any]:
    numbers = _read_numbers(column, values)
    is_physical = datatype.json == "physical"
    scale = (datatype.gain, datatype.offset) if is_physical else (1.0, 0.0)
    fractions = may_be_of_fractions(datatype) and any(type(value) is float for value in values)
    return counts_of(column, datatype, numbers, scale, fractions=fractions)


def _read_numbers(column: IncomingColumn, values: Sequence[object]) -> Floats:
    for at, value in enumerate(values):
        if type(value) not in (int, float):
            raise column.error(at, f"{_show_value(value)} is not a number")
        if not abs(value) < math.inf:  # type: ignore[arg-type]  # NaN is not, either
            raise column.error(at, f"{value} is not a finite number")
    try:
        return np.array(values, np.float64)
    except OverflowError:
        raise ingestion.IngestionError(f"column {column.name}: a number is too large") from None


def _split_pairs(
    column: IncomingColumn, listed: Sequence[object]
) -> tuple[Integers, Sequence[object]]:
    ticks, values = [], []
    for at, pair in enumerate(listed):
        if not isinstance(pair, list) or len(pair) != 2:
            raise column.error(at, f"{_show_value(pair)} is not a pair of a timestamp and a value")
        tick, value = pair
        if type(tick) is not int or not 0 <= tick < _LAST_TICK:
            raise column.error(at, f"{_show_value(tick)} is not a timestamp in ticks of 1/256 s")
        ticks.append(tick)
        values.append(value)
    return np.array(ticks, np.int64), values


def _show_value(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
