"""`/_sandbox/outbox`: the mail that the sandbox keeps instead of sending it."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

from apps.sandbox.outbox import find_mails, mail_as_json
from apps.sandbox.plane.replies import PlaneError, require_arguments

LIMIT = 100

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def list_mails(request: HttpRequest) -> object:
    """GET /_sandbox/outbox: the mail, the newest first; optionally only that `to` an address."""
    limit = str(request.GET.get("limit", LIMIT))
    if not _NUMBER.fullmatch(limit):
        raise PlaneError("limit must be a whole number.")
    return [mail_as_json(mail) for mail in find_mails(request.GET.get("to"))[: int(limit)]]


def empty_outbox(request: HttpRequest) -> object:
    """DELETE /_sandbox/outbox: no mail any more, or none `to` an address."""
    require_arguments(request, "to")
    find_mails(request.GET.get("to")).delete()
    return HttpResponse(status=204)
