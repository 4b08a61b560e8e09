"""The checks, each of rules of the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from apps.verification.comparing import CheckNotes
from apps.verification.examined import ExaminedServer

Examine = Callable[[ExaminedServer], None]


@dataclass(frozen=True)
class ParityCheck:
    """A check of rules: `examine` asks the server and notes what it compares."""

    name: str
    rules: tuple[str, ...]
    title: str
    examine: Examine


@dataclass(frozen=True)
class CheckResult:
    """A check, and what it noted."""

    check: ParityCheck
    notes: CheckNotes = field(default_factory=CheckNotes)


_checks: dict[str, ParityCheck] = {}


def parity_check(*rules: str) -> Callable[[Examine], Examine]:
    """Make a function a check of rules. Its docstring is the title."""

    def register(examine: Examine) -> Examine:
        name = examine.__name__.replace("_", "-")
        title = " ".join((examine.__doc__ or "").split()).removesuffix(".")
        _checks[name] = ParityCheck(name, rules, title, examine)
        return examine

    return register


def registered_checks() -> list[ParityCheck]:
    """Return the checks that were registered so far, in that order."""
    return list(_checks.values())
