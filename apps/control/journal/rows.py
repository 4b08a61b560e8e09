"""The journal in the control database: filled from the spool, read, and kept short.

Every function first moves what is in the spool, so it works on all requests that were answered
before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

import orjson
from psycopg import Cursor

from apps.control.background import keep_working
from apps.control.connection import control
from apps.control.journal.spool import RequestSpool, home_spool
from apps.control.machines import are_several

MOST_KEPT = 10_000
"""How many requests can be kept of each sandbox."""

_TRIMMED_EACH = 16  # requests, where they are added one by one

_EVERY = 1.0  # seconds between two looks into the spool

_COLUMNS = "sandbox, born, time, method, path, status, user_name, client, scheme, reason, details"
_COPY = f"COPY request ({_COLUMNS}) FROM STDIN"
_ADD = f"""
    INSERT INTO request ({_COLUMNS}) SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
    WHERE EXISTS (SELECT FROM sandbox WHERE name = %s AND created = %s) RETURNING id
"""  # noqa: S608 - only names of columns
_TRIM = """
    DELETE FROM request WHERE sandbox = %s AND id <= (
        SELECT id FROM request WHERE sandbox = %s ORDER BY id DESC
        OFFSET (SELECT kept FROM request_spool) LIMIT 1
    )
"""
_FROM = "request JOIN sandbox ON sandbox.name = request.sandbox AND sandbox.created = born"
_OUTLINE = f"""
    SELECT id, sandbox, time, method, details::json->>'url', status, user_name, client, reason,
        (details::json->>'ms')::float8, (details::json->>'fault')::bigint
    FROM {_FROM} WHERE
"""  # noqa: S608 - only names of columns
_SELECT = f"""
    SELECT id, sandbox, time, method, path, status, user_name, client, scheme, reason, details
    FROM {_FROM} WHERE
"""  # noqa: S608 - only names of columns


@dataclass(frozen=True)
class JournalEntry:
    """A request in the journal. `details` are described in entries.py."""

    id: int
    sandbox: str
    time: datetime
    method: str
    path: str
    status: int
    user: str
    client: str
    scheme: str
    reason: str
    details: dict[str, Any]


@dataclass(frozen=True)
class JournalLine:
    """What a list shows of a request in the journal. `fault` is the rule that was applied to it."""

    id: int
    sandbox: str
    time: datetime
    method: str
    url: str
    status: int
    user: str
    client: str
    reason: str
    ms: float
    fault: int | None


@dataclass(frozen=True)
class JournalQuestion:
    """Which requests are asked for: conditions of SQL with their values, the most, and an order.

    `sandbox` is None for all sandboxes.
    """

    sandbox: str | None
    conditions: tuple[tuple[str, Any], ...] = ()
    limit: int | None = None
    newest_first: bool = False


def find_requests(question: JournalQuestion) -> Iterator[JournalEntry]:
    """Return the requests that are asked for."""
    for row in _find_rows(_SELECT, question):
        values = [*row[:-1], orjson.loads(row[-1])]
        yield JournalEntry(*values)


def outline_requests(question: JournalQuestion) -> list[JournalLine]:
    """Return a line for each request that is asked for, without its headers and its body."""
    return [JournalLine(*row) for row in _find_rows(_OUTLINE, question)]


def _find_rows(select: str, question: JournalQuestion) -> Cursor[tuple[Any, ...]]:
    drain_spool()
    conditions = [*_in_sandbox(question.sandbox), *question.conditions]
    where = " AND ".join(["TRUE", *(text for text, _ in conditions)])
    order = "DESC" if question.newest_first else "ASC"
    return control().execute(
        f"{select} {where} ORDER BY id {order} LIMIT %s",
        [*(value for _, value in conditions), question.limit],
    )


def clear_requests(sandbox: str | None) -> int:
    """Delete the requests of a sandbox, or of all for None. Return how many."""
    drain_spool()
    conditions = _in_sandbox(sandbox)
    where = " AND ".join(["TRUE", *(text for text, _ in conditions)])
    gone = control().execute(
        f"DELETE FROM request WHERE {where}",  # noqa: S608 - the texts are ours
        [value for _, value in conditions],
    )
    return gone.rowcount


def keep_newest(number: int) -> None:
    """Keep so many requests of each sandbox from now on, at most MOST_KEPT."""
    control().execute("UPDATE request_spool SET kept = %s", [number])


def add_line(line: bytes) -> None:
    """Add a request at once, so that servers on other machines see it, if its sandbox still is."""
    *columns, details = orjson.loads(line)
    added = control().execute(_ADD, [*columns, orjson.dumps(details).decode(), *columns[:2]])
    row = added.fetchone()
    if row is not None and row[0] % _TRIMMED_EACH == 0:
        control().execute(_TRIM, [columns[0], columns[0]])


def drain_spool() -> None:
    """Move what is in the spool into the database, each line once, whoever is killed meanwhile."""
    if are_several():
        _trim_all()
        return
    spool = home_spool()
    with spool.turn():
        end = spool.end()
        while _move_lines(spool, end):
            pass
        spool.empty(end)


def _trim_all() -> None:
    """Delete the oldest requests of each sandbox, where servers add them one by one."""
    for (name,) in control().execute("SELECT name FROM sandbox").fetchall():
        control().execute(_TRIM, [name, name])


def keep_draining(stop: Event) -> None:
    """Move lines once a second until `stop` is set. This survives restarts of the database."""

    def keep() -> None:
        while not stop.wait(_EVERY):
            drain_spool()

    keep_working(keep, "the journal of requests is waiting", stop)


def _move_lines(spool: RequestSpool, end: int) -> bool:
    """Move some lines before a position. Return whether there may be more."""
    generation = spool.generation()
    with control().transaction():
        start = _position(generation)
        if start >= end:
            return False
        lines, reached = spool.read(start, end)
        _add_rows(lines)
        control().execute(
            "UPDATE request_spool SET generation = %s, position = %s", [generation, reached]
        )
    return True


def _position(generation: str) -> int:
    """Return up to where the lines of a generation are moved."""
    found = control().execute(
        "SELECT position FROM request_spool WHERE generation = %s", [generation]
    )
    row = found.fetchone()
    return 0 if row is None else int(row[0])


def _add_rows(lines: Sequence[bytes]) -> None:
    """Add the requests of sandboxes that there are, and delete the oldest ones."""
    sandboxes = control().execute("SELECT name, created FROM sandbox").fetchall()
    known: dict[str, datetime] = dict(sandboxes)
    rows = [
        columns
        for columns in map(_columns_of, lines)
        if columns is not None and known.get(columns[0]) == datetime.fromisoformat(columns[1])
    ]
    if not rows:
        return
    with control().cursor() as cursor, cursor.copy(_COPY) as copy:
        for *columns, details in rows:
            copy.write_row([*columns, orjson.dumps(details).decode()])
    for name in {columns[0] for columns in rows}:
        control().execute(_TRIM, [name, name])


def _columns_of(line: bytes) -> list[Any] | None:
    """Return the columns of a line, None for what a killed process has left of one."""
    try:
        columns = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return columns if isinstance(columns, list) else None


def _in_sandbox(sandbox: str | None) -> list[tuple[str, Any]]:
    return [] if sandbox is None else [("sandbox = %s", sandbox)]
