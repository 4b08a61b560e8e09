"""Times as activity files in XML write them, and ticks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import FileError, Ticks
from hexostore import hexotime

_MILLISECONDS, _MICROSECONDS = 1000, 1_000_000

_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z").fullmatch


def to_ticks(text: str) -> int:
    """Return the ticks of a time. Without a zone it is UTC. Raise FileError if it is malformed."""
    try:
        return hexotime.from_datetime(hexotime.from_iso(text.strip()))
    except (ValueError, OverflowError):
        raise FileError(f"{text[:40]!r} is no time.") from None


def to_ticks_each(texts: Sequence[str]) -> Ticks:
    """Return the ticks of many times, as `to_ticks` would."""
    if not all(map(_USUAL, texts)):
        return np.array([to_ticks(text) for text in texts], np.int64)
    try:
        moments = np.array([text[:-1] for text in texts], "datetime64[us]")
    except ValueError:
        return np.array([to_ticks(text) for text in texts], np.int64)
    ticks: Ticks = moments.astype(np.int64) * hexotime.TICKS_PER_SECOND
    return (ticks + _MICROSECONDS // 2) // _MICROSECONDS


def to_texts(ticks: Ticks) -> NDArray[np.str_]:
    """Return each time in UTC with milliseconds, such as 2014-05-08T12:34:56.789Z."""
    milliseconds = ticks * _MILLISECONDS + hexotime.TICKS_PER_SECOND // 2
    milliseconds //= hexotime.TICKS_PER_SECOND
    return np.datetime_as_string(milliseconds.astype("datetime64[ms]"), timezone="UTC")


def to_text(ticks: int) -> str:
    """Return one time in UTC with milliseconds."""
    return str(to_texts(np.array([ticks]))[0])
