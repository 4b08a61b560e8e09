"""JSON values that somebody sent: how a sentence repeats them, and whether they can be stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

QUOTED = 60
"""Characters of a sent value that a sentence repeats."""
MOST_LEVELS = 64

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def shown(value: object) -> str:
    """Return a value as a sentence repeats it: short, and in letters that everybody can print."""
    if isinstance(value, int) and abs(value) >= 10**QUOTED:
        return "a number of many digits"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"


def is_storable(value: object) -> bool:
    """Return whether a JSON value can be stored and given back: nested no deeper than
    MOST_LEVELS, with finite numbers, and free of NUL and of half surrogate pairs."""
    if _is_deep(value):
        return False
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return False
    return "\\u0000" not in text.replace("\\\\", "") and not _HALF_PAIR.search(text)


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [inner for each in level for inner in _inner(each)]
    return bool(level)


def _inner(value: object) -> Iterable[object]:
    """The values in a list or an object."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
