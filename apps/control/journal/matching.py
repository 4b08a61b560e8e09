"""Whether a request in the journal is one that a test describes, and what differs if not.

A description is a JSON object. All its members must fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from apps.control.globs import Glob
from apps.control.journal.masking import FORM
from apps.control.journal.rows import JournalEntry
from apps.control.json_matching import ABSENT, json_differences
from hexostore.web.threads import resource_of

MISSING = "absent"


class MatchError(Exception):
    """A description of requests is malformed. The text says how."""


@dataclass(frozen=True)
class Difference:
    """What a request has in place of what was wanted. `what` names it."""

    what: str
    wanted: Any
    found: Any

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"what": self.what, "wanted": self.wanted, "found": self.found}


Compare = Callable[[JournalEntry, Any], Iterator[Difference]]


def differences(entry: JournalEntry, wanted: Mapping[str, Any]) -> list[Difference]:
    """Return how a request differs from a description, which `check_match` has accepted."""
    return [each for name, value in wanted.items() for each in _COMPARED[name][1](entry, value)]


def count_demands(wanted: Mapping[str, Any]) -> int:
    """Return how many things a description demands, so that near misses can be told."""
    return sum(len(each) if isinstance(each, dict) else 1 for each in wanted.values())


def check_match(wanted: object) -> dict[str, Any]:
    """Return a description if it is one. Raise MatchError."""
    if not isinstance(wanted, dict):
        raise MatchError("A match must be an object.")
    for name, value in wanted.items():
        if name not in _COMPARED:
            raise MatchError(f"Unknown member {name[:60]!r}; known: {', '.join(_COMPARED)}")
        types, _ = _COMPARED[name]
        if not isinstance(value, types) or isinstance(value, bool):
            raise MatchError(f"{name} must be {' or '.join(_NAMES[each] for each in types)}.")
    for name in ("query", "headers"):
        _check_texts(name, wanted.get(name, {}))
    if "status" in wanted:
        statuses_of(wanted["status"])
    return wanted


def statuses_of(text: str | int) -> tuple[int, int]:
    """Return the first and the last status that `404` or `4xx` stands for. Raise MatchError."""
    found = re.fullmatch(r"([1-5])(xx|[0-9]{2})", str(text), re.ASCII)
    if found is None:
        raise MatchError("status must be a number such as 404, or a class such as 4xx.")
    if found[2] == "xx":
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    return int(found[0]), int(found[0])


def _check_texts(name: str, wanted: Mapping[str, Any]) -> None:
    for each, value in wanted.items():
        if value is not None and not isinstance(value, str | int | float):
            raise MatchError(f"{name}.{each[:60]} must be a text, or null if it must be absent.")


def _compare_text(name: str) -> Compare:
    def compare(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
        found = getattr(entry, name)
        if not Glob.read(wanted).matches(found):
            yield Difference(name, wanted, found)

    return compare


def _compare_method(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
    if wanted.upper() != entry.method:
        yield Difference("method", wanted, entry.method)


def _compare_resource(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
    found = resource_of(entry.path)
    if wanted != found:
        yield Difference("resource", wanted, found)


def _compare_status(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
    first, last = statuses_of(wanted)
    if not first <= entry.status <= last:
        yield Difference("status", wanted, entry.status)


def _compare_query(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
    query = entry.details["url"].partition("?")[2]
    sent = parse_qs(query, keep_blank_values=True, max_num_fields=None)
    for name, value in wanted.items():
        yield from _compare_values(f"query.{name}", value, sent.get(name, []))


def _compare_headers(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
    sent = {name.lower(): value for name, value in entry.details["headers"].items()}
    for name, value in wanted.items():
        found = sent.get(name.lower())
        yield from _compare_values(f"headers.{name}", value, [] if found is None else [found])


def _compare_values(what: str, wanted: Any, found: list[str]) -> Iterator[Difference]:
    """Compare a text with the values that were sent under a name; one of them must fit."""
    if not _is_among(wanted, found):
        shown = found[0] if len(found) == 1 else found or MISSING
        yield Difference(what, MISSING if wanted is None else wanted, shown)


def _is_among(wanted: Any, found: list[str]) -> bool:
    if wanted is None:
        return not found
    return any(map(Glob.read(str(wanted)).matches, found))


def _compare_body(entry: JournalEntry, wanted: Any) -> Iterator[Difference]:
    body = entry.details["body"] or {}
    if isinstance(wanted, str):
        found = body.get("text", "")
        if not Glob.read(wanted).matches(found):
            yield Difference("body", wanted, found[:1000])
        return
    for what, one, other in json_differences("body", wanted, _parsed(entry, body)):
        yield Difference(what, one, MISSING if other is ABSENT else other)


def _parsed(entry: JournalEntry, body: Mapping[str, Any]) -> Any:
    """Return a body as JSON. The fields of a form are members, and ABSENT is anything else."""
    text = body.get("text", "")
    if str(entry.details["headers"].get("Content-Type", "")).startswith(FORM):
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=None)
        return {name: each[0] if len(each) == 1 else each for name, each in fields.items()}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return ABSENT


_NAMES: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    dict: "an object",
    list: "a list",
}
_COMPARED: dict[str, tuple[tuple[type, ...], Compare]] = {
    "method": ((str,), _compare_method),
    "path": ((str,), _compare_text("path")),
    "resource": ((str,), _compare_resource),
    "query": ((dict,), _compare_query),
    "headers": ((dict,), _compare_headers),
    "body": ((dict, list, str), _compare_body),
    "status": ((int, str), _compare_status),
    "user": ((str,), _compare_text("user")),
    "client": ((str,), _compare_text("client")),
    "scheme": ((str,), _compare_text("scheme")),
    "reason": ((str,), _compare_text("reason")),
}
