"""The start page: what this server is, and where everything is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port
from django.views.decorators.http import require_safe

from apps.console.explore.records import UTC, moment_in
from apps.console.pages import absolute_root_of, root_of, root_to, show_page, wants_page
from apps.console.snippets import Snippet, write_snippets
from apps.control.entering import sandbox_of
from apps.control.journal.rows import JournalLine, JournalQuestion, outline_requests
from apps.control.plane import plane
from apps.records.models import Record
from apps.sandbox import held, outbox
from apps.sandbox.plane.clock import clock_as_json
from hexostore import hexotime, tls

PLACES = {
    "api": "/api/",
    "explore": "/explore/",
    "requests": "/requests/",
    "outbox": "/outbox/",
    "docs": "/docs/",
    "openapi": "/api/openapi.json",
    "control": "/_sandbox/docs",
}
FEW = 6
"""How many records, requests and mails the page shows."""

MOST_SANDBOXES = 12
USUAL_PORTS = {"http": 80, "https": 443}

_EXAMPLE = f"/api/data/?record={held.EXAMPLE}&datatype=19&max_values=10"
_LIST = "/api/record/?limit=3"


@require_safe
def show_start(request: HttpRequest) -> HttpResponse:
    """Return the start page to a browser, and its addresses as JSON to a program."""
    if not wants_page(request):
        response: HttpResponse = JsonResponse(_addresses(request))
    else:
        response = show_page(request, "start", _shown(request))
    response["Vary"] = "Accept"
    return response


def _addresses(request: HttpRequest) -> dict[str, str]:
    root = absolute_root_of(request)
    return {name: f"{root}{path}" for name, path in PLACES.items()}


def _shown(request: HttpRequest) -> dict[str, Any]:
    origins = _origins(request)
    logins = held.current_logins()
    return {
        "here": "start",
        "origins": origins,
        "ca": tls.certificate_paths(settings.HEXOSTORE_HOME).ca,
        "logins": logins,
        "key": held.usable_key(),
        "oauth2": held.usable_oauth2_client(),
        "snippets": _first_request(origins["http"], logins),
        "records": _newest_records(),
        "mails": outbox.find_mails()[:FEW],
        **_journal(request),
        **_sandboxes(request),
    }


def _origins(request: HttpRequest) -> dict[str, str]:
    """Return the beginning of all addresses, for http and https.

    The one by which the page was opened is right for sure; the other has the same name.
    """
    host, _ = split_domain_port(request.get_host())
    ports = {"http": settings.HEXOSTORE_HTTP_PORT, "https": settings.HEXOSTORE_HTTPS_PORT}
    found = {name: f"{name}://{host}{_suffix(name, port)}" for name, port in ports.items()}
    found[str(request.scheme)] = f"{request.scheme}://{request.get_host()}"
    return {name: origin + root_of(request) for name, origin in found.items()}


def _suffix(scheme: str, port: int) -> str:
    return "" if port == USUAL_PORTS[scheme] else f":{port}"


def _first_request(origin: str, logins: list[dict[str, str]]) -> list[Snippet]:
    """Return a request that works with a login of the store; nothing if it has none."""
    if not logins:
        return []
    path = _EXAMPLE if held.has_example() else _LIST
    return write_snippets(f"{origin}{path}", logins[0]["email"], logins[0]["password"])


@dataclass(frozen=True)
class ShownRecord:
    """A record in the list of the newest ones."""

    id: int
    user: str
    start: str
    length: str
    status: str


def _newest_records() -> list[ShownRecord]:
    rows = Record.objects.select_related("user").only(
        "start", "end", "status", "user__email", "user__username"
    )
    return [_record(row) for row in rows.order_by("-id")[:FEW]]


def _record(row: Record) -> ShownRecord:
    return ShownRecord(row.pk, row.user.called, _start(row), _length(row), row.status)


def _start(row: Record) -> str:
    """Return when a record started, in UTC; its ticks if no calendar has that moment."""
    if row.start is None:
        return ""
    moment = moment_in(UTC, row.start)
    return str(row.start) if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _length(row: Record) -> str:
    if row.start is None or row.end is None:
        return "still open"
    minutes, seconds = divmod(round(hexotime.to_seconds(row.end - row.start)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"


def _journal(request: HttpRequest) -> dict[str, list[JournalLine] | None]:
    """Return the latest requests and refusals; None without a journal."""
    entered = sandbox_of(request)
    if entered is None:
        return {"requests": None, "refusals": None}
    refused = (("reason <> %s", ""),)
    return {
        "requests": outline_requests(JournalQuestion(entered.name, limit=FEW, newest_first=True)),
        "refusals": outline_requests(
            JournalQuestion(entered.name, refused, FEW, newest_first=True)
        ),
    }


def _sandboxes(request: HttpRequest) -> dict[str, Any]:
    """Return the sandboxes with their clocks and faults, from what the process knows already."""
    known = plane()
    if known is None:
        return {"sandboxes": None}
    state = known.state()
    shown = [
        {
            "name": each.name,
            "made": each.created,
            "link": f"{root_to(request, each.name)}/",
            "clock": clock_as_json(each),
            "faults": len(state.faults.get(each.name, ())),
        }
        for each in state.sandboxes.values()
    ]
    return {"sandboxes": shown[:MOST_SANDBOXES], "more_sandboxes": len(shown) - MOST_SANDBOXES}
