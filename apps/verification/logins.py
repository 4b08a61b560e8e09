"""The logins that a verification may use, as headers of a request."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Protocol

from apps.credentials.signed_keys.signatures import compute_signature
from hexostore import clock


class VerifyLogin(Protocol):
    """Who asks."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The arguments by which curl asks the same, with a variable in place of the secret."""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers of a request for a URL."""


@dataclass(frozen=True)
class StrangerLogin:
    """Nobody."""

    shown: tuple[str, ...] = ()

    def headers(self, url: str) -> dict[str, str]:
        """Return no headers."""
        return {}


STRANGER = StrangerLogin()


@dataclass(frozen=True)
class PasswordLogin:
    """A user with a password (behaviour 4)."""

    user: str
    password: str
    shown: tuple[str, ...] = ("-u", "$LOGIN")

    def headers(self, url: str) -> dict[str, str]:
        """Return the header of HTTP Basic, in UTF-8."""
        text = b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {text}"}


@dataclass(frozen=True)
class BearerLogin:
    """An access token of OAuth 2."""

    token: str
    shown: tuple[str, ...] = ("-H", "Authorization: Bearer $TOKEN")

    def headers(self, url: str) -> dict[str, str]:
        """Return the header with the token."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class SignedKeyLogin:
    """An API key that signs the URL as it is sent, and the user's own login if there is one
    (behaviour 4, wire trap 11)."""

    key: str
    secret: str
    user: VerifyLogin = STRANGER

    @property
    def shown(self) -> tuple[str, ...]:
        """What curl cannot compute is left to be filled in."""
        return (*self.user.shown, "-H", f"X-HEXOAPIKEY: {self.key}", "-H", "$SIGNATURE")

    def headers(self, url: str) -> dict[str, str]:
        """Return the three headers of the key, and those of the user."""
        moment = str(int(clock.now().timestamp()))
        signature = compute_signature(self.secret, moment, url)
        return {
            **self.user.headers(url),
            "X-HEXOAPIKEY": self.key,
            "X-HEXOTIMESTAMP": moment,
            "X-HEXOAPISIGNATURE": signature,
        }
