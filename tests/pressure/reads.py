"""Reads by outsiders: every list, detail, set, format, prefix and override, searched for words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import requests

from tests.chaos.store import Store
from tests.pressure.outcome import Outcome, sample_evenly
from tests.pressure.planted import WORD, find_owned, plant_rows
from tests.pressure.target import OUTSIDERS, Caller, Request, list_resources

_VERSIONS = ("2.0.x", "3.3.x", "4.0.x")
_FORMATS = ("json", "jsonp", "yaml", "xml", "plist", "html", "csv", "zip", "edf")
_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def attack_reads(store: Store, scale: float) -> Outcome:
    """Ask as each outsider for what is the owner's; a word or a detail that comes is a finding."""
    plant_rows(store)
    hidden = find_owned(store)
    details = [each for uri in hidden for each in spell_detail(uri)]
    others = [
        *(each for resource in list_resources(store) for each in spell_list(resource)),
        *(each for uri in hidden for each in spell_around(uri)),
    ]
    outcome = Outcome()
    for name in OUTSIDERS:
        caller = Caller(store, name)
        for request in sample_evenly(details, scale):
            _try(caller, request, outcome, may_succeed=False)
        for request in sample_evenly(others, scale):
            _try(caller, request, outcome, may_succeed=True)
    return outcome


def _try(caller: Caller, request: Request, outcome: Outcome, *, may_succeed: bool) -> None:
    outcome.tried += 1
    answer = caller.send(request)
    if leak := find_leak(answer, may_succeed=may_succeed):
        outcome.find(f"{caller.name}: {request}: {leak}")


def find_leak(answer: requests.Response, *, may_succeed: bool) -> str:
    """Return what an answer gives away, empty for nothing."""
    told = answer.text + str(answer.headers)
    if WORD in told:
        return "has a planted word"
    if 200 <= answer.status_code < 300 and not may_succeed:  # a redirect tells nothing
        return f"answers {answer.status_code}"
    return f"answers {answer.status_code}" if _is_failure(answer.status_code) else ""


def _is_failure(status: int) -> bool:
    return status >= 500 and status != requests.codes.not_implemented


def spell_detail(uri: str) -> Iterator[Request]:
    """Give the ways to ask for one row."""
    other = uri.replace("/api/", "/api/v1/", 1)
    for path in (uri, other, uri.rstrip("/"), f"{uri}?limit=0", f"{uri}?show_all=1"):
        yield Request("GET", path)
    yield Request("HEAD", uri)
    for version in _VERSIONS:
        yield Request("GET", uri, {"X-HexoAPIVersion": version})
    for kind in _FORMATS:
        yield Request("GET", f"{uri}?format={kind}")
    yield Request("GET", uri, {"If-None-Match": '"x"', "Range": "bytes=0-"})
    yield Request("GET", uri.replace("/api/", "/api//", 1))
    yield Request("GET", uri.replace("/api/", "/API/", 1))
    for header in _OVERRIDES:
        yield Request("POST", uri, {header: "GET"})


def spell_list(resource: str) -> Iterator[Request]:
    """Give the ways to ask for a list."""
    path = f"/api/{resource}/"
    queries = ("", "?limit=0", "?limit=1000", "?show_all=1", "?user=835", "?user__in=835,1")
    for query, prefix in product(queries, ("/api/", "/api/v1/")):
        yield Request("GET", path.replace("/api/", prefix, 1) + query)
    for version in _VERSIONS:
        yield Request("GET", f"{path}?limit=1000", {"X-HexoAPIVersion": version})
    for kind in _FORMATS:
        yield Request("GET", f"{path}?limit=1000&format={kind}")
    yield Request("GET", f"{path}schema/")


def spell_around(uri: str) -> Iterator[Request]:
    """Give the ways to meet a row in lists, sets and data."""
    resource, number = uri.split("/")[2:4]
    yield Request("GET", f"/api/{resource}/set/{number};{number}/")
    yield Request("GET", f"/api/{resource}/?id={number}")
    yield Request("GET", f"/api/{resource}/?id__in={number},0")
    yield Request("GET", f"/api/range/?parent={number}")
    yield Request("GET", f"/api/labelledobject/?label={number}")
    if resource in {"record", "range"}:
        for kind in ("json", "csv", "zip", "edf"):
            yield Request("GET", f"/api/data/?{resource}={number}&datatype=19&format={kind}")
