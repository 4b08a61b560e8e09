"""What a request may do according to its credentials: scheme, program, scopes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.api.errors import Forbidden
from apps.api.methods import SAFE
from apps.api.reasons import Reason

READONLY, READWRITE = "readonly", "readwrite"
EVERYTHING = frozenset({READONLY, READWRITE})

REALM = "hexostore"
"""The protection space that a challenge names (RFC 7235, section 2.2)."""

_NEEDED = 'Bearer realm="{}", error="insufficient_scope", scope="{}"'


def only_in_person(text: str) -> Forbidden:
    """Return the refusal of a request that a program may not make with a token or with a key
    alone."""
    return Forbidden(text, reason=Reason.IN_PERSON_ONLY)


class Scheme(StrEnum):
    """The authentication scheme of a request."""

    NONE = ""
    BASIC = "basic"
    KEY = "key"
    BEARER = "bearer"
    OAUTH1 = "oauth1"


@dataclass(frozen=True)
class Access:
    """What an authenticated request came with: DRF's `request.auth`.

    `client` is the program, None for a bare login. `token` is the primary key of the token's row. A
    password allows everything. A key alone allows everything that does not need the user in person.
    A token allows what its scopes say of that. `of_program` marks a token that nobody consented to:
    the program requested it with its own secret.
    """

    scheme: Scheme
    client: Any = None
    scopes: frozenset[str] = EVERYTHING
    token: int | None = None
    of_program: bool = False

    @property
    def may_read(self) -> bool:
        """Whether anything may be read. A token without a known scope opens nothing."""
        return not EVERYTHING.isdisjoint(self.scopes)

    @property
    def may_write(self) -> bool:
        """Whether anything may be changed."""
        return READWRITE in self.scopes

    @property
    def by_token(self) -> bool:
        """Whether a program uses a token that somebody granted."""
        return self.scheme in {Scheme.BEARER, Scheme.OAUTH1}

    @property
    def in_person(self) -> bool:
        """Whether the user logged in themselves, without a program that acts for them."""
        return self.scheme is Scheme.BASIC

    def require_person(self) -> None:
        """Raise Forbidden unless the user logged in with their password."""
        if not self.in_person:
            raise only_in_person("Only the user may do this, with their password.")

    def allow(self, method: str) -> None:
        """Raise Forbidden for a method that the scopes do not allow (RFC 6750, section 3.1)."""
        safe = method in SAFE
        if self.may_read if safe else self.may_write:
            return
        needed = READONLY if safe else READWRITE
        text = f"The access has the scope '{' '.join(sorted(self.scopes))}'; this needs '{needed}'."
        challenge = _NEEDED.format(REALM, needed) if self.scheme is Scheme.BEARER else None
        raise Forbidden(text, reason=Reason.SCOPE_INSUFFICIENT, challenge=challenge)
