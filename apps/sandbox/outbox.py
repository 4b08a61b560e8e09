"""The outbox: mail that is kept in the database instead of being sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q, QuerySet

from apps.sandbox.models import Mail

SEARCHED = 1000
"""How many of the newest mails a search looks into."""

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


def search_mails(text: str) -> QuerySet[Mail]:
    """Return the mail whose recipient or subject has a text in it, in any case, newest first."""
    wanted = text.replace("\0", "")
    if not wanted:
        return Mail.objects.all()
    newest = Mail.objects.values("pk")[:SEARCHED]
    has_text = Q(to__icontains=wanted) | Q(subject__icontains=wanted)
    return Mail.objects.filter(has_text, pk__in=newest)


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
