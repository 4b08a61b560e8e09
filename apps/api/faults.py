"""What is answered where a request meets a fault that nobody refused it for.

Views of the API turn to `outage_error` themselves. For all other views and for middleware Django
calls `answer_error`, the handler500 of hexostore/urls.py, and logs the error.
"""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from apps.api.errors import Unavailable
from hexostore import outages

OUTAGE = 5
"""Seconds until the next try while the database is away. It restarts in about three."""


def outage_error() -> Unavailable:
    """Return the 503 while the database is away, full or read-only, or after it cancelled a
    statement that took too long."""
    return Unavailable(OUTAGE)


def answer_error(request: HttpRequest) -> HttpResponse:
    """Return the 503 of an outage, or Django's own 500 for an unexpected error."""
    if outages.is_outage(sys.exc_info()[1]):
        return outage_error().response(request)
    return server_error(request)
