"""The server that is examined: what it has, found by asking it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from apps.verification.answers import NO_JSON, ServerAnswer, VerifyRequest
from apps.verification.client import NoAnswer, ReadingClient, ServerGone
from apps.verification.comparing import CheckNotes, CheckSkipped
from apps.verification.logins import STRANGER, VerifyLogin
from apps.verification.places import PlaceError, is_same_server, parse_place

API = "/api/"
NOT_PAGED = frozenset(
    {"calendar", "csvstudysubjects", "csvsurveyanswers", "distribution", "report"}
)
"""Resources whose answers are no pages of rows (behaviour 1)."""

WITHOUT_SCHEMA = re.compile(r"studymember(/.*)?")
"""Names in the index whose schemas fail, which clients leave out (behaviour 0)."""

ROWS = 3
"""The rows of each list that checks of objects look at."""

OTHERS = frozenset({"account"})
"""Lists whose rows have URIs of another resource (wire 1.4)."""


@dataclass
class ExaminedServer:
    """A server, the login, and what was found of it so far. Checks ask it, and note what they
    compare in `notes`."""

    client: ReadingClient
    login: VerifyLogin
    notes: CheckNotes = field(default_factory=CheckNotes)
    _index: dict[str, Any] | None = None
    _schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    _first: dict[str, ServerAnswer] = field(default_factory=dict)

    def get(
        self,
        target: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        login: VerifyLogin | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> ServerAnswer:
        """Return the answer to a request."""
        request = VerifyRequest(target, login or self.login, method, headers, body)
        return self.client.send(request)

    def get_as_stranger(self, target: str, method: str = "GET") -> ServerAnswer:
        """Return the answer to a request without a login."""
        return self.get(target, login=STRANGER, method=method)

    def enter(self) -> None:
        """Find the server, where it redirects to, and whether it lets the login in.

        Raise ServerGone if not.
        """
        try:
            self._follow_redirect(self.get(API))
            answer = self.get(f"{API}account/")
        except NoAnswer as error:
            raise ServerGone(f"No answer from {self.client.place.root}: {error}") from error
        if answer.status in {401, 403}:
            said = f": {answer.text[:200]}" if answer.text.strip() else "."
            raise ServerGone(f"The login was refused with {answer.status}{said}")
        if answer.status == 404 or answer.json is NO_JSON:
            raise ServerGone(
                f"There is no Hexoskin API at {self.client.place.root}: "
                f"/api/account/ is a {answer.status} of {answer.content_type or 'no type'}"
            )

    def _follow_redirect(self, answer: ServerAnswer) -> None:
        """Ask where the server redirects `/api/` to from now on, if that is still itself."""
        target = answer.headers.get("Location", "")
        if answer.status not in {301, 302, 307, 308}:
            return
        try:
            moved = parse_place(target)
        except PlaceError as error:
            raise ServerGone(f"{answer.place.root} redirects to {target!r}") from error
        if not is_same_server(answer.place, moved):
            raise ServerGone(
                f"{answer.place.root} redirects to another place, {target!r}, "
                "where no login is sent. To verify that server, give its address."
            )
        self.client.close()
        self.client.place = moved

    def index(self) -> dict[str, Any]:
        """Return the entries of `/api/` by name; none if it has another shape."""
        if self._index is None:
            found = self.get(API).json
            self._index = found if isinstance(found, dict) else {}
        return self._index

    def names(self) -> Iterator[str]:
        """Yield the resources with a schema."""
        return (name for name in self.index() if not WITHOUT_SCHEMA.fullmatch(name))

    def schema(self, name: str) -> dict[str, Any]:
        """Return the schema of a resource; {} if there is none."""
        if name not in self._schemas:
            answer = self.get(f"{API}{quote(name)}/schema/")
            found = answer.json if answer.status == 200 else None
            self._schemas[name] = found if isinstance(found, dict) else {}
        return self._schemas[name]

    def fields(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the fields of a schema."""
        found = self.schema(name).get("fields")
        fields = found if isinstance(found, dict) else {}
        return {name: each for name, each in fields.items() if isinstance(each, dict)}

    def lookups(self, name: str) -> dict[str, Any]:
        """Return the filters of a schema."""
        found = self.schema(name).get("filtering")
        return found if isinstance(found, dict) else {}

    def lists(self) -> Iterator[str]:
        """Yield the resources that list rows in pages."""
        for name in self.names():
            if name in NOT_PAGED or "max_values" in self.fields(name):
                continue
            if "get" in (self.schema(name).get("allowed_list_http_methods") or ()):
                yield name

    def first_page(self, name: str) -> ServerAnswer:
        """Return the first rows of a list."""
        if name not in self._first:
            self._first[name] = self.get(f"{API}{quote(name)}/?limit={ROWS}")
        return self._first[name]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the first rows of a list; none if the resource is not there."""
        return self.first_page(name).objects

    def total(self, name: str) -> int:
        """Return how many rows a list has, 0 if it does not say."""
        found = self.first_page(name).meta.get("total_count")
        return found if type(found) is int else 0

    def lists_with_rows(self, least: int = 1) -> Iterator[str]:
        """Yield the lists that have so many rows, and note those that do not.

        Raise CheckSkipped if there is none.
        """
        short: list[str] = []
        any_long = False
        for name in self.lists():
            if self.total(name) >= least and len(self.rows(name)) >= min(least, ROWS):
                any_long = True
                yield name
            else:
                short.append(name)
        what = "rows" if least == 1 else f"{least} rows"
        if not any_long:
            raise CheckSkipped(f"no list has {what}")
        if short:
            self.notes.left_out.append(f"no {what}: {', '.join(short)}")

    def list_with_rows(self, least: int = 1) -> str:
        """Return the list that is best to try arguments with: one of people if it has so many
        rows, otherwise the first. Raise CheckSkipped if there is none."""
        for name in ("record", "range", "user", "datatype"):
            if name in self.index() and self.total(name) >= least:
                return name
        return next(self.lists_with_rows(least))

    def account(self) -> Mapping[str, Any]:
        """Return the caller. Raise CheckSkipped if the server does not say who that is."""
        rows = self.rows("account")
        if not rows:
            raise CheckSkipped("/api/account/ does not say who the caller is")
        return rows[0]


def path_of(uri: object) -> str:
    """Return the path of a URI; an empty text for anything else."""
    return urlsplit(uri).path if isinstance(uri, str) else ""
