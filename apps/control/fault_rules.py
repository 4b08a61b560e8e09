"""Adding, listing and removing the rules of faults, for all processes of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from apps.control.faults import stored
from apps.control.faults.members import FaultError
from apps.control.faults.rules import read_rule
from apps.control.faults.stored import MOST_RULES, RuleRow
from apps.control.plane import ControlPlane
from apps.control.sandboxes import Conflict, Missing, SandboxError


def add_rule(plane: ControlPlane, sandbox: str, sent: Mapping[str, Any]) -> RuleRow:
    """Add a rule to a sandbox. Raise SandboxError for a wrong one, and if there are too many."""
    try:
        key = stored.add_row(sandbox, sent, read_rule(sent))
    except FaultError as error:
        raise SandboxError(str(error)) from error
    except psycopg.errors.ForeignKeyViolation as error:
        raise Missing(f"There is no sandbox {sandbox!r}.") from error
    if key is None:
        raise Conflict(f"The sandbox {sandbox} has {MOST_RULES} faults, the most.")
    plane.tell_all()
    return find_rule(sandbox, key)


def find_rule(sandbox: str, key: int) -> RuleRow:
    """Return a rule with its counters. Raise Missing."""
    for row in stored.list_rows(sandbox):
        if row.key == key:
            return row
    raise Missing(f"The sandbox {sandbox} has no fault {key}.")


def remove_rule(plane: ControlPlane, sandbox: str, key: int) -> None:
    """Remove a rule. Raise Missing."""
    if not stored.remove_row(sandbox, key):
        raise Missing(f"The sandbox {sandbox} has no fault {key}.")
    plane.tell_all()


def remove_all(plane: ControlPlane, sandbox: str) -> None:
    """Remove all rules of a sandbox."""
    stored.remove_rows(sandbox)
    plane.tell_all()


def rule_as_json(row: RuleRow) -> dict[str, Any]:
    """Return a rule as it was sent, with its number and its counters."""
    return {
        "id": row.key,
        "kind": "rule",
        **row.sent,
        "matched": row.matched,
        "applied": row.applied,
        "created": row.created.isoformat(),
    }
