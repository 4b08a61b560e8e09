"""Checks of the members of a rule that somebody sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from hexostore.suggestions import did_you_mean

Check = Callable[[object, str], Any]
"""Takes a value and the name of its member, and returns what the rule keeps, or raises
FaultError."""


class FaultError(Exception):
    """A rule is wrong. The text names the member."""


def take_members(sent: object, known: Mapping[str, Check], where: str) -> dict[str, Any]:
    """Return the checked members of an object; null counts as left out. Raise FaultError."""
    if not isinstance(sent, dict):
        raise FaultError(f"{where} must be an object.")
    begin = "" if where == RULE else f"{where}."
    for name in sent:
        if name not in known:
            hint = did_you_mean(name[:60], known) or f" Known: {', '.join(known)}."
            raise FaultError(f"Unknown member {begin}{name[:60]}.{hint}")
    given = ((name, value) for name, value in sent.items() if value is not None)
    return {name: known[name](value, f"{begin}{name}") for name, value in given}


RULE = "The rule"


def text(longest: int) -> Check:
    """Return the check of a string that is not empty."""

    def check(value: object, where: str) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
            raise FaultError(f"{where} must be a string of 1 to {longest} characters.")
        return value

    return check


def whole(least: int, most: int) -> Check:
    """Return the check of a whole number."""

    def check(value: object, where: str) -> int:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not least <= value <= most:  # type: ignore[operator]
            raise FaultError(f"{where} must be a whole number from {least} to {most}.")
        return value  # type: ignore[return-value]

    return check


def number(least: float, most: float) -> Check:
    """Return the check of a number."""

    def check(value: object, where: str) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:  # type: ignore[operator]
            raise FaultError(f"{where} must be a number from {least:g} to {most:g}.")
        return float(value)  # type: ignore[arg-type]

    return check


def one_of(*words: str) -> Check:
    """Return the check of a string that is one of some words."""

    def check(value: object, where: str) -> str:
        if value not in words:
            raise FaultError(f"{where} must be one of: {', '.join(words)}.")
        return str(value)

    return check


def yes(value: object, where: str) -> bool:
    """Return true, the only value of a member that is otherwise left out. Raise FaultError."""
    if value is not True:
        raise FaultError(f"{where} must be true, or left out.")
    return True


def table_of(check: Check, most: int) -> Check:
    """Return the check of an object whose values are all alike."""

    def check_all(value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict) or not 0 < len(value) <= most:
            raise FaultError(f"{where} must be an object with 1 to {most} members.")
        return {name: check(each, f"{where}.{name[:60]}") for name, each in value.items()}

    return check_all


def any_json(most: int) -> Check:
    """Return the check of any JSON, with so many values at most."""

    def check(value: object, where: str) -> object:
        if _count(value) > most:
            raise FaultError(f"{where} has more than {most} values.")
        return value

    return check


def _count(value: object) -> float:
    """Return how many values JSON has; infinity for one that is no JSON."""
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_count, value))
    return math.inf if isinstance(value, float) and not math.isfinite(value) else 1
