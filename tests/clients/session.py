"""What published clients have in common on the wire: how they log in, sign and label requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import requests

from hexostore import clock
from tests.live import Live

TOKEN = "/api/connect/oauth2/token/"  # an address
TOKEN_MEMBERS = {"access_token", "token_type", "expires_in", "refresh_token", "scope", "state"}
"""The members that the official client has room for; any other ends it."""

JSON = {"Accept": "application/json", "Content-type": "application/json"}


@dataclass
class Session:
    """Somebody's requests to a served demo world, each with the same headers.

    Where there is a `login`, it goes along as Basic; where there is a `key`, requests are signed.
    """

    live: Live
    login: tuple[str, str] | None = None
    key: tuple[str, str] | None = None
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Any request, with a JSON body if there is one."""
        url = f"{self.live.base}{path}"
        headers = {**self.headers, **self._signed(url)}
        return requests.request(
            method, url, json=body, headers=headers, auth=self.login, timeout=60
        )

    def read(self, path: str) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, path: str) -> list[Any]:
        """The objects of all pages of a list, by following the links."""
        found: list[Any] = []
        following = path
        while following:
            page = self.read(following)
            found += page["objects"]
            following = page["meta"]["next"]
        return found

    def _signed(self, url: str) -> dict[str, str]:
        if self.key is None:
            return {}
        public, secret = self.key
        now = str(int(clock.now().timestamp()))
        text = f"{secret}{now}{url}".encode()
        return {
            "X-HEXOTIMESTAMP": now,
            "X-HEXOAPIKEY": public,
            "X-HEXOAPISIGNATURE": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
        }


def login_of(name: str) -> tuple[str, str]:
    """The login of somebody of the demo world."""
    return f"{name}@example.com", name


def with_key(live: Live, name: str = "athlete", version: str = "") -> Session:
    """A client that sends login and signed key, as all official ones do, and maybe a version."""
    headers = {**JSON, "X-HexoAPIVersion": version} if version else dict(JSON)
    return Session(live, login_of(name), (live.facts["key"], live.facts["secret"]), headers)


def ask_token(live: Live, pair: tuple[str, str], **sent: str) -> requests.Response:
    """A request for a token of OAuth 2, with the client's pair as Basic."""
    return requests.post(f"{live.base}{TOKEN}", data=sent, auth=pair, timeout=60)


def by_password(live: Live, pair: tuple[str, str], name: str = "athlete") -> requests.Response:
    """What the official client asks for when it is given a login: no scope is named."""
    username, password = login_of(name)
    return ask_token(live, pair, grant_type="password", username=username, password=password)


def bearing(live: Live, token: str) -> Session:
    """A client that sends a token of OAuth 2."""
    return Session(live, headers={**JSON, "Authorization": f"Bearer {token}"})
