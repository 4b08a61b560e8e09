"""The middleware that has every request to a sandbox kept in the journal."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any

import psycopg
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.control.entering import sandbox_of
from apps.control.journal.entries import Exchanged
from apps.control.journal.rows import add_line
from apps.control.journal.spool import home_spool
from apps.control.machines import are_several
from hexostore import clock
from hexostore.database.heard import hear_statements
from hexostore.own_pages import is_own_page

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_EXPLAIN_HEADER = "HTTP_X_HEXOSTORE_EXPLAIN"
_EXPLAIN = re.compile(r"(?:^|&)explain(?:[=&]|$)")

_log = logging.getLogger("hexostore.control")


def keep_journal(get_response: GetResponse) -> GetResponse:
    """Keep each request with its answer, before the answer is sent. Those to the control plane and
    to pages of the console are left out."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sandbox = sandbox_of(request)
        if sandbox is None:
            return get_response(request)
        time, began = clock.system_now(), perf_counter()
        response, statements = _answer(get_response, request)
        if not is_own_page(request.path):
            spent = (perf_counter() - began) * 1000
            _keep(Exchanged(request, response, sandbox, time, spent, statements))
        return response

    return middleware


def _answer(
    get_response: GetResponse, request: HttpRequest
) -> tuple[HttpResponseBase, list[dict[str, Any]] | None]:
    """Return the answer, and the statements that ran for it if the request asks for them."""
    if not _wants_statements(request):
        return get_response(request), None
    with hear_statements() as heard:
        return get_response(request), heard


def _wants_statements(request: HttpRequest) -> bool:
    meta = request.META
    return _EXPLAIN_HEADER in meta or bool(_EXPLAIN.search(meta.get("QUERY_STRING", "")))


def _keep(exchanged: Exchanged) -> None:
    try:
        if are_several():
            add_line(exchanged.as_line())
        else:
            home_spool().append(exchanged.as_line())
    except (OSError, psycopg.Error) as error:  # the answer counts, not the note of it
        _log.warning("a request could not be kept in the journal: %s", error)
