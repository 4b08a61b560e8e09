"""What browsers and programs send by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

CHROMIUM = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
}
"""Chromium and Firefox. Safari says how a page is opened since 2023, too."""

PROGRAMS = {
    "nothing": {},
    "curl, Requests and fetch": {"Accept": "*/*"},
    "JSON": {"Accept": "application/json"},
    "a published client": {"Accept": "application/json, text/javascript, */*; q=0.01"},
    "Java and MATLAB": {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"},
    "a program like a browser": {"Accept": CHROMIUM["Accept"]},
    "a script of a page": {**CHROMIUM, "Sec-Fetch-Mode": "cors"},
}
"""The headers of programs, none of which must get a page."""


def visit(path: str, **headers: str) -> Answer:
    """Open an address in a browser on this machine."""
    return Client().get(path, headers={**CHROMIUM, **headers})


def read_page(path: str, **headers: str) -> str:
    """Return the text of a page that must be there."""
    answer = visit(path, **headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


def links_of(text: str) -> set[str]:
    """Return the addresses that a page leads to."""
    return set(map(unescape, re.findall(r'href="([^"]*)"', text)))


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Note the statements that a block runs in either database."""
    noted: list[str] = []
    execute = psycopg.Connection.execute

    def note(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        noted.append(str(query))
        return execute(self, query, *args, **more)

    with (
        CaptureQueriesContext(connection) as done,
        patch.object(psycopg.Connection, "execute", note),
    ):
        yield noted
    noted += [each["sql"] for each in done.captured_queries]
