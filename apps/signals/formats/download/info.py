"""info.json of a binary download (wire F1, F2, F4 and 5.4)."""

from __future__ import annotations

import json
from typing import Any

from apps.api.context import Context
from apps.records.models import Record
from apps.records.resources import algo_object
from apps.signals.formats.download import info_members
from hexostore import hexotime

DECODER = "0.4.0"
"""The decoder version that a reader needs.

The published decoder in C has this version and refuses files for a newer one, even genuine
downloads. It reads everything that is written here.
"""


def info_text(record: Record, start: int, request: str, context: Context) -> bytes:
    """Return the file. Each field is indented by four blanks, for readers that look for lines of
    text.

    `start` is the tick at which the files begin, and `request` the path as requested.
    """
    algo = algo_object(context, record.algo)
    return _write_fields({**_info_fields(record.user_id, start, request), info_members.ALGO: algo})


def range_text(user: int, start: int, request: str) -> bytes:
    """Return the file next to the folders of a range, which begins at tick `start`."""
    return _write_fields(_info_fields(user, start, request))


def _info_fields(user: int, start: int, request: str) -> dict[str, Any]:
    return {
        info_members.TIMESTAMP: hexotime.to_seconds(start),
        info_members.REQUEST: request,
        info_members.START: start,
        "user": user,
        "decoder_version": DECODER,
        "start_date": format_date(start, "T"),
    }


def _write_fields(members: dict[str, Any]) -> bytes:
    return json.dumps(members, indent=4).encode() + b"\n"


def format_date(ticks: int, separator: str) -> str | None:
    """Return `2014-07-17T19:38:06.835938` in UTC, always with the fraction, which readers need.

    Return None for a moment outside the calendar.
    """
    try:
        moment = hexotime.to_datetime(ticks)
    except OverflowError:
        return None
    return moment.replace(tzinfo=None).isoformat(separator, "microseconds")
