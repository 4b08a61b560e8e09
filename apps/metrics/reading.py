"""What a record holds of a few channels, in time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.metrics.stretches import OPEN
from apps.records.models import Record
from apps.signals.storage.gathering import Gathered, Need, Stretch, TimeSeries, gather

Events: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Ticks since 1970, rising, and whole values."""


def read_series(record: Record, datatypes: Iterable[int]) -> Gathered:
    """Return all samples and events that a record has of these datatypes, by one statement.

    Something at the very start of the record is among them. Raises ValueError for a record
    without a start.
    """
    if record.start is None:
        raise ValueError(f"{record} has no start")
    whole = Stretch(record.pk, record.start - 1, OPEN)
    (found,) = gather([[whole]], [Need(series=frozenset(datatypes))])
    return found


def known_events(series: TimeSeries) -> Events | None:
    """Return ticks and whole values of events, None without any.

    Files write that there is no value as not a number.
    """
    known = np.isfinite(series.values)
    if not known.any():
        return None
    return series.ticks[known], series.values[known].astype(np.int64)
