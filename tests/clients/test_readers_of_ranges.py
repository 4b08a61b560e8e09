"""Programs that read a record with its ranges: HxApi 2.0 and what was made of it.

Insights and a later HexoBio send version 3.3.x and read the routine in `context`; hexostress and
the first HexoBio send 2.0.x and read it on top (wire row 30).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.clients.session import Session, with_key
from tests.live import Live

RECORD = 37700
WINDOW = 65535
"""Samples that HxApi asks for at once, so that nothing is thinned."""

COLUMNS = ("rank", "start", "end", "id", "name", "note")


def ranges_of(session: Session, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The ranges within a record, in the words of HxApi."""
    asked = f"order_by=-start&limit=50&user={record['user']['id']}"
    within = f"start__gte={record['start']}&end__lte={record['end']}"
    found: list[dict[str, Any]] = session.read(f"/api/range/?{asked}&{within}")["objects"]
    return found


def record_with_ranges(session: Session) -> dict[str, Any]:
    """A record of the athlete during which there are ranges."""
    for record in session.rows("/api/record/?limit=50&user=1511"):
        if record["end"] and ranges_of(session, record):
            return dict(record)
    raise LookupError("no record has a range")


@pytest.mark.rule("wire row 30", "wire 8.5")
def test_the_routine_in_the_context(live: Live) -> None:
    session = with_key(live, version="3.3.x")
    found = ranges_of(session, record_with_ranges(session))
    for each in found:
        line = [each[name] for name in COLUMNS] + [each["context"]["trainingroutine"]]
        assert None not in line[:4]
        assert each["context"].keys() == {"activitytype", "trainingroutine"}
        assert each["context"]["trainingroutine"] == each["trainingroutine"]
    assert any(each["context"]["trainingroutine"] for each in found)


@pytest.mark.rule("wire row 30")
def test_the_routine_on_top(live: Live) -> None:
    session = with_key(live, version="2.0.x")
    found = ranges_of(session, record_with_ranges(session))
    assert all("context" not in each for each in found)
    assert any(each["trainingroutine"] for each in found)


@pytest.mark.rule("wire row 31")
@pytest.mark.parametrize("version", ["2.0.x", "3.3.x"])
def test_a_record_window_by_window(live: Live, version: str) -> None:
    """Several channels in one request, zipped with the times of the first; times are integers."""
    session = with_key(live, version=version)
    record = session.read(f"/api/record/{RECORD}/")
    start, end = record["start"], min(record["end"], record["start"] + 4 * WINDOW * 2)
    times: list[int] = []
    while start < end:
        until = min(start + 4 * WINDOW, end)
        asked = f"start={start}&end={until}&user={record['user']['id']}&datatype=4145,4146,4147"
        for entry in session.read(f"/api/data/?{asked}"):
            channels = [entry["data"][str(each)] for each in (4145, 4146, 4147)]
            assert len({len(each) for each in channels}) == 1
            times += [tick for tick, _ in channels[0]]
        start = until
    assert all(isinstance(tick, int) for tick in times)
    steps = {later - tick for tick, later in pairwise(times)}
    assert steps <= {0, 4}
    assert 4 in steps
