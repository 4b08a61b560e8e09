"""Moments and amounts of time in bodies of the control plane."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.sandbox.plane.replies import PlaneError
from hexostore import hexotime

_LONGEST = 40  # characters of a moment


def read_moment(name: str, value: object) -> datetime:
    """Return the moment of an ISO text, in UTC unless it has an offset, or of a HexoTimestamp.

    Raise PlaneError.
    """
    try:
        if isinstance(value, int):
            return hexotime.to_datetime(value)
        if isinstance(value, str) and len(value) <= _LONGEST:
            return hexotime.from_iso(value)
    except (ValueError, OverflowError):
        pass
    example = "2026-11-20T08:00:00, or a HexoTimestamp in ticks of 1/256 s"
    raise PlaneError(f"{name} must be an ISO time such as {example}.")


def read_seconds(name: str, value: float) -> timedelta:
    """Return an amount of time that is not negative. Raise PlaneError."""
    try:
        if value >= 0:
            return timedelta(seconds=value)
    except (ValueError, OverflowError):
        pass
    raise PlaneError(f"{name} must be a number of seconds, at least 0.")
