"""A writer of tokens: issues and revokes them, and knows which must open the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Thread
from time import sleep
from typing import Any

import requests

from tests.chaos.model import Violation
from tests.chaos.resources import LOGIN
from tests.chaos.traffic import Fate, Traffic, send

KEPT = 4  # tokens that are not revoked


@dataclass(frozen=True)
class Program:
    """The program that tokens are issued to, and the URL of its store."""

    base: str
    client_id: str
    client_secret: str

    def post(self, session: requests.Session, endpoint: str, form: dict[str, str]) -> Any:
        """POST a form to an endpoint of OAuth 2 as this program."""
        login = self.client_id, self.client_secret
        url = f"{self.base}/api/connect/oauth2/{endpoint}/"
        return send(session, "POST", url, data=form, auth=login)


@dataclass
class Tokens:
    """The tokens by what was acknowledged of them; revocations in doubt are in neither."""

    valid: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)

    def judge(self, base: str) -> list[Violation]:
        """Return which tokens do not answer as they should."""
        wanted = [(token, 200) for token in self.valid] + [(token, 401) for token in self.revoked]
        violations = []
        for token, status in wanted:
            found = _status_of(base, token)
            if found != status:
                kind = "lost" if status == 200 else "returned"
                violations.append(Violation(kind, f"a token gives {found}, not {status}"))
        self.revoked = []
        return violations


class TokenWriter(Thread):
    """Issues a token, and revokes the oldest one when there are more than a few."""

    def __init__(self, program: Program, tokens: Tokens, traffic: Traffic) -> None:
        super().__init__(name="token-writer", daemon=True)
        self.program, self.tokens, self.traffic = program, tokens, traffic
        self.ended = Event()
        self._session = requests.Session()

    def run(self) -> None:
        while not self.ended.is_set():
            with self.traffic.operation():
                self.operate()
            sleep(0.2)

    def operate(self) -> None:
        """Issue one token, or revoke one."""
        if len(self.tokens.valid) > KEPT:
            self._revoke(self.tokens.valid.pop(0))
        else:
            self._issue()

    def _issue(self) -> None:
        username, password = LOGIN
        form = {"grant_type": "password", "username": username, "password": password}
        answer = self.program.post(self._session, "token", form)
        self.traffic.note(answer, "POST token", ())
        if answer.fate is Fate.DONE:
            self.tokens.valid.append(answer.body["access_token"])

    def _revoke(self, token: str) -> None:
        answer = self.program.post(self._session, "revoke", {"token": token})
        self.traffic.note(answer, "POST revoke", ())
        if answer.fate is Fate.DONE:
            self.tokens.revoked.append(token)
        elif answer.fate is Fate.REFUSED:
            self.tokens.valid.append(token)


def _status_of(base: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    with requests.Session() as session:
        return send(session, "GET", f"{base}/api/account/", headers=headers, auth=None).status
