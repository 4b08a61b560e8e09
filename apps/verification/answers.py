"""A request of a verification, and the answer to it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from typing import Any

from apps.verification.logins import STRANGER, VerifyLogin
from apps.verification.places import ServerPlace

NO_JSON = object()
"""In place of the content of a body that is not JSON."""

_TOKEN_IN_PATH = re.compile(r"(/(?:share|accesstoken|oauth[12]token)/)(?!\?|schema/)[^/?]+")


@dataclass(frozen=True)
class VerifyRequest:
    """A request that reads. `target` is a path with its query, from `/api/` on."""

    target: str
    login: VerifyLogin = STRANGER
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def as_curl(self, place: ServerPlace) -> str:
        """Return the command that sends it, with variables in place of secrets."""
        words = ["curl", "-s", "-i"]
        words += {"GET": [], "HEAD": ["-I"]}.get(self.method, ["-X", self.method])
        shown = [shlex.quote(each) for each in words]
        shown += [_quote_with_variables(each) for each in self.login.shown]
        for name, value in self.headers.items():
            shown += ["-H", shlex.quote(f"{name}: {value}")]
        if self.body is not None:
            shown += ["-X", "GET", "-d", shlex.quote(self.body.decode())]
        shown.append(shlex.quote(hide_tokens(place.url(self.target))))
        return " ".join(shown)


@dataclass(frozen=True)
class ServerAnswer:
    """The answer of a server at a place."""

    request: VerifyRequest
    place: ServerPlace
    status: int
    headers: Message
    body: bytes

    @cached_property
    def text(self) -> str:
        """The body as text, with marks in place of what is not UTF-8."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The content of the body, or NO_JSON."""
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return NO_JSON

    @property
    def content_type(self) -> str:
        """The media type, in small letters and without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The objects of a list; none if the answer is something else."""
        found = self.json.get("objects") if isinstance(self.json, dict) else None
        rows = found if isinstance(found, list) else []
        return [each for each in rows if isinstance(each, dict)]

    @property
    def meta(self) -> dict[str, Any]:
        """The member `meta` of a list; empty if the answer is something else."""
        found = self.json.get("meta") if isinstance(self.json, dict) else None
        return found if isinstance(found, dict) else {}


def hide_tokens(text: str) -> str:
    """Return a path without the tokens that some resources have as keys."""
    return _TOKEN_IN_PATH.sub(r"\1...", text)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _quote_with_variables(word: str) -> str:
    return f'"{word}"' if "$" in word else shlex.quote(word)
