"""Requests that are refused, at least one for each reason: the world, and how they are sent.

A case is a function that arranges the world and gives the request; its docstring says what is
wrong, as docs/refusals.md and the pages of docs/reasons print it. The cases themselves stand in
refused_requests.py and refused_oauth.py.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.test import Client as Browser

from apps.accounts.models import User
from apps.api.reasons import Reason
from apps.credentials.models import Client, Realm
from apps.documents.refusal_pages import RefusedExample
from tests.credentials.conftest import KEY, SECRET
from tests.credentials.tokens import ACCOUNT
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

NOW = 1_400_000_000
AT = datetime.fromtimestamp(NOW, UTC)
HOST = "api.hexoskin.com"
FORM = "application/x-www-form-urlencoded"

OAUTH2, OAUTH2_SECRET = "0AuTh2PuBlIcKeY2", "0AuTh2PrIvAtEkEy0AuTh2PrIvAtEkEy22"
OAUTH1, OAUTH1_SECRET = "0AuTh1PuBlIcKeY1", "0AuTh1PrIvAtEkEy0AuTh1PrIvAtEkEy11"
CALLBACK = "https://app.example.com/done"
GRANTS = "authorization_code implicit password client_credentials"

SHOWN = "WWW-Authenticate", "Retry-After", "Location", "X-HexoStore-Reason"
"""The headers of an answer that the pages print."""

_FORGERY = re.compile(r"(csrfmiddlewaretoken=)\w+")


@dataclass(frozen=True)
class Sent:
    """A request to be sent over https; with a `browser` it carries its cookies."""

    path: str = ACCOUNT
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None
    browser: Browser | None = None
    host: str = HOST
    sender: str = "127.0.0.1"

    @property
    def body(self) -> str:
        return "" if self.form is None else urlencode(self.form)

    def send(self) -> Answer:
        server: dict[str, Any] = {
            "RAW_URI": self.path,
            "HTTP_HOST": self.host,
            "SERVER_NAME": HOST,
            "REMOTE_ADDR": self.sender,
        }
        browser = self.browser or Browser()
        return browser.generic(
            self.method, self.path, self.body, FORM, secure=True, headers=self.headers, **server
        )

    def __str__(self) -> str:
        """The request as it travels, without what every HTTP library adds."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.form is not None:
            lines += [f"Content-Type: {FORM}", "", _FORGERY.sub(r"\1…", self.body)]
        return "\n".join(lines)


@dataclass(frozen=True)
class Case:
    """A request that is refused with `reason`, and `what` is wrong with it."""

    reason: Reason
    what: str
    arrange: Callable[[], Sent]
    public: bool
    limits: str

    def __str__(self) -> str:
        return self.arrange.__name__


@dataclass(frozen=True)
class Refused:
    """How a case ended: the request, the answer, and what the refusal log says of it."""

    case: Case
    sent: Sent
    answer: Answer
    log_entry: dict[str, Any]

    @property
    def body(self) -> str:
        """The body in a word or as it is."""
        if self.answer["Content-Type"].startswith("text/html") and self.answer.content:
            return "a page that says what is wrong"
        return self.answer.content.decode() or "empty"

    @property
    def status(self) -> str:
        """The status with its phrase."""
        return f"{self.answer.status_code} {HTTPStatus(self.answer.status_code).phrase}"

    @property
    def told(self) -> RefusedExample:
        """What the pages tell of it."""
        return RefusedExample(
            reason=self.case.reason,
            what=self.case.what,
            method=self.sent.method,
            path=self.sent.path.partition("?")[0],
            status=self.answer.status_code,
            request=str(self.sent),
            answer=str(self),
            body=self.body,
            log_entry=self.log_entry,
        )

    def __str__(self) -> str:
        """The answer as it travels, as far as the reason matters."""
        lines = [f"HTTP/1.1 {self.status}"]
        lines += [f"{name}: {self.answer[name]}" for name in SHOWN if name in self.answer]
        if self.answer.content and self.answer["Content-Type"].startswith("application/json"):
            lines += ["", self.answer.content.decode()]
        return "\n".join(lines)


CASES: list[Case] = []


def refused(
    reason: Reason, *, public: bool = False, limits: str = "off"
) -> Callable[[Callable[[], Sent]], Callable[[], Sent]]:
    """Makes a case of a function; `public` and `limits` are settings of its server."""

    def enter(arrange: Callable[[], Sent]) -> Callable[[], Sent]:
        what = " ".join(str(arrange.__doc__).split())
        CASES.append(Case(reason, what, arrange, public, limits))
        return arrange

    return enter


def people() -> None:
    """Ada, who owns a client for each scheme, and Bob."""
    for name in ("ada", "bob"):
        new_user(name).save()
    User.objects.filter(email="ada@example.com").update(username="ada")
    owner = User.objects.get(username="ada")
    Client.objects.create(client_id=KEY, client_secret=SECRET, user=owner)
    for key, secret, status in (
        (OAUTH2, OAUTH2_SECRET, "oauth2"),
        (OAUTH1, OAUTH1_SECRET, "oauth1"),
    ):
        client = Client.objects.create(
            client_id=key,
            client_secret=secret,
            user=owner,
            status=status,
            name=f"Program for {status}",
            grant_type=GRANTS if status == "oauth2" else "",
            redirect_uris=CALLBACK,
        )
        client.realms.set(Realm.objects.all())


def ada() -> User:
    return User.objects.get(username="ada")


def client(key: str) -> Client:
    return Client.objects.get(client_id=key)


def basic(name: str = "ada", password: str = PASSWORD) -> dict[str, str]:
    """The header of a login."""
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def happened(case: Case) -> Refused:
    """Runs a case in a world of its own."""
    sent = case.arrange()
    answer = sent.send()
    noted = [] if case.public else Browser().get("/_sandbox/auth/last").json()
    return Refused(case, sent, answer, noted[0] if noted else {})
