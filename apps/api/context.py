"""What a response depends on besides the parameters of the request."""

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
    """The caller (STRANGER if no login is needed), the program (`client`), the prefix, version and
    view.

    `may_write` is off if the caller's token can only read; views have refused writes then.
    `by_token` is on if a program uses a token, `in_person` if the user logged in, and `of_program`
    if nobody consented to the token (apps/api/access.py). `query` has the
    arguments of the query string, all texts of each name; it changes what members hold, and never
    which members there are.
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
        """Everything except the caller: what the form of a response depends on."""
        return self.prefix, self.version, self.conventions, self.view

    def user(self, model: type[M]) -> M:
        """Return the row of the caller, who has logged in; `model` is the model of users."""
        caller: object = self.caller
        assert isinstance(caller, model)
        return caller

    def showing(self, view: View) -> Context:
        """Return the same context for a list or for a detail (Tastypie rule T213)."""
        return self if view == self.view else replace(self, view=view)
