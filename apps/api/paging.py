"""limit and offset: Tastypie rules T38 to T54."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from apps.api.bounds import shorten_value
from apps.api.errors import BadRequest


@dataclass(frozen=True)
class PageWindow:
    """A slice of a list: `limit` rows, at most the maximum, from `offset` on."""

    limit: int
    offset: int

    def meta(self, path: str, params: QueryDict, total: int) -> dict[str, Any]:
        """Return the envelope's `meta` with links to the neighbouring pages."""
        after, before = self.offset + self.limit, self.offset - self.limit
        return {
            "limit": self.limit,
            "next": self._link(path, params, after) if after < total else None,
            "offset": self.offset,
            "previous": self._link(path, params, before) if before >= 0 else None,
            "total_count": total,
        }

    def _link(self, path: str, params: QueryDict, offset: int) -> str:
        """Return a link to another page of the list: other parameters first, then limit and offset
        (T53)."""
        others = [pair for pair in params.lists() if pair[0] not in ("limit", "offset")]
        own = [("limit", self.limit), ("offset", offset)]
        query = urlencode([*others, *own], doseq=True)
        return f"{path}?{query}"


def whole_list(objects: Sequence[object]) -> dict[str, Any]:
    """Return the envelope of a list that has all its objects on one page."""
    count = len(objects)
    meta = {"limit": count, "next": None, "offset": 0, "previous": None, "total_count": count}
    return {"meta": meta, "objects": objects}


def parse_page(params: QueryDict, default: int, ceiling: int) -> PageWindow:
    """Return the page that a query asks for. Raise BadRequest for a value that is not a number in
    range."""
    limit = _parse_number(params, "limit", "a positive integer", default)
    offset = _parse_number(params, "offset", "an integer", 0)
    if offset >= 2**63:
        raise _invalid_page("offset", str(offset), "an integer")
    return PageWindow(min(limit, ceiling) if limit else ceiling, offset)


def _parse_number(params: QueryDict, name: str, kind: str, default: int) -> int:
    if name not in params:
        return default
    text = str(params[name])
    try:
        number = int(text)
    except ValueError:
        raise _invalid_page(name, text, kind) from None
    if number < 0:
        raise _invalid_page(name, text, "a positive integer >= 0")
    return number


def _invalid_page(name: str, text: str, kind: str) -> BadRequest:
    return BadRequest(f"Invalid {name} '{shorten_value(text)}' provided. Please provide {kind}.")
