"""What a download says about its record: info.json and statistics.csv (wire 5.4)."""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from typing import Any

import orjson

from apps.signals.formats.download import info_members
from apps.signals.formats.download.info_members import FIRST_TICK, LAST_TICK
from apps.signals.formats.reading.members import ArchiveError, DownloadMember
from hexostore import hexotime

SIZE = 1 << 20
"""The most bytes of an info.json or statistics.csv."""

IDS = 10**12
"""Ids of records are below this."""

TICKS = 1_230_768_000 * 256, 2_524_608_000 * 256
"""The years 2009 to 2050. The official decoder recognizes the device by them."""

_ASTROSKIN = 1_230_768_000 * 1000, 2_524_608_000 * 1000
_RECORD = re.compile(r"[?&]record=(\d{1,12})(?:&|$)")


@dataclass(frozen=True, slots=True)
class Info:
    """`start` in ticks, the requested `record`, and the versions of algorithms."""

    start: int | None
    record: int | None
    algo: dict[str, Any] | None


def read(member: DownloadMember) -> Info:
    """Return the content of an info.json.

    The start is `start`, in old files `start_timestamp`, or else `timestamp` in seconds. Raise
    ArchiveError if it is not a JSON object, and for a start outside of the years 2009 to 2050.
    """
    content = member.read(SIZE).removeprefix(codecs.BOM_UTF8)
    if not content:
        raise member.error("is empty (0 bytes)")
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise member.error(f"is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise member.error("is not a JSON object")
    return Info(
        _parse_start(member, found),
        _parse_record_id(found),
        _parse_algorithms(found.get(info_members.ALGO)),
    )


def tick(where: str, moment: float) -> int:
    """Return the moment if it is a tick in the years 2009 to 2050. Raise ArchiveError otherwise; it
    says `where` it was found."""
    first, last = TICKS
    if first < moment < last and moment == int(moment):
        return int(moment)
    if _ASTROSKIN[0] < moment < _ASTROSKIN[1]:
        raise ArchiveError(f"{where}: {moment} counts 1,000 ticks a second, which is not supported")
    raise ArchiveError(f"{where}: {str(moment)[:40]} is not a tick in the years 2009 to 2050")


def _parse_start(member: DownloadMember, found: dict[str, Any]) -> int | None:
    for name in (info_members.START, info_members.OLD_START, info_members.TIMESTAMP):
        value = found.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise member.error(f"{name} is not a number")
        if name == info_members.TIMESTAMP and abs(value) < TICKS[1]:
            value = round(value * hexotime.TICKS_PER_SECOND)
        return tick(f"{member.path}: {name}", value)
    return None


def _parse_record_id(found: dict[str, Any]) -> int | None:
    request = found.get(info_members.REQUEST)
    asked = _RECORD.search(request) if isinstance(request, str) else None
    return record_id(asked[1]) if asked else None


def record_id(digits: str) -> int | None:
    """Return the id of those digits, if a record can have it."""
    number = int(digits) if len(digits) <= len(str(IDS)) else 0
    return number if 0 < number < IDS else None


def _parse_algorithms(found: object) -> dict[str, Any] | None:
    """Return the versions of algorithms in the form that records store, if it has any."""
    if not isinstance(found, dict):
        return None
    number, created, algorithms = (found.get(key) for key in ("id", "created", "algorithms"))
    whole = isinstance(number, int) and 0 < number < IDS and isinstance(algorithms, dict)
    kept = {"algorithms": algorithms, "created": created, "id": number}
    return kept if whole and b"\\u0000" not in orjson.dumps(kept) else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The times in a statistics.csv, in ticks; None if they are missing."""

    start: int | None
    end: int | None


def statistics(member: DownloadMember) -> Statistics:
    """Return the `start` and `end` in the last line of a statistics.csv; files of 2017 have none.

    Other values are ignored, because they follow from the signals. Raise ArchiveError if it is not
    a table, or for times that are not ticks.
    """
    text = member.read(SIZE).decode("utf-8-sig", "replace")
    try:
        lines = list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise member.error(str(error)) from error
    row = dict(zip(lines[0], lines[-1], strict=False)) if len(lines) > 1 else {}
    return Statistics(*(_parse_tick(member, row, name) for name in (FIRST_TICK, LAST_TICK)))


def _parse_tick(member: DownloadMember, row: dict[str, str], name: str) -> int | None:
    text = row.get(name, "").strip()
    if text in ("", info_members.NO_UNIT):
        return None
    if not re.fullmatch(r"[0-9]{1,15}(\.0)?", text):
        raise member.error(f"{name} is not a tick: {text[:40]!r}")
    return tick(f"{member.path}: {name}", float(text))
