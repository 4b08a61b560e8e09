"""What a rule does to a request or to its answer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from apps.api.reasons import BY_CODE, Reason
from apps.control.faults import members
from apps.control.faults.members import FaultError, take_members
from apps.credentials.refusals.forced_failures import FAILURES
from hexostore.web.wire_faults import DROPS, WireFault

MOST_DELAY = 300_000.0
"""Milliseconds."""

CHANGES = frozenset((
    "damage",
    "stale",
    "repeat_row",
    "record_status",
    "missing_channel",
    "gap",
    "samples",
    "truncated_wav",
))  # fmt: skip
"""The actions that change an answer, and so only apply to one that has what they change."""

UNDONE = "request"
"""The drop before anything is done. The others come after the request is fulfilled."""


@dataclass(frozen=True)
class LogNormal:
    """A distribution of delays in milliseconds."""

    median: float
    sigma: float


@dataclass(frozen=True)
class Gap:
    """A part of the values of a channel, or of all, that is missing: from `begin` to `end`, both
    from 0 to 1."""

    begin: float = 0.4
    end: float = 0.6
    datatype: int | None = None


@dataclass(frozen=True)
class FaultAction:
    """The members of `action`, of which None or false stands for one that was left out."""

    status: int | None = None
    reason: Reason | None = None
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | None = None
    delay_ms: float | LogNormal = 0.0
    bytes_per_second: int | None = None
    drop: str | None = None
    reset: bool = False
    content_length: int = 0
    damage: str | None = None
    stale: bool = False
    repeat_row: bool = False
    record_status: str | None = None
    missing_channel: int | None = None
    gap: Gap | None = None
    samples: int | None = None
    truncated_wav: bool = False

    @property
    def replaces_answer(self) -> bool:
        """Whether the request is answered by the fault alone."""
        return self.status is not None or self.reason is not None or self.drop == UNDONE

    @property
    def changes_answer(self) -> bool:
        """Whether it needs an answer that has what it changes."""
        return any(getattr(self, name) not in {None, False} for name in CHANGES)

    def wire_fault(self, seed: int, count: int) -> WireFault | None:
        """Return what the web server does, the `count`-th time; None if that is nothing.

        The delays of a seed are the same each time.
        """
        found = WireFault(
            delay=self._milliseconds(seed, count) / 1000,
            drop=self.drop,
            reset=self.reset,
            bytes_per_second=self.bytes_per_second,
            length_error=self.content_length,
        )
        return None if found == WireFault() else found

    def _milliseconds(self, seed: int, count: int) -> float:
        if not isinstance(self.delay_ms, LogNormal):
            return self.delay_ms
        drawn = Random(f"{seed}:{count}")  # noqa: S311
        found = drawn.lognormvariate(math.log(self.delay_ms.median), self.delay_ms.sigma)
        return min(found, MOST_DELAY)


def read_action(sent: object, where: str) -> FaultAction:
    """Return the action that the member `action` of a rule describes. Raise FaultError."""
    found = take_members(sent, _MEMBERS, where)
    if not found:
        raise FaultError(f"{where} is empty; it needs one of: {', '.join(_MEMBERS)}.")
    _require_one(found, {"status", "reason", *CHANGES}, where)
    _require_one(found, {"drop", "content_length"}, where)
    for name in ("body", "retry_after"):
        _require_other(found, name, ("status", "reason"), where)
    _require_other(found, "reset", ("drop",), where)
    if found.get("drop") == UNDONE:
        _require_only(found, {"drop", "reset", "delay_ms"}, where)
    if found.get("reset") and found["drop"] not in {UNDONE, "before"}:
        raise FaultError(f"{where}.reset needs {where}.drop to be request or before.")
    return FaultAction(**found)


def _require_one(found: Mapping[str, object], names: set[str], where: str) -> None:
    """Raise FaultError if more than one of some members is there."""
    both = [name for name in found if name in names]
    if len(both) > 1:
        raise FaultError(f"{where}.{both[1]} cannot be combined with {where}.{both[0]}.")


def _require_other(
    found: Mapping[str, object], name: str, others: tuple[str, ...], where: str
) -> None:
    """Raise FaultError if a member is there without any that it needs."""
    if name in found and not any(other in found for other in others):
        known = " or ".join(f"{where}.{each}" for each in others)
        raise FaultError(f"{where}.{name} needs {known}.")


def _require_only(found: Mapping[str, object], names: set[str], where: str) -> None:
    other = next((name for name in found if name not in names), None)
    if other is not None:
        raise FaultError(f"{where}.{other} cannot be combined with {where}.drop {UNDONE!r}.")


def _read_reason(value: object, where: str) -> Reason:
    return BY_CODE[members.one_of(*map(str, REASONS))(value, where)]


_OF_ENDPOINTS = {Reason.UNKNOWN_CLIENT, Reason.WRONG_SECRET}
"""Reasons of the OAuth 2 endpoints, whose errors have another form."""

REASONS = [
    reason
    for reason in Reason
    if (reason.status == 401 and reason not in _OF_ENDPOINTS)
    or reason in FAILURES.values()
    or reason is Reason.TOO_MANY_LOGINS
]
"""The reasons for which a rule may refuse a request."""


def _read_delay(value: object, where: str) -> float | LogNormal:
    if not isinstance(value, dict):
        return float(members.number(0, MOST_DELAY)(value, where))
    found = take_members(
        value, {"median": members.number(0.001, MOST_DELAY), "sigma": members.number(0, 5)}, where
    )
    if len(found) < 2:
        raise FaultError(f"{where} needs median, in milliseconds, and sigma.")
    return LogNormal(**found)


def _read_gap(value: object, where: str) -> Gap:
    part, datatype = members.number(0, 1), members.whole(0, 2**31 - 1)
    gap = Gap(**take_members(value, {"begin": part, "end": part, "datatype": datatype}, where))
    if gap.begin >= gap.end:
        raise FaultError(f"{where}.begin must be less than {where}.end.")
    return gap


def _read_headers(value: object, where: str) -> dict[str, str]:
    found: dict[str, str] = members.table_of(members.text(2000), 20)(value, where)
    for name, text in found.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(text):
            raise FaultError(f"{where}.{name[:60]} is not a header.")
        if name.lower() in _FRAMING:
            raise FaultError(f"{where}.{name} is set by the server; see content_length.")
    return found


_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_FRAMING = {"content-length", "transfer-encoding", "connection"}


def _read_body(value: object, where: str) -> object:
    if isinstance(value, str):
        return "" if not value else members.text(100_000)(value, where)
    return members.any_json(10_000)(value, where)


def _read_difference(value: object, where: str) -> int:
    found = int(members.whole(-(2**31), 2**31)(value, where))
    if not found:
        raise FaultError(f"{where} must not be 0: it is the difference to the true length.")
    return found


def _read_samples(value: object, where: str) -> int:
    if value not in {1, -1} or isinstance(value, bool):
        raise FaultError(f"{where} must be 1 or -1.")
    return int(value)


_MEMBERS: Mapping[str, members.Check] = {
    "status": members.whole(200, 599),
    "reason": _read_reason,
    "body": _read_body,
    "headers": _read_headers,
    "retry_after": members.whole(0, 86_400),
    "delay_ms": _read_delay,
    "bytes_per_second": members.whole(1, 10_000_000),
    "drop": members.one_of(*DROPS),
    "reset": members.yes,
    "content_length": _read_difference,
    "damage": members.one_of("truncated", "broken"),
    "stale": members.yes,
    "repeat_row": members.yes,
    "record_status": members.one_of("queued", "processing"),
    "missing_channel": members.whole(0, 2**31 - 1),
    "gap": _read_gap,
    "samples": _read_samples,
    "truncated_wav": members.yes,
}
