"""What an answer depends on besides the request's own parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from django.db.models import Model

from apps.api.callers import Caller
from apps.api.conventions import Conventions
from apps.api.versions import Version

M = TypeVar("M", bound=Model)

View = Literal["list", "detail"]


@dataclass(frozen=True)
class Context:
    """Who asks (`caller`, STRANGER where nobody has to log in) by which program (`client`), under
    which prefix, in which version, for a list or a detail.

    `may_write` is off where the caller's token only reads; views have refused his writes then.
    `by_token` is on where a program asks with a token, `in_person` where the user logged in, and
    `of_program` where nobody consented to the token (apps/api/access.py). `query` holds the
    arguments of the query string, all texts of each name; it changes what members hold, and
    never which members there are.
    """

    caller: Caller
    prefix: str
    version: Version
    conventions: Conventions
    view: View = "list"
    client: Any = None
    may_write: bool = True
    by_token: bool = False
    in_person: bool = False
    of_program: bool = False
    query: Mapping[str, Sequence[str]] = field(default_factory=dict, compare=False)

    @property
    def form(self) -> tuple[str, Version, Conventions, View]:
        """All but the caller: what decides the form of an answer."""
        return self.prefix, self.version, self.conventions, self.view

    def user(self, model: type[M]) -> M:
        """Return the row of the caller, who has logged in; `model` is that of users."""
        caller: object = self.caller
        assert isinstance(caller, model)
        return caller

    def showing(self, view: View) -> Context:
        """The same request, answered as a list or as a detail (Tastypie rule T213)."""
        return self if view == self.view else replace(self, view=view)
