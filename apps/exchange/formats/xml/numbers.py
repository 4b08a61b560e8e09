"""Numbers as activity files in XML write them."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from apps.exchange.activity import FileError, Floats

_UNKNOWN = frozenset(("", "-", "--", "nan", "none", "null", "n/a", "inf", "-inf", "infinity"))
"""Words that programs write where they know no number."""


def to_number(text: str | None) -> float:
    """Return a number, NaN for an unknown one. Raise FileError if the text is none."""
    stripped = (text or "").strip()
    if stripped.lower() in _UNKNOWN:
        return math.nan
    try:
        return _plain_float(stripped)
    except ValueError:
        raise FileError(f"{stripped[:40]!r} is no number.") from None


def _plain_float(text: str | None) -> float:
    """Return a number. Python's own texts, such as 1_000 and digits of other scripts, are none."""
    if text is None or "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def to_numbers(texts: Collection[str | None]) -> Floats:
    """Return each number, as `to_number` would."""
    try:
        return np.fromiter(map(_plain_float, texts), np.float64, len(texts))
    except (TypeError, ValueError):
        return np.fromiter(map(to_number, texts), np.float64, len(texts))


def known(value: float) -> float | None:
    """Return a finite number greater than 0; None for others, which mean that it is unknown."""
    return value if math.isfinite(value) and value > 0 else None
