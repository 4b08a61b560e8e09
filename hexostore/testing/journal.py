"""What a sandbox was asked, as a test looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from hexostore.testing.control import Control, ControlError

_FAILED = 422


class SandboxRequests:
    """The requests to a sandbox, which are there before their answers leave."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def list(self, **filters: object) -> Sequence[dict[str, Any]]:
        """Return requests, the newest first, such as `status="4xx"`, `path="/api/record/*"` or
        `limit=5`. Raise ControlError."""
        found = self._control.ask("GET", f"requests?{urlencode(filters)}")
        return tuple(found["requests"])

    def verify(
        self,
        match: Mapping[str, Any],
        *,
        exactly: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
    ) -> None:
        """Raise AssertionError unless so many requests fit a match, at least one if no number is
        given. Its text has the requests that differ least. Raise ControlError."""
        counts = {"exactly": exactly, "at_least": at_least, "at_most": at_most}
        count = {name: number for name, number in counts.items() if number is not None}
        self._verify({"match": match, "count": count} if count else {"match": match})

    def verify_in_order(self, *matches: Mapping[str, Any]) -> None:
        """Raise AssertionError unless a request fits each match, after that of the one before."""
        self._verify({"in_order": matches})

    def clear(self) -> None:
        """Forget all requests."""
        self._control.ask("DELETE", "requests")

    def _verify(self, expected: Mapping[str, Any]) -> None:
        try:
            self._control.ask("POST", "requests/verify", expected)
        except ControlError as error:
            if error.status != _FAILED:
                raise
            raise AssertionError(_told(error.body)) from None


def _told(body: Mapping[str, Any]) -> str:
    lines = [str(body.get("message", "The requests were others."))]
    for miss in body.get("near_misses", []):
        request = miss.get("request", miss)
        lines.append(f"  {request.get('method')} {request.get('url')}")
        lines += [
            f"    {each['what']}: wanted {each['wanted']!r}, found {each['found']!r}"
            for each in miss.get("differences", [])
        ]
    return "\n".join(lines)
