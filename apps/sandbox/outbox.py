"""The outbox: mail that is kept in the database instead of being sent, and who reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from apps.sandbox.models import Mail

LIMIT = 100
METHODS = ("GET", "HEAD", "DELETE")

_LINK = re.compile(r"https?://[^\s<>\"']+")


class Backend(BaseEmailBackend):
    """A mail backend for Django that writes into the table, one row per recipient."""

    is_transactional = True  # for apps/letters/post.py, which then need not wait for a worker

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store the messages in the transaction of the sender. Return their number."""
        copies = [(to, message) for message in email_messages for to in message.recipients()]
        Mail.objects.bulk_create(_copy_mail(to, message) for to, message in copies)
        return len(email_messages)


def _copy_mail(to: str, message: EmailMessage) -> Mail:
    body = str(message.body)
    return Mail(
        to=to,
        sender=message.from_email,
        subject=str(message.subject),
        body=body,
        links=_LINK.findall(body),
    )


def find_mails(to: str | None = None) -> QuerySet[Mail]:
    """Return the mail, newest first. `to` is a recipient's address in any case."""
    wanted = (to or "").replace("\0", "")  # which no address holds and no column compares with
    return Mail.objects.filter(to__iexact=wanted) if to else Mail.objects.all()


def mail_as_json(mail: Mail) -> dict[str, Any]:
    """Return a mail as JSON."""
    return {
        "id": mail.pk,
        "to": mail.to,
        "sender": mail.sender,
        "subject": mail.subject,
        "body": mail.body,
        "links": mail.links,
        "created": mail.created.isoformat(),
    }


@csrf_exempt
def serve_outbox(request: HttpRequest) -> HttpResponse:
    """List or empty the outbox at `/_sandbox/outbox`.

    GET lists the mail, newest first, at most `limit` and optionally only that `to` an address.
    DELETE empties the outbox. door.py says who may use it.
    """
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    found = find_mails(request.GET.get("to"))
    if request.method == "DELETE":
        found.delete()
        return HttpResponse(status=204, content_type="text/html; charset=utf-8")
    limit = request.GET.get("limit", str(LIMIT))
    if not re.fullmatch(r"\d{1,9}", limit, re.ASCII):
        return _json_response({"error": "limit must be a whole number."}, status=400)
    return _json_response([mail_as_json(mail) for mail in found[: int(limit)]])


def _json_response(body: object, status: int = 200) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(
        text,
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
