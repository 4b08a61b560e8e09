"""Times of rows: ticks of 1/256 s, and their texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.verification.answers import ServerAnswer
from apps.verification.checks.objects import OTHER_SHAPES
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import ExaminedServer
from apps.verification.parity_checks import parity_check
from hexostore import hexotime


@parity_check("API reference, Timestamps", "behaviour 1", "wire row 3")
def ticks_are_the_start_date(server: ExaminedServer) -> None:
    """start in ticks of 1/256 s is the same moment as start_date, to the second."""
    found = False
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        for row in answer.objects:
            ticks, told = row.get("start"), row.get("start_date")
            if type(ticks) is int and isinstance(told, str):
                found = True
                wanted = hexotime.to_datetime(ticks).replace(microsecond=0)
                seen = _moment(told)
                server.notes.require(
                    answer, f"{name}.start_date", seen == wanted, str(wanted), told
                )
    if not found:
        raise CheckSkipped("no row has both start and start_date")


def _moment(text: str) -> datetime | None:
    try:
        return hexotime.as_utc(datetime.fromisoformat(text)).replace(microsecond=0)
    except ValueError:
        return None


@parity_check("wire row 3", "API reference, Timestamps")
def ends_come_after_starts(server: ExaminedServer) -> None:
    """start and end are whole numbers of ticks, and the end is not before the start."""
    found = False
    for name in ("record", "range"):
        if name not in server.index():
            continue
        answer = server.first_page(name)
        for row in answer.objects:
            start, end = row.get("start"), row.get("end")
            if start is not None and end is not None:
                found = True
                ordered = type(start) is int and type(end) is int and start <= end
                seen = [start, end]
                server.notes.require(answer, f"{name}: start and end", ordered, "in order", seen)
    if not found:
        raise CheckSkipped("no record or range has a start and an end")


@parity_check("T207", "T210", "behaviour 1")
def times_have_one_spelling(server: ExaminedServer) -> None:
    """Times are ISO texts, with the offset +00:00 or without one, and never with Z."""
    found = False
    for name, field, answer, value in _times(server):
        found = True
        known = value.endswith("+00:00") or ("+" not in value and not value.endswith("Z"))
        known = known and len(value) >= len("2014-07-17T19:38:06")
        expected = "2014-07-17T19:38:06, or with +00:00"
        server.notes.require(answer, f"{name}.{field}", known, expected, value)
    if not found:
        raise CheckSkipped("no row has a time")


def _times(server: ExaminedServer) -> Iterator[tuple[str, str, ServerAnswer, Any]]:
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        for field, told in server.fields(name).items():
            if told.get("type") == "datetime" and (name, field) not in OTHER_SHAPES:
                for row in answer.objects:
                    if isinstance(row.get(field), str):
                        yield name, field, answer, row[field]
