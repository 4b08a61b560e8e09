"""The resources that are written to, and how their rows are read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.chaos.model import Members, Observed

LOGIN = ("athlete@example.com", "athlete")
USER = "/api/user/1511/"
PROFILE = "/api/profile/1460/"
LOADED_FROM = 500_000_000_000  # ticks; loaded records start from here on, others before
HEART_RATE = 19
_START = 361_446_243_328
_COMMENT = "/api/datatype/4096/"
_PAGE = 500


@dataclass(frozen=True)
class Resource:
    """A resource with members that take texts; `fixed` goes with every new row."""

    name: str
    texts: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    lists: bool = True  # whether a PATCH may name several rows

    @property
    def mark(self) -> str:
        """The text member by which a new row is known again."""
        return self.texts[0]

    @property
    def watched(self) -> tuple[str, ...]:
        return (*self.texts, *self.fixed)


PERIOD = {"start": _START, "end": _START + 15_360, "user": USER}
RESOURCES = (
    Resource("label", ("name",), {"user": USER}),
    Resource("range", ("name", "note"), PERIOD),
    Resource("annotation", ("annotation",), {"start": _START, "datatype": _COMMENT, "user": USER}),
    Resource("record", ("dev_id", "soft_uid"), PERIOD, lists=False),
)
PROFILE_MEMBERS = ("preferences", "zones")


class Unreadable(Exception):
    """The store gave something else than the rows that were asked for."""


def observe(base: str) -> Observed:
    """Return every row of the resources, and the profile; raise Unreadable."""
    with requests.Session() as session:
        session.auth = LOGIN

        def get(path: str) -> Any:
            return _read(session, base + path)

        found = {PROFILE: _picked(get(PROFILE), PROFILE_MEMBERS)}
        for resource in RESOURCES:
            found |= _rows_of(get, resource)
        return found


def _rows_of(get: Callable[[str], Any], resource: Resource) -> Observed:
    found: Observed = {}
    path: str | None = f"/api/{resource.name}/?limit={_PAGE}&order_by=id"
    if resource.name == "label":
        path = f"/api/label/?limit={_PAGE}"
    while path:
        page = get(path)
        for row in page["objects"]:
            found[row["resource_uri"]] = _picked(row, resource.watched)
            if resource.name == "record" and row["start"] >= LOADED_FROM:
                found[row["resource_uri"]]["samples"] = _count_samples(get, row["id"])
        path = page["meta"]["next"]
    return found


def _count_samples(get: Callable[[str], Any], record: int) -> int:
    asked = f"record={record}&datatype={HEART_RATE}&flat=1&no_timestamps=1"
    return len(get(f"/api/data/?{asked}"))


def _picked(row: Mapping[str, Any], names: tuple[str, ...]) -> Members:
    return {name: _short(row.get(name)) for name in names}


def _short(value: Any) -> Any:
    """Return the URI in place of a nested object."""
    return value["resource_uri"] if isinstance(value, dict) and "resource_uri" in value else value


def _read(session: requests.Session, url: str) -> Any:
    try:
        answer = session.get(url, timeout=30)
    except requests.RequestException as error:
        raise Unreadable(f"{url}: {type(error).__name__}") from error
    if not answer.ok:
        raise Unreadable(f"{url}: {answer.status_code} {answer.text[:200]}")
    return answer.json()
