"""The titles of columns in CSV, written and read.

Published readers find columns by their exact text (wire F9).
"""

from __future__ import annotations

import re
from functools import cache

from apps.api import registry
from apps.api.context import Context
from apps.catalog.models import Datatype
from apps.signals.formats.text_forms import TextForm
from apps.signals.storage import scaling
from hexostore.hexotime import TICKS_PER_SECOND

TICKS = "s/256"
NO_UNIT = "NA"

USER = "user"
"""The title of the first column of a table of several users."""

TIMES = {f"time [{TICKS}]": 1, "timestamp": 1, "time [s]": TICKS_PER_SECOND}
"""Titles of the time column, with the ticks of its unit. The first one is written."""

URI = r"(?:https?://[^/]+)?/api/(?:v1/)?datatype/(?P<id>\d{1,6})/?"
"""URIs of datatypes, of any server and with either prefix."""

TITLE = TextForm("{name} [{unit}]({uri})", {"name": ".*?", "unit": r"[^\]]*", "uri": URI})
"""`heart_rate [bpm](/api/datatype/19/)`"""


def time_title(ticks: int) -> str:
    """Return the title of a time column with so many ticks per unit."""
    return next(title for title, each in TIMES.items() if each == ticks)


def make_title(datatype: Datatype, context: Context) -> str:
    """Return `heart_rate [bpm](/api/datatype/19/)`: name, unit of the shown values, and URI."""
    uri = registry.model_resource("datatype").uri(context, datatype.pk)
    return TITLE.write(name=datatype.name, unit=_unit_shown(datatype), uri=uri)


def of_events(datatype: Datatype, context: Context) -> bytes:
    """Return the first line of an event file: times in seconds, and the values."""
    return f"{time_title(TICKS_PER_SECOND)},{make_title(datatype, context)}\n".encode()


def parse_title(text: str) -> tuple[int, str | None] | None:
    """Return id and unit in the title of a datatype; the unit is None if there is none.

    The URI alone is enough. Return None for any other title.
    """
    found = _pattern_of(TITLE).fullmatch(text)
    return (int(found["id"]), found["unit"]) if found else None


@cache
def _known_pattern(before: str, after: str) -> re.Pattern[str]:
    """Return the pattern of a title in which only the URI is required."""
    return re.compile(f"(?:{before})?{URI}(?:{after})?")


def _pattern_of(form: TextForm) -> re.Pattern[str]:
    return _known_pattern(*form.loose_around("uri"))


def _unit_shown(datatype: Datatype) -> str:
    """Return the unit of the values after `scale`. Counts with another meaning have none."""
    if scaling.in_ticks(datatype):
        return TICKS
    counts = scaling.scale(datatype) is None
    if counts and (datatype.gain, datatype.offset) != (1, 0):
        return NO_UNIT
    return datatype.unit or NO_UNIT
