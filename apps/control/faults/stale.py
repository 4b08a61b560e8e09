"""Stale answers: what was answered the first time is answered again, with the header X-HexoCache.

The request is fulfilled each time, so that wrong credentials are refused as always.
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.api import versions
from apps.api.caching import HEADER
from apps.control.connection import control
from apps.control.faults.whole import ChangedAnswer
from apps.credentials.refusals.refusal_log import remembered_caller
from hexostore import clock

LONGEST_KEPT = 4 * 2**20
MOST_KEPT = 200
"""How many answers a rule keeps, and how many bytes of each at most."""

_KEEP = (
    "INSERT INTO fault_answer (fault, question, made, media_type, body) "
    "SELECT id, %s, %s, %s, %s FROM fault WHERE id = %s "
    "AND (SELECT count(*) FROM fault_answer WHERE fault = %s) < %s "
    "ON CONFLICT DO NOTHING"
)
_LOOK = "SELECT made, media_type, body FROM fault_answer WHERE fault = %s AND question = %s"


def find_stale(key: int, request: HttpRequest, response: HttpResponseBase) -> ChangedAnswer | None:
    """Return the answer that a rule kept of the same request by the same caller.

    If there is none, keep this one and return None. Only answers to GET are kept, and only those
    that are successful, known as a whole and not too long.
    """
    if not isinstance(response, HttpResponse):
        return None
    if request.method != "GET" or response.status_code != 200:
        return None
    question = _question(request)
    row = control().execute(_LOOK, [key, question]).fetchone()
    if row is None:
        _keep(key, question, response)
        return None
    made, media_type, body = row
    return ChangedAnswer(bytes(body), {"Content-Type": media_type, HEADER: str(made)})


def _keep(key: int, question: str, response: HttpResponse) -> None:
    if len(response.content) <= LONGEST_KEPT:
        made, media_type = int(clock.now().timestamp()), response["Content-Type"]
        values = [question, made, media_type, response.content, key, key, MOST_KEPT]
        control().execute(_KEEP, values)


def _question(request: HttpRequest) -> str:
    """Return a digest of what the answer depends on."""
    headers = (request.headers.get(name, "") for name in ("Accept", versions.HEADER))
    parts = [*remembered_caller(request), request.get_full_path(), *headers]
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()
