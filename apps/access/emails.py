"""The mail that asks somebody for a grant."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import validate_host

from apps.access.models import BundlePermissionRequest
from apps.credentials.models import Client
from apps.letters.post import post_letter

SUBJECT = "Someone asks for your permission"
TEXT = """\
{asked_by} asks you to let {user_allowed} have the permission "{bundle}" for your data.

To grant it, log in and open

    {link}
{leads}
or redeem this token: {token}

It is valid until {expires:%Y-%m-%d %H:%M} UTC. If you do not want to grant it, do nothing.
"""


ELSEWHERE = """
This address was chosen by {asked_by}. It leads to {host}, which then knows the token. Open it
only if you trust {host}.
"""


def send_request(request: HttpRequest, asked: BundlePermissionRequest, here: str) -> None:
    """Mail the token of a new request to its target.

    `here` is the absolute URL that redeems the token on this server.
    """
    token = asked.one_time_token.token
    text = TEXT.format(
        asked_by=asked.asked_by.called,
        user_allowed=asked.user_allowed.called,
        bundle=asked.bundle.name,
        link=with_token(asked.redeem_url, token) if asked.redeem_url else here,
        leads=_target_of_link(asked),
        token=token,
        expires=asked.one_time_token.expires,
    )
    post_letter(request, asked.user_target.email, SUBJECT, text, asked.asked_by)


def _target_of_link(asked: BundlePermissionRequest) -> str:
    """Return the destination of a link that the asker chose, in words."""
    if not asked.redeem_url:
        return ""
    host = urlsplit(asked.redeem_url).hostname
    return ELSEWHERE.format(asked_by=asked.asked_by.called, host=host)


def hides_host(url: str) -> bool:
    """Return whether people or browsers could mistake another part of a URL for its host.

    An example is `https://good.example@evil.example`.
    """
    return "@" in urlsplit(url).netloc or "\\" in url


def may_lead_to(url: str, client: Client | None) -> bool:
    """Return whether a mail of this server may contain a link to `url` with a token.

    A public server only accepts https, at its own hosts and at those that the program of the asker
    has registered for OAuth.
    """
    if settings.HEXOSTORE_PROFILE != "public":
        return True
    parts = urlsplit(url)
    host = parts.hostname or ""
    uris = client.redirect_uris.split() if client else []
    secure = [uri for uri in uris if uri.startswith("https:")]
    registered = {urlsplit(uri).hostname for uri in secure}
    own = validate_host(host, settings.HEXOSTORE_HOSTS)
    return parts.scheme == "https" and (own or host in registered)


def with_token(url: str, token: str) -> str:
    """Return the URL with `token=…` added to its query."""
    parts = urlsplit(url)
    added = urlencode({"token": token})
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=query))
