"""Requests signed by the reference client of OAuth 1, sent to the views as a web server would."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from django.test import Client as Browser
from oauthlib.oauth1 import Client as Signer

from apps.accounts.models import User
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token, Realm
from hexostore import clock
from tests.people import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

HOST = "http://testserver"
ACCOUNT = "/api/account/"
ASK, AGREE, FETCH = "/oauth/request_token", "/oauth/authorize", "/oauth/access_token"
CALLBACK = "https://app.example.com/back"
FORM = "application/x-www-form-urlencoded"
KEY, SECRET = "c0nsum3r", "c0nsum3r-s3cret"
TOKEN, TOKEN_SECRET = "t0ken", "t0ken-s3cret"


def new_client(owner: User, **columns: Any) -> Client:
    """A client of OAuth 1 with a callback, that may ask for both realms."""
    defaults = {"client_id": KEY, "client_secret": SECRET, "redirect_uris": CALLBACK}
    client = Client.objects.create(user=owner, status="oauth1", **{**defaults, **columns})
    client.realms.set(Realm.objects.all())
    return client


def new_token(client: Client, user: User, **columns: Any) -> OAuth1Token:
    """A token that may do everything."""
    defaults = {"token": TOKEN, "secret": TOKEN_SECRET, "realms": "readonly readwrite"}
    return OAuth1Token.objects.create(client=client, user=user, **{**defaults, **columns})


def signer(**options: Any) -> Signer:
    """The reference client with the token; it takes the time of the server's clock."""
    defaults = {
        "client_secret": SECRET,
        "resource_owner_key": TOKEN,
        "resource_owner_secret": TOKEN_SECRET,
        "timestamp": stamp(),
    }
    return Signer(options.pop("key", KEY), **{**defaults, **options})


def stamp(seconds: float = 0) -> str:
    """The timestamp of so many seconds from now."""
    return str(int(clock.now().timestamp() + seconds))


def ask(
    path: str = ACCOUNT,
    method: Any = "GET",
    form: dict[str, str] | None = None,
    sent: dict[str, str] | None = None,
    **options: Any,
) -> Answer:
    """A request as the client signs it, with a form if one is given; `sent` are headers that
    are not signed."""
    headers = {"Content-Type": FORM} if form is not None else {}
    text = None if form is None else urlencode(form)
    uri, headers, body = signer(**options).sign(f"{HOST}{path}", method, text, headers)
    return send(method, uri, headers, body or "", **(sent or {}))


def send(
    method: str, uri: str, headers: dict[str, str], body: str | bytes = "", **more: str
) -> Answer:
    """A request that is signed already."""
    label = headers.get("Content-Type", "application/json")
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    path = uri.removeprefix(HOST)
    return Browser().generic(method, path, body, label, headers={**others, **more})


def request_token(**options: Any) -> Answer:
    """The request for temporary credentials."""
    defaults = {"callback_uri": CALLBACK, "resource_owner_key": None, "resource_owner_secret": None}
    return ask(options.pop("path", ASK), "POST", **{**defaults, **options})


def temporary(**options: Any) -> dict[str, str]:
    """The temporary credentials that the client gets."""
    answer = request_token(**options)
    assert answer.status_code == 200, answer.content
    return dict(parse_qsl(answer.content.decode(), strict_parsing=True))


def person(user: User, **options: Any) -> Browser:
    """A browser in which somebody is logged in on the page."""
    browser = Browser()
    given = temporary(**options)
    page = f"{AGREE}?oauth_token={given['oauth_token']}"
    form = {"action": "login", "email": user.username, "password": PASSWORD}
    assert browser.post(page, urlencode(form), FORM).status_code == 303
    return browser


def decide(browser: Browser, given: dict[str, str], action: str = "allow") -> Any:
    """What the person decides about temporary credentials."""
    page = f"{AGREE}?oauth_token={given['oauth_token']}"
    return browser.post(page, urlencode({"action": action}), FORM)


def verified(user: User, given: dict[str, str]) -> str:
    """The verifier that the callback brings once the person has agreed."""
    answer = decide(person(user), given)
    assert answer.status_code == 303, answer.content
    return str(dict(parse_qsl(urlsplit(answer["Location"]).query))["oauth_verifier"])


def fetch(given: dict[str, str], verifier: str | None, **options: Any) -> Answer:
    """The request for the token."""
    defaults = {
        "resource_owner_key": given["oauth_token"],
        "resource_owner_secret": given["oauth_token_secret"],
        "verifier": verifier,
    }
    return ask(options.pop("path", FETCH), "POST", **{**defaults, **options})


def granted(user: User, **options: Any) -> dict[str, str]:
    """What the client has at the end of the whole dance."""
    given = temporary(**options)
    answer = fetch(given, verified(user, given))
    assert answer.status_code == 200, answer.content
    return dict(parse_qsl(answer.content.decode(), strict_parsing=True))


def only_request_token() -> OAuth1RequestToken:
    """The row of the only temporary credentials."""
    return OAuth1RequestToken.objects.get()


def reason(answer: Any) -> str:
    """The code that an answer carries."""
    return str(answer["X-HexoStore-Reason"])


def fields(**changed: str | None) -> dict[str, str]:
    """The protocol parameters of a request with the token, as a published client sends them: no
    version, a nonce of seven digits. None leaves one out."""
    usual: dict[str, str | None] = {
        "oauth_consumer_key": KEY,
        "oauth_token": TOKEN,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": stamp(),
        "oauth_nonce": "4711042",
    }
    return {name: text for name, text in {**usual, **changed}.items() if text is not None}


def by_hand(
    protocol: dict[str, str],
    url: str = f"{HOST}{ACCOUNT}",
    others: Sequence[tuple[str, str]] = (),
    *,
    method: str = "GET",
    secrets: tuple[str, str] = (SECRET, TOKEN_SECRET),
) -> str:
    """The signature of a request, computed without any library (RFC 5849, section 3.4)."""
    pairs = sorted((escape(name), escape(text)) for name, text in [*protocol.items(), *others])
    normalized = "&".join(f"{name}={text}" for name, text in pairs)
    base = "&".join(map(escape, (method, url, normalized)))
    key = "&".join(map(escape, secrets))
    return b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()


def header(protocol: dict[str, str], joint: str = ",") -> dict[str, str]:
    """The header that carries the parameters, as the published client writes it."""
    written = joint.join(f'{name}="{escape(text)}"' for name, text in protocol.items())
    return {"Authorization": f"OAuth {written}"}


def signed(protocol: dict[str, str], **signing: Any) -> dict[str, str]:
    """The header of a request signed by hand."""
    return header({**protocol, "oauth_signature": by_hand(protocol, **signing)})


def escape(text: str) -> str:
    return quote(text, safe="~")
