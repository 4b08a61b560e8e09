"""info.json of a binary download (wire F1, F2, F4 and 5.4)."""

from __future__ import annotations

import json
from typing import Any

from apps.api.context import Context
from apps.records.models import Record
from apps.records.resources import algo_object
from hexostore import hexotime

DECODER = "0.4.0"
"""The decoder that a reader needs. The published one in C is of this version and refuses files
for a newer one, as genuine downloads are; it reads all that is written here."""


def text(record: Record, start: int, request: str, context: Context) -> bytes:
    """The file: four blanks before each member, for readers that look for lines of text.

    `start` is the tick at which the files begin, `request` the path as it was asked.
    """
    algo = algo_object(context, record.algo)
    return _written({**_members(record.user_id, start, request), "algo": algo})


def range_text(user: int, start: int, request: str) -> bytes:
    """The file beside the folders of a range, which begins at tick `start`."""
    return _written(_members(user, start, request))


def _members(user: int, start: int, request: str) -> dict[str, Any]:
    return {
        "timestamp": hexotime.to_seconds(start),
        "request": request,
        "start": start,
        "user": user,
        "decoder_version": DECODER,
        "start_date": date(start, "T"),
    }


def _written(members: dict[str, Any]) -> bytes:
    return json.dumps(members, indent=4).encode() + b"\n"


def date(ticks: int, separator: str) -> str | None:
    """`2014-07-17T19:38:06.835938` in UTC, always with the fraction, which readers want.

    None for what no calendar has.
    """
    try:
        moment = hexotime.to_datetime(ticks)
    except OverflowError:
        return None
    return moment.replace(tzinfo=None).isoformat(separator, "microseconds")
