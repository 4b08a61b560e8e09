"""Conversions between ticks, seconds, datetimes and ISO text.

A tick is 1/256 s; ticks count from 1970-01-01T00:00:00 UTC (API reference, Timestamps). A
microsecond is shorter than a tick, so ticks are the same after conversion to a datetime and back.
"""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

TICKS_PER_SECOND = 256
TICKS_PER_HOUR = 3600 * TICKS_PER_SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_PER_SECOND = 1_000_000


def from_seconds(seconds: int | float | Fraction) -> int:
    """Return ticks of `seconds` since 1970, rounded down."""
    return int(seconds * TICKS_PER_SECOND // 1)


def to_seconds(ticks: int) -> float:
    """Return the seconds since 1970 of `ticks`; exact, because 256 is a power of two."""
    return ticks / TICKS_PER_SECOND


def to_full_hour(ticks: int, *, up: bool) -> int:
    """Return the full hour UTC at or before `ticks`, or with `up` at or after them."""
    return ticks + (-ticks % TICKS_PER_HOUR if up else -(ticks % TICKS_PER_HOUR))


def to_datetime(ticks: int) -> datetime:
    """Return the aware UTC datetime of `ticks`, to the nearest microsecond.

    Raise OverflowError outside of the years 1 to 9999.
    """
    return _EPOCH + timedelta(seconds=to_seconds(ticks))


def from_datetime(moment: datetime) -> int:
    """Return the nearest tick of an aware datetime, or of a naive one taken as UTC."""
    microseconds = (as_utc(moment) - _EPOCH) // _MICROSECOND
    return round(Fraction(microseconds * TICKS_PER_SECOND, _MICROSECONDS_PER_SECOND))


def start_of_day(day: date) -> int:
    """Return the tick at which a date begins in UTC."""
    return from_datetime(datetime.combine(day, time()))


def as_utc(moment: datetime) -> datetime:
    """Return the same moment, aware, in UTC; a naive datetime is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def to_iso(moment: datetime) -> str:
    """Return `2014-07-17T19:38:06+00:00`: whole seconds with the offset, as in the API
    reference."""
    return as_utc(moment).replace(microsecond=0).isoformat()


def to_naive_iso(moment: datetime) -> str:
    """Return `2014-05-08T12:34:56.789012`: UTC without offset, microseconds unless zero
    (Tastypie)."""
    return as_utc(moment).replace(tzinfo=None).isoformat()


def from_iso(text: str) -> datetime:
    """Return the aware UTC datetime of ISO 8601 `text`; without an offset it means UTC.

    Raise ValueError if it is malformed.
    """
    return as_utc(datetime.fromisoformat(text))
