"""The mail that asks somebody for a grant."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.core.mail import send_mail

from apps.access.models import BundlePermissionRequest

SUBJECT = "Somebody asks for your permission"
TEXT = """\
{asked_by} asks you to let {user_allowed} have the permission "{bundle}" on what is yours.

To grant it, log in and open

    {link}

or redeem this token: {token}

It is good until {expires:%Y-%m-%d %H:%M} UTC. If you do not want to grant it, do nothing.
"""


def ask(asked: BundlePermissionRequest, here: str) -> None:
    """Sends the token of a request just made to its target; `here` is the absolute URL that
    redeems it on this server."""
    token = asked.ticket.token
    text = TEXT.format(
        asked_by=asked.asked_by.email,
        user_allowed=asked.user_allowed.email,
        bundle=asked.bundle.name,
        link=with_token(asked.redeem_url, token) if asked.redeem_url else here,
        token=token,
        expires=asked.ticket.expires,
    )
    send_mail(SUBJECT, text, None, [asked.user_target.email])


def with_token(url: str, token: str) -> str:
    """The URL with `token=…` added to its query."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({"token": token})) if part)
    return urlunsplit(parts._replace(query=query))
