"""Rate counters in PostgreSQL, so that all workers share them.

A row counts from the first time until its window ends; the next time begins a new window. Counting
also removes rows whose window has ended, and there are never many more than `MOST`.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Any

from django.db import connection
from django.http import HttpRequest

from apps.credentials.models import RateCounter
from hexostore import clock

MOST = 100_000
TRIMMED_EACH = 256
"""After how many counts a process trims the rows."""

_TABLE = RateCounter._meta.db_table
_counts = count(1)

# A row that ends much too late was counted before the clock was put back. Workers may read the
# clock in one order and write in another, hence not just "later than ours".
_RUNS = "t.ends > %s AND t.ends <= 2 * EXCLUDED.ends - %s"
_SPEND = (
    f"INSERT INTO {_TABLE} AS t (name, ends, count) VALUES {{}} "  # noqa: S608
    "ON CONFLICT (name) DO UPDATE SET "
    f"count = CASE WHEN {_RUNS} THEN t.count + 1 ELSE 1 END, "
    f"ends = CASE WHEN {_RUNS} THEN t.ends ELSE EXCLUDED.ends END "
    "RETURNING name, ends, count"
)
_LOOK = f"SELECT name, ends, count FROM {_TABLE} WHERE name = ANY(%s) AND ends > %s"  # noqa: S608
_RELEASE = (
    f"UPDATE {_TABLE} SET count = count - 1 WHERE name IN (SELECT name FROM {_TABLE} "  # noqa: S608
    "WHERE name = ANY(%s) AND ends > %s AND count > 0 ORDER BY name FOR UPDATE)"
)
_TRIM = (
    f"DELETE FROM {_TABLE} WHERE name IN (SELECT name FROM {_TABLE} WHERE ends <= %s OR ends < "  # noqa: S608
    f"(SELECT ends FROM {_TABLE} ORDER BY ends DESC OFFSET %s LIMIT 1) FOR UPDATE SKIP LOCKED)"
)


@dataclass(frozen=True)
class RateLimit:
    """A number of times in a number of seconds."""

    most: int
    seconds: int


def count_hit(rates: Mapping[str, RateLimit]) -> int | None:
    """Count once under each name, in one statement. Return the seconds to wait if one of the names
    exceeds its limit, else None."""
    if next(_counts) % TRIMMED_EACH == 0:
        trim_rows()
    now = clock.now().timestamp()
    names = sorted(rates)  # who locks rows in one order waits for others, never in a circle
    values = [part for name in names for part in (name, now + rates[name].seconds)]
    places = ", ".join(["(%s, %s, 1)"] * len(names))
    rows = _run_statement(_SPEND.format(places), [*values, now, now, now, now])
    limits = {name: rate.most for name, rate in rates.items()}
    return _longest_wait(rows, limits, now)


def undo_hit(rates: Mapping[str, RateLimit]) -> None:
    """Take back what `count_hit` counted a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [list(rates), clock.now().timestamp()])


def peek_wait(rates: Mapping[str, RateLimit]) -> int | None:
    """Return the seconds to wait if one of the names has reached its limit, else None. This counts
    nothing."""
    now = clock.now().timestamp()
    rows = _run_statement(_LOOK, [list(rates), now])
    limits = {name: rate.most - 1 for name, rate in rates.items()}
    return _longest_wait(rows, limits, now)


def trim_rows() -> None:
    """Delete the rows whose window has ended, and above MOST those that end first."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIM, [clock.now().timestamp(), MOST])


def digest_text(text: str) -> str:
    """Return a short stand-in for a text of any length, for use in a name."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def client_address(request: HttpRequest) -> str:
    """Return the origin of a request: an IPv4 address, or an IPv6 network of the size that a
    household has."""
    sent = request.META.get("REMOTE_ADDR", "")
    try:
        found = ipaddress.ip_address(sent)
    except ValueError:
        return digest_text(sent)
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    household = ipaddress.ip_network((int(found), 64), strict=False)
    return str(household)


def _run_statement(sql: str, values: list[Any]) -> list[tuple[str, float, int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[str, float, int]] = cursor.fetchall()
        return rows


def _longest_wait(
    rows: Iterable[tuple[str, float, int]], allowed: Mapping[str, int], now: float
) -> int | None:
    full = [ends for name, ends, number in rows if number > allowed[name]]
    return max(1, ceil(max(full) - now)) if full else None
