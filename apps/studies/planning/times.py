"""Times of the day, as whole seconds since midnight."""

from __future__ import annotations

import re

WHOLE_DAY = 86_400
"""24:00, the end of the day."""

_FORM = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)


def read_time(text: str) -> int:
    """Return the seconds since midnight of HH:MM, H:MM or HH:MM:SS, up to 24:00. Raise ValueError,
    with a sentence on what is wrong."""
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError("Expected a time such as 09:00, without a zone.")
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    time = 3600 * hours + 60 * minutes + seconds
    if minutes > 59 or seconds > 59 or time > WHOLE_DAY:
        raise ValueError("There is no such time of the day.")
    return time


def write_time(time: int) -> str:
    """Return HH:MM, with seconds only if there are any."""
    minutes, seconds = divmod(time, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text
