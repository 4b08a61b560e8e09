"""The titles of columns in CSV, written and read: published readers find columns by their exact
text (wire F9).
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
"""Titles of the column of times, with the ticks that it counts in; the first is written."""

URI = r"(?:https?://[^/]+)?/api/(?:v1/)?datatype/(?P<id>\d{1,6})/?"
"""URIs of datatypes, of any server and either prefix."""

TITLE = TextForm("{name} [{unit}]({uri})", {"name": ".*?", "unit": r"[^\]]*", "uri": URI})
"""`heart_rate [bpm](/api/datatype/19/)`"""


def time_title(ticks: int) -> str:
    """Return the title of a column of times that counts in so many ticks."""
    return next(title for title, each in TIMES.items() if each == ticks)


def title(datatype: Datatype, context: Context) -> str:
    """`heart_rate [bpm](/api/datatype/19/)`: name, unit of what is shown, and URI."""
    uri = registry.model_resource("datatype").uri(context, datatype.pk)
    return TITLE.write(name=datatype.name, unit=_unit(datatype), uri=uri)


def of_events(datatype: Datatype, context: Context) -> bytes:
    """Return the first line of a file of events: their times in seconds, and the values."""
    return f"{time_title(TICKS_PER_SECOND)},{title(datatype, context)}\n".encode()


def read(text: str) -> tuple[int, str | None] | None:
    """Return the id and unit in the title of a datatype, the unit None where it has none.

    The URI alone will do. None for the title of something else.
    """
    found = _pattern(TITLE).fullmatch(text)
    return (int(found["id"]), found["unit"]) if found else None


@cache
def _known_pattern(before: str, after: str) -> re.Pattern[str]:
    """The pattern of a title of which only the URI must be there."""
    return re.compile(f"(?:{before})?{URI}(?:{after})?")


def _pattern(form: TextForm) -> re.Pattern[str]:
    return _known_pattern(*form.loose_around("uri"))


def _unit(datatype: Datatype) -> str:
    """The unit of what `scale` gives; counts that mean something else have none."""
    if scaling.in_ticks(datatype):
        return TICKS
    counts = scaling.scale(datatype) is None
    if counts and (datatype.gain, datatype.offset) != (1, 0):
        return NO_UNIT
    return datatype.unit or NO_UNIT
