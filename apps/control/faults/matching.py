"""Which requests a rule is for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest

from apps.api import registry
from apps.api.versions import NEWEST
from apps.control.faults import members
from apps.control.faults.callers import is_sent_by
from apps.control.faults.members import FaultError, take_members
from apps.control.globs import Glob
from apps.control.json_matching import ABSENT, has_json
from hexostore.suggestions import did_you_mean
from hexostore.web.threads import resource_of

LONGEST_BODY = 2**20
"""Bytes of a body that rules look into. A longer one fits no rule about bodies."""

METHODS = "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"

Globs = Mapping[str, Glob]


@dataclass(frozen=True)
class FaultMatch:
    """What a request must have; whatever is empty is not looked at."""

    method: frozenset[str] = frozenset()
    path: Glob | None = None
    resource: str = ""
    user: str = ""
    client: str = ""
    headers: Globs = field(default_factory=dict)
    query: Globs = field(default_factory=dict)
    body: str = ""
    json: object = None

    def matches(self, request: HttpRequest) -> bool:
        """Return whether a request has all that. What costs least is looked at first."""
        return (
            (not self.method or request.method in self.method)
            and (self.path is None or self.path.matches(request.path))
            and (not self.resource or resource_of(request.path) == self.resource)
            and _fit(self.headers, request.headers)
            and (not self.query or _fit(self.query, request.GET))
            and self._fits_body(request)
            and (not (self.user or self.client) or is_sent_by(request, self.user, self.client))
        )

    def _fits_body(self, request: HttpRequest) -> bool:
        if not self.body and self.json is None:
            return True
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
            return False
        sent = request.body
        if self.body and self.body.encode() not in sent:
            return False
        return self.json is None or has_json(_parsed(sent), self.json)


def read_match(sent: object, where: str) -> FaultMatch:
    """Return the match that the member `match` of a rule describes. Raise FaultError."""
    return FaultMatch(**take_members(sent, _MEMBERS, where))


def _fit(globs: Globs, sent: Mapping[str, str]) -> bool:
    return all(name in sent and glob.matches(sent[name]) for name, glob in globs.items())


def _parsed(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return ABSENT
    return found


def _read_methods(value: object, where: str) -> frozenset[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise FaultError(f"{where} must be a method, or an array of methods.")
    check = members.one_of(*METHODS)
    return frozenset(
        check(word.upper() if isinstance(word, str) else word, where) for word in words
    )


def _read_glob(value: object, where: str) -> Glob:
    return Glob.read(members.text(1000)(value, where))


def _read_resource(value: object, where: str) -> str:
    name: str = members.text(100)(value, where)
    known = {each.name for each in registry.all_in(NEWEST)}
    if name not in known:
        raise FaultError(f"{where}: there is no resource {name!r}.{did_you_mean(name, known)}")
    return name


_MEMBERS: Mapping[str, members.Check] = {
    "method": _read_methods,
    "path": _read_glob,
    "resource": _read_resource,
    "user": members.text(254),
    "client": members.text(100),
    "headers": members.table_of(_read_glob, 20),
    "query": members.table_of(_read_glob, 20),
    "body": members.text(10_000),
    "json": members.any_json(1000),
}
