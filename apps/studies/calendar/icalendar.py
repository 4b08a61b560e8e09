"""iCalendar (RFC 5545), as far as a feed of events needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from whenever import Date, Instant, Time, ZonedDateTime

from hexostore.hexotime import TICKS_PER_SECOND

MEDIA_TYPE = "text/calendar"
UTC = "UTC"

_OCTETS = 75
"""Of a line; what is longer goes on in the next, behind a space (RFC 5545, section 3.1)."""
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_SPECIAL = re.compile(r"[\\;,\n]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class BasicDates(dict[int, str]):
    """The texts of days as iCalendar writes them, each made once."""

    def __missing__(self, day: int) -> str:
        text = self[day] = date.fromordinal(day).isoformat().replace("-", "")
        return text


def write_file(lines: Iterable[str]) -> Iterator[str]:
    """Yield the file of content lines: each is folded, and ends with CR and LF."""
    return (f"{fold_line(line)}\r\n" for line in lines)


def escape_text(text: str) -> str:
    """Return a text as the value of a property. Letters that control a terminal are left out."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n"))
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], plain)


def utc_time(ticks: int) -> str:
    """Return a moment, to the second, as UTC."""
    moment = Instant.from_timestamp(ticks // TICKS_PER_SECOND).to_tz(UTC).to_stdlib()
    return f"{moment:%Y%m%dT%H%M%SZ}"


def clock_time(seconds: int) -> str:
    """Return a time of the day, from 0 to before 86,400 seconds, as it follows a date."""
    minutes, seconds = divmod(seconds, 60)
    return f"T{minutes // 60:02}{minutes % 60:02}{seconds:02}"


def timezone_lines(zone: str, first: date, last: date) -> Iterator[str]:
    """Yield the VTIMEZONE of a zone with every change of its clock from the first day to the last.

    Raise ValueError for an unknown zone.
    """
    before = Date(first - timedelta(days=1)).at(Time(12)).assume_tz(zone)
    yield from ("BEGIN:VTIMEZONE", f"TZID:{zone}")
    yield from _observance(before, before)
    after = before.next_transition()
    while after is not None and after.date().to_stdlib() <= last + timedelta(days=1):
        yield from _observance(before, after)
        before, after = after, after.next_transition()
    yield "END:VTIMEZONE"


def _observance(before: ZonedDateTime, after: ZonedDateTime) -> Iterator[str]:
    """What the clock shows from the moment `after` on. It begins at what it showed until then."""
    kind = "DAYLIGHT" if after.dst_offset() else "STANDARD"
    begin = after.to_fixed_offset(before.offset).to_plain()
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{begin.to_stdlib():%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{_offset(before)}"
    yield f"TZOFFSETTO:{_offset(after)}"
    yield f"TZNAME:{escape_text(after.tz_abbrev())}"
    yield f"END:{kind}"


def _offset(moment: ZonedDateTime) -> str:
    seconds = int(moment.offset.total("seconds"))
    hours, rest = divmod(abs(seconds), 3600)
    text = f"{'-' if seconds < 0 else '+'}{hours:02}{rest // 60:02}"
    return f"{text}{rest % 60:02}" if rest % 60 else text


def fold_line(line: str) -> str:
    """Return a line as it stands in a file; one that is folded already stays. It takes long for a
    long line, which is worth it once for many events."""
    if len(line.encode()) <= _OCTETS or "\r\n" in line:
        return line
    parts, size = [""], 0
    for letter in line:
        size += len(letter.encode())
        if size > _OCTETS:
            parts, size = [*parts, " "], 1 + len(letter.encode())
        parts[-1] += letter
    return "\r\n".join(parts)
