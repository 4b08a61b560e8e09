"""A seed of what a server shows, without what is personal.

Rows of people get new ids, which all links to them follow. Rows that everybody shares, such as
activity types, keep their ids. Names, addresses and free texts are replaced, each by the same
replacement everywhere.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from apps.sandbox import store
from apps.sandbox.models import Store
from apps.sandbox.scrubbing import Scrubbing
from apps.sandbox.seed_rows import SeedTable
from apps.verification.client import EnoughAsked, NoAnswer
from apps.verification.examined import API, ExaminedServer, path_of

RECORDED = (
    "unit",
    "datatype",
    "metric",
    "activityattribute",
    "activitytype",
    "trainingroutine",
    "bundle",
    "user",
    "profile",
    "device",
    "label",
    "record",
    "range",
    "annotation",
    "async",
    "activityattributevalue",
    "track",
    "trainingsession",
    "team",
    "bundle_permission",
)
"""The resources that a seed of a server has. Each comes after those that it needs."""

SHARED = frozenset({"unit", "datatype", "metric", "bundle"})
"""Resources whose rows everybody shares. Of the others, rows without a user are shared."""

NOT_KEPT = frozenset(
    {
        ("profile", "fitness"),
        ("profile", "preferences"),
        ("range", "metrics"),
        ("record", "algo"),
        ("record", "data"),
        ("track", "area"),
    }
)
"""Fields that are left out: what programs keep for a person, old ids and numbers of devices in
forms of their own, where somebody was, and what follows from other rows."""

LINKED_BY_KEY = frozenset({("trainingroutine", "steps")})
"""Fields in which a store keeps ids, where the API shows URIs."""

PAGE = 1000
MOST_ROWS = 5000
"""The most rows of a resource that are kept."""

FIRST_ID = 900_001
"""The first new id of a resource that has shared rows too."""

_URI = re.compile(r"/api/(?:v1/)?([a-z_]+)/([^/]+)/")


@dataclass
class RecordedSeed:
    """A seed, and what it does not have and why."""

    seed: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of rows."""
        return sum(map(len, self.seed.values()))


def record_seed(server: ExaminedServer, scrub: frozenset[str] = frozenset()) -> RecordedSeed:
    """Return a seed of the rows that a server shows to the login. `scrub` are more fields to
    replace."""
    found = RecordedSeed()
    answers = {name: _read_rows(server, name, found) for name in RECORDED}
    keys = NewKeys()
    for name, rows in answers.items():
        keys.assign(name, rows)
    scrubbing = Scrubbing(scrub)
    password = secrets.token_urlsafe(12)
    for name, rows in answers.items():
        maker = SeedMaker(name, keys, scrubbing, found)
        made = {f"{name}{number}": maker.make_row(row) for number, row in enumerate(rows, 1)}
        kept = {handle: row for handle, row in made.items() if row is not None}
        if name == "bundle":
            kept = {handle: _with_rights(row) for handle, row in kept.items()}
        if name == "user":
            kept = {handle: {**row, "password": password} for handle, row in kept.items()}
        if kept:
            found.seed[name] = kept
    _name_others(server, found)
    return found


def _read_rows(server: ExaminedServer, name: str, found: RecordedSeed) -> list[dict[str, Any]]:
    """Return the rows of a list, at most MOST_ROWS; none if the server does not have it."""
    rows: list[dict[str, Any]] = []
    if name not in server.index():
        return rows
    total: object = 1
    try:
        while isinstance(total, int) and len(rows) < min(total, MOST_ROWS):
            answer = server.get(f"{API}{name}/?limit={PAGE}&offset={len(rows)}")
            if not answer.objects:
                break
            rows += answer.objects
            total = answer.meta.get("total_count")
    except (EnoughAsked, NoAnswer) as error:
        found.left_out.append(f"left out: rows of {name} after {len(rows)}: {error}")
    if isinstance(total, int) and total > len(rows) >= MOST_ROWS:
        found.left_out.append(f"left out: rows of {name} after {len(rows)} of {total}")
    return rows


def _with_rights(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return a bundle with the rights that one of that name has here, as no server shows them."""
    known = store.read_catalogue(Store.Seed.CATALOGUE)["bundle"]
    alike = (each for each in known.values() if each.get("name") == bundle.get("name"))
    return {**next(alike, {}), **bundle}


def _name_others(server: ExaminedServer, found: RecordedSeed) -> None:
    others = sorted(set(server.index()) - set(RECORDED))
    if others:
        found.left_out.append(f"left out: {', '.join(others)}")


class NewKeys:
    """The new keys of rows of people, by resource and key."""

    def __init__(self) -> None:
        self._new: dict[tuple[str, str], int | str] = {}

    def assign(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Give the rows of a resource their keys."""
        mixed = any(is_shared(name, row) for row in rows)
        number = FIRST_ID if mixed else 1
        for row in rows:
            old = key_in(row.get("resource_uri"))
            if not old:
                continue
            if is_shared(name, row):
                self._new[name, old] = row.get("id", old)
                continue
            self._new[name, old] = device_key(number) if name == "device" else number
            number += 1

    def find(self, name: str, key: str) -> int | str | None:
        """Return the key of a row in the seed; None if the row is not there."""
        return self._new.get((name, key))

    def rename_uri(self, uri: str) -> str | None:
        """Return the URI of the same row in the seed; None if it is not there."""
        named = _URI.fullmatch(path_of(uri))
        if named is None:
            return None
        name = "user" if named[1] == "account" else named[1]
        new = self.find(name, named[2])
        return None if new is None else f"{API}{name}/{new}/"


def device_key(number: int) -> str:
    """Return the made-up id of a device, in the form that is printed on them (wire trap 5)."""
    return f"HXSKIN12{number:08}"


def is_shared(name: str, row: Mapping[str, Any]) -> bool:
    """Return whether everybody has a row, so that it says nothing of a person."""
    return name in SHARED or ("user" in row and row["user"] is None and name in _WITH_SHARED)


_WITH_SHARED = frozenset({"activityattribute", "activitytype", "trainingroutine"})


def key_in(uri: object) -> str:
    """Return the key in a URI; an empty text if there is none."""
    named = _URI.fullmatch(path_of(uri))
    return named[2] if named else ""


class SeedMaker:
    """Makes the rows of a seed for one resource, and notes what is left out."""

    def __init__(self, name: str, keys: NewKeys, scrubbing: Scrubbing, found: RecordedSeed) -> None:
        self.name, self.keys, self.scrubbing, self.found = name, keys, scrubbing, found
        self.table = SeedTable(name)

    def make_row(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the fields of a row for the seed; None if one that it needs is not known."""
        made = dict(self._members(row))
        for column in self.table.required:
            given = [each for each in made if self.table.columns[each] is column]
            if not given and column.name != "password":
                self._leave_out(f"a row needs {column.name}, which the server does not show")
                return None
        return made

    def _members(self, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        key = self.keys.find(self.name, key_in(row.get("resource_uri")))
        for name, value in row.items():
            column = self.table.columns.get(name)
            if column is None or (self.name, name) in NOT_KEPT or name == "resource_uri":
                continue
            if isinstance(column, models.ManyToManyField):
                yield name, self._links(value)
            elif column.is_relation:
                if (linked := self._link(value)) is not None:
                    yield name, linked
            elif name in {"id", "deviceid"}:
                yield from self._key_members(name, key)
            elif value is not None:
                yield name, self._value(name, value, row)

    def _key_members(self, name: str, key: int | str | None) -> Iterator[tuple[str, Any]]:
        """Yield the key of a row. That of a device is the text; its number is made up too."""
        if self.name == "device" and key is not None:
            number = int(str(key)[-8:])
            yield (name, key) if name == "deviceid" else (name, number)
        elif key is not None:
            yield name, key

    def _value(self, name: str, value: Any, row: Mapping[str, Any]) -> Any:
        if self.name == "device" and name == "serial":
            key = self.keys.find("device", key_in(row.get("resource_uri")))
            return int(str(key)[-8:])
        by_key = (self.name, name) in LINKED_BY_KEY
        renamed = self._renamed(value, by_key=by_key)
        if is_shared(self.name, row):
            return renamed
        return self.scrubbing.replace(self.name, name, renamed)

    def _renamed(self, value: Any, *, by_key: bool) -> Any:
        """Return a value with the URIs inside of it renamed; those of unknown rows are null."""
        if isinstance(value, dict):
            return {name: self._renamed(each, by_key=by_key) for name, each in value.items()}
        if isinstance(value, list):
            return [self._renamed(each, by_key=by_key) for each in value]
        if not (isinstance(value, str) and _URI.fullmatch(value)):
            return value
        uri = self.keys.rename_uri(value)
        return int(key_in(uri)) if by_key and uri else uri

    def _link(self, value: Any) -> str | None:
        uri = value.get("resource_uri") if isinstance(value, dict) else value
        return self.keys.rename_uri(uri) if isinstance(uri, str) else None

    def _links(self, value: Any) -> list[str]:
        found = [self._link(each) for each in (value if isinstance(value, list) else [])]
        return [each for each in found if each is not None]

    def _leave_out(self, why: str) -> None:
        line = f"left out: rows of {self.name}: {why}"
        if line not in self.found.left_out:
            self.found.left_out.append(line)
