"""Whether a client has sent what a test expects: so many requests of a kind, or some in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

from apps.control.journal.matching import MatchError, check_match, count_demands, differences
from apps.control.journal.rows import JournalEntry

NEAR_MISSES = 3

_MEMBERS: dict[str, type] = {"match": dict, "count": dict, "in_order": list}
_COUNTS = ("exactly", "at_least", "at_most")


@dataclass(frozen=True)
class Verdict:
    """The result of a verification. `misses` are the requests that differ least."""

    message: str = ""
    count: int = 0
    misses: list[dict[str, Any]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the requests are as expected."""
        return not self.message

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, with what differed if it does not hold."""
        if self.holds:
            return {"verified": True, "count": self.count}
        return {
            "verified": False,
            "message": self.message,
            "count": self.count,
            "near_misses": self.misses,
        }


@dataclass(frozen=True)
class _Miss:
    """A request that does not fit, and how."""

    entry: JournalEntry
    differing: list[Any]

    def as_json(self) -> dict[str, Any]:
        entry = self.entry
        return {
            "id": entry.id,
            "method": entry.method,
            "url": entry.details["url"],
            "status": entry.status,
            "differences": [each.as_json() for each in self.differing],
        }


def verify(entries: Iterable[JournalEntry], sent: Mapping[str, Any]) -> Verdict:
    """Return whether requests are as `match` and `count`, or `in_order`, say. Raise MatchError."""
    _require_members(sent)
    if ("match" in sent) == ("in_order" in sent):
        raise MatchError("Send either match, with a count if you like, or in_order.")
    if "in_order" in sent and "count" in sent:
        raise MatchError("count belongs to match; in_order needs each match once.")
    try:
        if "in_order" in sent:
            return verify_order(entries, sent["in_order"])
        return verify_count(entries, sent["match"], sent.get("count"))
    except RecursionError as error:
        raise MatchError("The match is nested too deeply.") from error


def _require_members(sent: Mapping[str, Any]) -> None:
    for name, value in sent.items():
        if name not in _MEMBERS:
            raise MatchError(f"Unknown member {name[:60]!r}; known: {', '.join(_MEMBERS)}")
        if not isinstance(value, _MEMBERS[name]):
            kind = "an array" if _MEMBERS[name] is list else "an object"
            raise MatchError(f"{name} must be {kind}.")


def verify_count(
    entries: Iterable[JournalEntry], match: object, count: Mapping[str, Any] | None
) -> Verdict:
    """Return whether as many requests fit as `count` says, at least one if it is None.

    Raise MatchError.
    """
    wanted, bounds = check_match(match), _check_count({"at_least": 1} if count is None else count)
    found, misses = 0, []
    for entry in entries:
        differing = differences(entry, wanted)
        if differing:
            misses.append(_Miss(entry, differing))
        else:
            found += 1
    if _lies_within(found, bounds):
        return Verdict(count=found)
    text = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in bounds.items())
    message = f"Expected {text}, found {found} matching of {found + len(misses)} requests."
    too_many = found > bounds.get("exactly", bounds.get("at_most", found))
    return Verdict(message, found, [] if too_many else _nearest(misses, wanted))


def verify_order(entries: Iterable[JournalEntry], matches: Sequence[object]) -> Verdict:
    """Return whether requests fit the descriptions one after the other. Others may be between.

    Raise MatchError.
    """
    wanted = [check_match(each) for each in matches]
    if not wanted:
        raise MatchError("in_order must have at least one match.")
    passed, waiting = list[JournalEntry](), list(entries)
    for reached, match in enumerate(wanted):
        place = next((i for i, each in enumerate(waiting) if not differences(each, match)), None)
        if place is None:
            message = f"No request fits number {reached + 1} of {len(wanted)}"
            return Verdict(message + _where(passed, match), reached, _misses(waiting, match))
        passed += waiting[: place + 1]
        waiting = waiting[place + 1 :]
    return Verdict(count=len(wanted))


def _where(passed: list[JournalEntry], match: Mapping[str, Any]) -> str:
    """Return after which request one is missing, and which would fit but came before."""
    if not passed:
        return "."
    last = passed[-1]
    text = f" after request {last.id} ({last.method} {last.path})."
    earlier = [each for each in passed if not differences(each, match)]
    return f"{text} Request {earlier[-1].id} fits, but came earlier." if earlier else text


def _misses(entries: Iterable[JournalEntry], match: Mapping[str, Any]) -> list[dict[str, Any]]:
    return _nearest([_Miss(each, differences(each, match)) for each in entries], match)


def _nearest(misses: list[_Miss], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the requests that differ in the fewest things, unless they differ in all."""
    demands = count_demands(wanted)
    near = [each for each in misses if len(each.differing) < demands] or misses
    nearest = nsmallest(NEAR_MISSES, near, key=lambda miss: (len(miss.differing), -miss.entry.id))
    return [each.as_json() for each in nearest]


def _check_count(count: Mapping[str, Any]) -> dict[str, int]:
    """Return the bounds. Raise MatchError."""
    for name, value in count.items():
        if name not in _COUNTS:
            raise MatchError(f"count has {', '.join(_COUNTS)}; not {name[:60]!r}.")
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise MatchError(f"count.{name} must be a whole number from 0 on.")
    if not count:
        raise MatchError(f"count needs one of {', '.join(_COUNTS)}.")
    return dict(count)


def _lies_within(found: int, bounds: Mapping[str, int]) -> bool:
    least = max(bounds.get("at_least", 0), bounds.get("exactly", 0))
    most = min(bounds.get("at_most", found), bounds.get("exactly", found))
    return least <= found <= most
