"""Reading dates as people and programs write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import TypeVar

from dateutil import parser as dateutil

from apps.api.bodies import JSONValue
from apps.api.bounds import LONGEST_DATE, shorten_value
from apps.api.errors import BadRequest
from hexostore import clock

M = TypeVar("M")


def _today_midnight() -> datetime:
    """Return the beginning of today. A date text takes the parts that it leaves out from there."""
    today = clock.now().date()
    return datetime.combine(today, time.min)


def parse_liberally(name: str, kind: str, value: JSONValue, meaning: Callable[[datetime], M]) -> M:
    """Return the meaning of a date text in any usual spelling (Tastypie rule T117).

    `kind` is the word in the error text (rule T118). Raise BadRequest, also for a moment that
    `meaning` cannot express.
    """
    if not isinstance(value, str):
        raise BadRequest(
            f"{kind} provided to '{name}' field must be a string: {shorten_value(value)}"
        )
    try:
        if len(value) > LONGEST_DATE:
            raise ValueError("longer than any date")
        return meaning(dateutil.parse(value, default=_today_midnight()))
    except (ValueError, OverflowError):
        raise BadRequest(
            f"{kind} provided to '{name}' field doesn't appear to be a valid "
            f"{kind.lower()} string: '{shorten_value(value)}'"
        ) from None
