"""/outbox/: the mail that the sandbox kept instead of sending it."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from apps.console.pages import absolute_root_of, root_of, show_page
from apps.sandbox import outbox

MOST_MAILS = 50
"""How many mails the list shows."""

_LINK = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)])")


@require_safe
def show_outbox(request: HttpRequest) -> HttpResponse:
    """Return the list of mails, newest first, in which the argument `q` is found."""
    asked = request.GET.get("q", "").strip()
    found = list(outbox.search_mails(asked)[: MOST_MAILS + 1])
    shown: dict[str, Any] = {
        "here": "outbox",
        "mails": found[:MOST_MAILS],
        "has_more": len(found) > MOST_MAILS,
        "asked": asked,
        "most": MOST_MAILS,
        "searched": outbox.SEARCHED,
        "origin": absolute_root_of(request),
        "plane": f"{root_of(request)}/_sandbox",
    }
    return show_page(request, "outbox", shown)


@require_safe
def show_mail(request: HttpRequest, number: int) -> HttpResponse:
    """Return the page of one mail."""
    mail = outbox.find_mails().filter(pk=number).first()
    if mail is None:
        return show_page(request, "no_mail", {"here": "outbox"}, status=404)
    shown = {"here": "outbox", "mail": mail, "text": link_text(mail.body)}
    return show_page(request, "mail", shown)


def link_text(text: str) -> SafeString:
    """Return a text as HTML in which its http and https addresses are links, and nothing else
    is."""
    parts = _LINK.split(text)
    return mark_safe("".join(map(_part, parts)))  # noqa: S308 - each part is escaped


def _part(text: str) -> str:
    if not _LINK.fullmatch(text):
        return escape(text)
    link = '<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>'
    return format_html(link, text, text)
