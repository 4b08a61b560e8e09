"""The steps of OAuth2 as programs and people take them, for the tests."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.models import Client, Realm
from tests.people import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

BASE = "/api/connect/oauth2/"
AUTH, TOKEN, REVOKE, INTROSPECT = (
    f"{BASE}{name}/" for name in ("auth", "token", "revoke", "introspect")
)
CALLBACK = "https://client.example/back"
FORM = "application/x-www-form-urlencoded"
GRANTS = "authorization_code implicit password client_credentials"


def program(
    owner: User, grants: str = GRANTS, realms: str = "readonly readwrite", **m: Any
) -> Client:
    """A client of OAuth2 with a name, a redirect URI and realms."""
    members = {"name": f"Program {Client.objects.count()}", "redirect_uris": CALLBACK, **m}
    made = Client.objects.create(user=owner, status="oauth2", grant_type=grants, **members)
    made.realms.set(Realm.objects.filter(name__in=realms.split()))
    return made


def basic(name: str, secret: str) -> str:
    """The Authorization header with Basic credentials."""
    return f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"


def post(
    path: str,
    client: Client | None,
    *,
    header: str | None = None,
    **sent: Any,
) -> Answer:
    """POST of a form, with Basic credentials of the client."""
    if client is not None:
        header = basic(client.client_id, client.secret)
    headers = {"Authorization": header} if header else {}
    return Browser(enforce_csrf_checks=True).generic(
        "POST", path, urlencode(sent), FORM, headers=headers
    )


def ask(client: Client | None, grant: str, **sent: str) -> Answer:
    """Asks the token endpoint for a grant."""
    return post(TOKEN, client, grant_type=grant, **sent)


def by_password(client: Client, **sent: str) -> Answer:
    """Asks by the password of the client's owner."""
    return ask(client, "password", username=client.user.username, password=PASSWORD, **sent)


class Person:
    """Somebody at a browser with cookies, who logs in and presses buttons."""

    def __init__(self, user: User, *, secure: bool = False) -> None:
        self.user, self.secure = user, secure
        headers = {"Referer": "https://testserver/"} if secure else {}
        self.browser = Browser(enforce_csrf_checks=True, headers=headers)

    def visit(self, client: Client, response_type: str = "code", **sent: str) -> Answer:
        """Opens the authorization endpoint; a value "" leaves the parameter out."""
        asked = {
            "client_id": client.client_id,
            "response_type": response_type,
            "redirect_uri": CALLBACK,
            **sent,
        }
        return self.open(urlencode({name: value for name, value in asked.items() if value}))

    def open(self, query: str) -> Answer:
        """Opens the authorization endpoint with a query as it is."""
        self.at = f"{AUTH}?{query}"
        return self.browser.get(self.at, secure=self.secure)

    def press(self, answer: Answer, action: str, **fields: str) -> Answer:
        """Sends the form of the page that is shown."""
        sent = {**hidden(answer), "action": action, **fields}
        return self.browser.post(self.at, urlencode(sent), FORM, secure=self.secure)

    def log_in(self, answer: Answer, password: str = PASSWORD) -> Answer:
        """Sends the form for the login, and follows the way back to the page."""
        told = self.press(answer, "login", email=self.user.username, password=password)
        there = told.status_code == 303
        return self.browser.get(told["Location"], secure=self.secure) if there else told

    def allow(self, client: Client, response_type: str = "code", **sent: str) -> Answer:
        """Goes the whole way, logging in where that is asked for."""
        answer = self.visit(client, response_type, **sent)
        if "Log in" in shown(answer):
            answer = self.log_in(answer)
        return self.press(answer, "allow") if answer.status_code == 200 else answer

    def code(self, client: Client, **sent: str) -> str:
        """A code for the client."""
        return query_of(self.allow(client, **sent))["code"]


def shown(answer: Answer) -> str:
    """The text of a page."""
    return html.unescape(answer.content.decode())


def hidden(answer: Answer) -> dict[str, str]:
    """The token against forgery in a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.content.decode())
    assert found, answer.content
    return {"csrfmiddlewaretoken": found[1]}


def query_of(answer: Answer) -> dict[str, str]:
    """The parameters of the query that an answer redirects to, each once."""
    return _once(parse_qsl(urlsplit(answer["Location"]).query, keep_blank_values=True))


def fragment_of(answer: Answer) -> dict[str, str]:
    """The parameters of the fragment that an answer redirects to, each once."""
    return _once(parse_qsl(urlsplit(answer["Location"]).fragment, keep_blank_values=True))


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def error_of(answer: Answer) -> str:
    """The error code in a JSON answer."""
    return str(answer.json()["error"])
