"""What a check compares, and what differs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from apps.verification.answers import NO_JSON, ServerAnswer, hide_tokens

SECRETS = frozenset(
    {"access_token", "access_token_secret", "password", "refresh_token", "secret", "token"}
)
"""Members of objects that a report does not repeat."""

_LONG = 300  # characters of a value in a report


class CheckSkipped(Exception):
    """A check that the server has no rows for, or that this login cannot make; the text says
    why."""


@dataclass(frozen=True)
class ServerDifference:
    """What a server says otherwise: the request as a command, what was looked at, and both
    values as text."""

    request: str
    what: str
    expected: str
    seen: str


@dataclass
class CheckNotes:
    """What a check notes: how much it compared, what differed, and what it left out and why."""

    compared: int = 0
    differences: list[ServerDifference] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`different`, `equal`, or `skipped` if nothing could be compared."""
        if self.differences:
            return "different"
        return "equal" if self.compared else "skipped"

    def compare(self, answer: ServerAnswer, what: str, expected: Any, seen: Any) -> bool:
        """Note a comparison, and the difference if there is one. Return whether both are equal.

        A number and its text are different, and so are 1, 1.0 and true.
        """
        same = type(expected) is type(seen) and bool(expected == seen)
        if not same and isinstance(expected, list) and isinstance(seen, list):
            place, expected, seen = _first_difference(expected, seen)
            what = f"{what}[{place}]"
        return self.require(answer, what, same, show_value(expected), seen)

    def require(
        self, answer: ServerAnswer, what: str, fulfilled: object, expected: str, seen: Any
    ) -> bool:
        """Note whether something is fulfilled. `expected` says in words what was expected."""
        self.compared += 1
        if not fulfilled:
            command = answer.request.as_curl(answer.place)
            self.differences.append(ServerDifference(command, what, expected, show_value(seen)))
        return bool(fulfilled)


def _first_difference(expected: list[Any], seen: list[Any]) -> tuple[int, Any, Any]:
    """Return the place of the first items of two lists that differ, and both items."""
    place = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(expected, seen, strict=False))
    )
    ends = (*expected[place : place + 1], "nothing"), (*seen[place : place + 1], "nothing")
    return place, ends[0][0], ends[1][0]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "..." if name in SECRETS and each else _without_secrets(each)
            for name, each in value.items()
        }
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def show_value(value: Any) -> str:
    """Return a value of JSON as text, shortened and without tokens in it."""
    if value is NO_JSON:
        return "no JSON"
    text = hide_tokens(json.dumps(_without_secrets(value), ensure_ascii=False, default=str))
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."
