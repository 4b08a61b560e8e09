"""A rule: which requests, how often, and what happens to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from apps.control.faults import members
from apps.control.faults.actions import FaultAction, read_action
from apps.control.faults.matching import FaultMatch, read_match
from apps.control.faults.members import RULE, FaultError, take_members

MOST_TIMES = 1_000_000_000
LONGEST_RULE = 256 * 2**10
"""Bytes of a rule as JSON."""


@dataclass(frozen=True)
class FaultRule:
    """What a rule says. `after` matching requests are spared, and then at most `times` hit, each
    with a probability that the seed decides."""

    action: FaultAction
    match: FaultMatch = field(default_factory=FaultMatch)
    name: str = ""
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    seed: int = 0


def read_rule(sent: object) -> FaultRule:
    """Return the rule that a JSON object describes. Raise FaultError, which names the member."""
    _require_plain(sent)
    found = take_members(sent, _MEMBERS, RULE)
    if "action" not in found:
        raise FaultError("action is missing: what happens to the requests.")
    return FaultRule(**found)


def _require_plain(sent: object) -> None:
    """Raise FaultError for what could not be stored and shown again, such as half a character."""
    try:
        size = len(orjson.dumps(sent))
    except TypeError as error:
        raise FaultError(f"{RULE} cannot be written as JSON: {error}.") from error
    if size > LONGEST_RULE:
        raise FaultError(f"{RULE} is longer than {LONGEST_RULE} bytes.")


_MEMBERS: Mapping[str, Any] = {
    "name": members.text(100),
    "match": read_match,
    "action": read_action,
    "after": members.whole(0, MOST_TIMES),
    "times": members.whole(1, MOST_TIMES),
    "probability": members.number(0, 1),
    "seed": members.whole(0, 2**31 - 1),
}
