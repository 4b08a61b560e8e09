"""The current time. This is the only module that asks the system for it."""

from datetime import UTC, datetime

from hexostore import hexotime


def now() -> datetime:
    """Return the present moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that may


def real_now() -> datetime:
    """Return the moment at which a request arrives, whatever clock its sandbox has."""
    return datetime.now(UTC)  # noqa: TID251 - as above


def ticks() -> int:
    """Return the present moment in ticks (1/256 s since 1970 UTC), rounded down."""
    return hexotime.from_datetime(now())
