"""How often somebody may ask: a throttle of Django REST framework, with profiles.

Counted are requests that were let in, for the user and for the client (the key, or the program
that holds the token) each, and requests of strangers, where those are let in, for their address.
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
    # Public helper code keeps below 5 requests a second (behaviour 2); the
    # published clients boot faster than that for a while, so it is the mean of a minute.
    "as-documented": RateLimit(300, 60),
    # A few requests reach it, and its window is over soon: to see how a program takes it.
    "tiny": RateLimit(5, 10),
}
"""The values of HEXOSTORE_LIMITS."""


class Limit(BaseThrottle):
    """The limit that HEXOSTORE_LIMITS names; the view's context says who asks."""

    waits: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Counts the request; False if there were too many. One statement, none when off."""
        rate = PROFILES[settings.HEXOSTORE_LIMITS]
        if rate is None:
            return True
        self.waits = rate_counters.count_hit(
            dict.fromkeys(_names_of_caller(request, view.context), rate)
        )
        return self.waits is None

    def wait(self) -> int | None:
        """The seconds until the next request may be let in."""
        return self.waits


def _names_of_caller(request: Request, context: Context) -> list[str]:
    if context.caller is STRANGER:
        return [f"asks {rate_counters.client_address(request._request)}"]
    found = [f"asks user {context.caller.pk}"]
    return found if context.client is None else [*found, f"asks client {context.client.pk}"]
