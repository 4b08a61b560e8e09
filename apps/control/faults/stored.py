"""The rules in the control database, and how often each matched and was applied.

Counters are exact, because one statement both decides and counts. Workers wait for each other at
the row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Json

from apps.control.connection import control
from apps.control.faults.members import FaultError
from apps.control.faults.rules import FaultRule, read_rule

MOST_RULES = 100
"""How many rules a sandbox may have."""

# A number from 0 to 1 that follows from the seed and from which match this is.
_DRAWN = (
    "('x' || encode(substr(sha256(convert_to(seed || ':' || (matched + 1), 'UTF8')), 1, 4), 'hex'))"
    "::bit(32)::bigint / 4294967296.0"
)
_APPLIES = (
    "(matched >= after AND (times IS NULL OR applied < times) "
    f"AND (probability >= 1 OR {_DRAWN} < probability))"
)
_COUNT = (
    f"UPDATE fault SET matched = matched + 1, applied = applied + {_APPLIES}::int, "  # noqa: S608
    f"applies = {_APPLIES} WHERE id = %s RETURNING applies, applied"
)
_ADD = (
    "INSERT INTO fault (sandbox, rule, after, times, probability, seed) "
    "SELECT %s, %s, %s, %s, %s, %s WHERE (SELECT count(*) FROM fault WHERE sandbox = %s) < %s "
    "RETURNING id"
)


@dataclass(frozen=True)
class StoredRule:
    """A rule with its number."""

    key: int
    rule: FaultRule


@dataclass(frozen=True)
class RuleRow:
    """A rule as it was sent, and its counters."""

    key: int
    sent: Mapping[str, Any]
    matched: int
    applied: int
    created: datetime


def read_rules() -> dict[str, tuple[StoredRule, ...]]:
    """Return the rules of all sandboxes that have some, in their order.

    Those that this version does not know any more are left out.
    """
    found: defaultdict[str, list[StoredRule]] = defaultdict(list)
    rows = control().execute("SELECT sandbox, id, rule FROM fault ORDER BY id")
    for sandbox, key, sent in rows.fetchall():
        with suppress(FaultError):
            found[sandbox].append(StoredRule(key, read_rule(sent)))
    return {sandbox: tuple(rules) for sandbox, rules in found.items()}


def count_match(key: int) -> int | None:
    """Count that a request matched a rule. Return which application this is, from 1 on; None if
    the rule spares this request, or is gone."""
    row = control().execute(_COUNT, [key]).fetchone()
    return int(row[1]) if row is not None and row[0] else None


def add_row(sandbox: str, sent: Mapping[str, Any], rule: FaultRule) -> int | None:
    """Store a rule. Return its number, or None if the sandbox has MOST_RULES already."""
    values = [sandbox, Json(sent), rule.after, rule.times, rule.probability, rule.seed]
    row = control().execute(_ADD, [*values, sandbox, MOST_RULES]).fetchone()
    return None if row is None else int(row[0])


def list_rows(sandbox: str) -> list[RuleRow]:
    """Return the rules of a sandbox with their counters, in their order."""
    rows = control().execute(
        "SELECT id, rule, matched, applied, created FROM fault WHERE sandbox = %s ORDER BY id",
        [sandbox],
    )
    return [RuleRow(*row) for row in rows.fetchall()]


def remove_row(sandbox: str, key: int) -> bool:
    """Remove a rule. Return whether there was one."""
    done = control().execute("DELETE FROM fault WHERE sandbox = %s AND id = %s", [sandbox, key])
    return done.rowcount == 1


def remove_rows(sandbox: str) -> None:
    """Remove all rules of a sandbox."""
    control().execute("DELETE FROM fault WHERE sandbox = %s", [sandbox])
