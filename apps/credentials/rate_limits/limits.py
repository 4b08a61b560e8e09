"""Rate limits: a throttle of Django REST framework, with profiles.

Requests are counted after the login: for the user and for the client each (the key, or the program
that holds the token). Requests of strangers, where they are allowed, are counted for their address.
OPTIONS and 405 are answered before (Tastypie rule T202).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.api.callers import STRANGER
from apps.api.context import Context
from apps.credentials.rate_limits import rate_counters
from apps.credentials.rate_limits.rate_counters import RateLimit

PROFILES: dict[str, RateLimit | None] = {
    "off": None,
    # Public example code stays below 5 requests a second (behaviour 2). The published clients are
    # faster while they start, so this is the average of a minute.
    "as-documented": RateLimit(300, 60),
    # A few requests reach it and its window ends soon, so that a developer sees how a program
    # handles it.
    "tiny": RateLimit(5, 10),
}
"""The values of HEXOSTORE_LIMITS."""


class Limit(BaseThrottle):
    """The limit that HEXOSTORE_LIMITS names. The context of the view says who is calling."""

    waits: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request. Return False if there were too many. This takes one statement, or none
        if the limit is off."""
        rate = PROFILES[settings.HEXOSTORE_LIMITS]
        if rate is None:
            return True
        self.waits = rate_counters.count_hit(
            dict.fromkeys(_names_of_caller(request, view.context), rate)
        )
        return self.waits is None

    def wait(self) -> int | None:
        """Return the seconds until the next request is allowed."""
        return self.waits


def _names_of_caller(request: Request, context: Context) -> list[str]:
    if context.caller is STRANGER:
        return [f"asks {rate_counters.client_address(request._request)}"]
    found = [f"asks user {context.caller.pk}"]
    return found if context.client is None else [*found, f"asks client {context.client.pk}"]
