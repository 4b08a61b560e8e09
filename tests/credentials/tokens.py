"""OAuth2 clients and tokens as the tests make them, and requests that carry them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client as Browser
from oauth2_provider.models import get_access_token_model

from apps.accounts.models import User
from apps.credentials.models import Client, Realm
from hexostore import clock

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

ACCOUNT = "/api/account/"
TOKEN = "t0k3n-of-the-tests"


def new_client(owner: User, **columns: Any) -> Client:
    """A client of OAuth2 with an owner and both realms."""
    made = Client.objects.create(user=owner, status="oauth2", **columns)
    made.realms.set(Realm.objects.all())
    return made


def new_token(
    client: Client,
    user: User | None,
    *,
    token: str = TOKEN,
    scope: str = "readwrite",
    seconds: float = 3600,
) -> Any:
    """The row of an access token that lasts so many seconds."""
    return get_access_token_model().objects.create(
        token=token,
        user=user,
        application=client,
        scope=scope,
        expires=clock.now() + timedelta(seconds=seconds),
    )


def bearing(token: str = TOKEN) -> dict[str, str]:
    """The header of a request with a token."""
    return {"Authorization": f"Bearer {token}"}


def ask(token: str = TOKEN, path: str = ACCOUNT) -> Answer:
    """GET with a token."""
    return Browser().get(path, headers=bearing(token))


def reason(answer: Any) -> str:
    """The code that an answer carries."""
    return str(answer["X-HexoStore-Reason"])
