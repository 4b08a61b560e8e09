"""Requests that are refused, at least one for each reason: the world, and how they are sent.

A case is a function that arranges the world and gives the request; its docstring says what is
wrong, as docs/refusals.md and the pages of docs/reasons print it. The cases themselves stand in
refused_requests.py and refused_oauth.py.
"""

from __future__ import annotations

import json
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
from apps.api.reasons import BY_CODE, Reason
from apps.credentials.models import Client, Realm
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
    """How a case ended: the request, the answer, and what the journal says of it."""

    case: Case
    sent: Sent
    answer: Answer
    journal: dict[str, Any]

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


# Pages

WRITTEN = "<!-- Written by bin/docs from what the tests saw; changes here are lost. -->\n\n"


def reason_pages(all_refused: list[Refused]) -> dict[str, str]:
    """The pages of docs/reasons by their names."""
    pages = {
        str(reason): page(reason, [each for each in all_refused if each.case.reason is reason])
        for reason in Reason
    }
    return {"index": index(), **pages}


def index() -> str:
    """The list of all reasons."""
    rows = "\n".join(
        f"| [{reason}]({reason}.md) | {reason.status} | {reason.sentence} |" for reason in Reason
    )
    return f"""{WRITTEN}# Reasons

Why a request was refused, by the code in the header `X-HexoStore-Reason` and in the journal,
which the sandbox shows at `/_sandbox/auth/last`. Bodies never hold the code: they stay what
published clients read. [A table of refusals](../refusals.md) shows them as they happen.

| code | status | what is wrong |
|---|---|---|
{rows}
"""


def page(reason: Reason, examples: list[Refused]) -> str:
    """The page of a reason, with its examples."""
    told = BY_CODE[reason.told]
    hidden = f" Clients are told [{told}]({told}.md) instead.\n" if told is not reason else ""
    head = f"{WRITTEN}# {reason}\n\n{reason.sentence}{hidden or ''}".rstrip()
    parts = [head, f"What to do: {reason.remedy}", _seen(examples)]
    return "\n\n".join([*parts, *map(_example, examples), "All [reasons](index.md)."]) + "\n"


def _seen(examples: list[Refused]) -> str:
    rows = "\n".join(
        f"| {each.case.what} | {each.answer.status_code} | {_cell(each.body)} |"
        for each in examples
    )
    return f"| request | status | body |\n|---|---|---|\n{rows}"


def _example(each: Refused) -> str:
    parts = [
        f"## {each.case.what}",
        f"```text example\n{each.sent}\n```",
        f"```text example\n{each}\n```",
    ]
    shown = {
        name: each.journal[name]
        for name in (
            "reason",
            "scheme",
            "user",
            "client",
            "hint",
            "ordered",
            "received",
            "expected",
        )
        if each.journal.get(name) is not None
    }
    if shown:
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        parts.append(f"In the journal:\n\n```json example\n{text}\n```")
    return "\n\n".join(parts)


def table(all_refused: list[Refused]) -> str:
    """The page docs/refusals.md."""
    rows = "\n".join(
        f"| [{each.case.reason}](reasons/{each.case.reason}.md) | {each.case.what} | "
        f"`{each.sent.method} {each.sent.path.partition('?')[0]}` | {each.answer.status_code} | "
        f"{_cell(each.body)} |"
        for each in all_refused
    )
    return f"""{WRITTEN}# Refusals

{len(all_refused)} requests that are refused, as the tests send them and the server answers: status,
body, and the reason that the journal notes. The header `X-HexoStore-Reason` carries the same code,
but for a wrong login, of which clients are told `bad_login` only.

| reason | what is wrong | request | status | body |
|---|---|---|---|---|
{rows}
"""


def _cell(body: str) -> str:
    return f"`{body}`" if body.startswith("{") else body
