"""Which sandbox a key, a client or a token belongs to.

A client with a fixed host names no sandbox. It is led into that in which its key or client was
made, or its token was issued. Only digests are kept. What every sandbox has from its template, such
as the key of the demo world, belongs to main.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from django.db import models, transaction
from django.db.models.signals import post_save
from django.http import HttpRequest
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_refresh_token_model,
)

from apps.control.connection import control
from apps.control.names import MAIN
from apps.control.plane import current_sandbox
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token
from apps.credentials.oauth2.revocations import token_checksum

MOST = 10_000
"""How many of each sandbox are kept, the newest."""

_FORM = "application/x-www-form-urlencoded"
_IN_FORMS = ("client_id", "code", "refresh_token", "token", "oauth_consumer_key", "oauth_token")
_IN_QUERIES = ("access_token", "client_id", "oauth_consumer_key", "oauth_token")
_IN_OAUTH1 = re.compile(r'\boauth_(?:consumer_key|token)="([^"]*)"')


def digest_credential(text: str) -> bytes:
    """Return what is kept of a key or token."""
    return bytes.fromhex(token_checksum(text))


def watch_credentials() -> None:
    """Note the sandbox of each key, client and token that is made from now on."""
    plain = ((Client, "client_id"), (OAuth1RequestToken, "token"), (OAuth1Token, "token"))
    for model, name in (*plain, (get_grant_model(), "code")):
        _watch(model, lambda row, name=name: digest_credential(getattr(row, name)))  # type: ignore[misc]
    for model in (get_access_token_model(), get_refresh_token_model()):
        _watch(model, lambda row: bytes.fromhex(row.token_checksum))


def _watch(model: type[Any], digest: Callable[[Any], bytes]) -> None:
    def note(instance: models.Model, created: bool, **_: object) -> None:
        sandbox = current_sandbox() if created else None
        if sandbox is not None and sandbox.name != MAIN:
            name, found = sandbox.name, digest(instance)
            transaction.on_commit(lambda: claim_digests(name, [found]))

    post_save.connect(note, sender=model, weak=False, dispatch_uid=f"sandbox of {model.__name__}")


def claim_digests(sandbox: str, digests: Iterable[bytes]) -> None:
    """Note that these belong to a sandbox, unless they belong to one already."""
    with control().cursor() as cursor:
        cursor.executemany(
            "INSERT INTO credential (digest, sandbox) SELECT %s, name FROM sandbox "
            "WHERE name = %s ON CONFLICT DO NOTHING",
            [(digest, sandbox) for digest in digests],
        )


def find_owner(request: HttpRequest) -> str | None:
    """Return the sandbox that the credentials of a request belong to; None if they belong to
    none."""
    sent = [text for text in _sent_credentials(request) if text]
    if not sent:
        return None
    found = control().execute(
        "SELECT sandbox FROM credential WHERE digest = ANY(%s) ORDER BY made DESC LIMIT 1",
        [[digest_credential(text) for text in sent]],
    )
    row = found.fetchone()
    return None if row is None else str(row[0])


def trim_credentials() -> None:
    """Forget the oldest of sandboxes that have too many."""
    control().execute(
        "DELETE FROM credential USING (SELECT digest, row_number() OVER "
        "(PARTITION BY sandbox ORDER BY made DESC) AS place FROM credential) AS ranked "
        "WHERE ranked.digest = credential.digest AND place > %s",
        [MOST],
    )


def _sent_credentials(request: HttpRequest) -> list[str]:
    """Return the texts in a request that may be a key, a client or a token."""
    word, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    found = [request.META.get("HTTP_X_HEXOAPIKEY", "")]
    if word.lower() == "bearer":
        found.append(value.strip())
    if word.lower() == "oauth":
        found += map(unquote, _IN_OAUTH1.findall(value))
    if request.META.get("QUERY_STRING"):
        found += [request.GET.get(name, "") for name in _IN_QUERIES]
    if _is_for_tokens(request):
        found += [str(request.POST.get(name, "")) for name in _IN_FORMS]
    return found


def _is_for_tokens(request: HttpRequest) -> bool:
    """Return whether the body of a request is the form of an endpoint for tokens."""
    is_form = request.META.get("CONTENT_TYPE", "").startswith(_FORM)
    return is_form and ("/connect/oauth2/" in request.path or request.path.startswith("/oauth/"))
