"""Pages of lists: limit, offset, and the links between pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.verification.answers import ServerAnswer
from apps.verification.examined import API, ExaminedServer
from apps.verification.parity_checks import parity_check

MANY = 1000
"""The most rows that a check reads of a list."""

SUBJECT = f"{API}user/"
"""The list that wrong arguments are sent to. It has a row at least, the caller."""


@parity_check("T51", "T53", "wire row 17", "API reference, List views")
def next_leads_to_the_next_page(server: ExaminedServer) -> None:
    """next is a path, and leads to the rows after this page."""
    for name in server.lists_with_rows(2):
        first = server.get(f"{API}{name}/?limit=1")
        wanted = [("limit", "1"), ("offset", "1")]
        link = first.meta.get("next")
        if not server.notes.compare(first, f"{name}: next", wanted, _arguments(link)):
            continue
        server.notes.require(
            first, f"{name}: next", str(link).startswith("/"), "a path without a host", link
        )
        second = server.get(_target(str(link)))
        server.notes.compare(second, f"{name}: offset", 1, second.meta.get("offset"))
        both = [*first.objects, *second.objects]
        server.notes.require(
            second, f"{name}: rows", len(both) == 2 and both[0] != both[1], "another row", "one row"
        )


@parity_check("T51", "T52")
def links_end_at_both_ends(server: ExaminedServer) -> None:
    """The first page has no previous one, and the last no next one."""
    for name in server.lists_with_rows(2):
        last = server.total(name) - 1
        first = server.first_page(name)
        server.notes.compare(first, f"{name}: previous", None, first.meta.get("previous", 0))
        answer = server.get(f"{API}{name}/?limit=1&offset={last}")
        server.notes.compare(answer, f"{name}: next", None, answer.meta.get("next", 0))
        wanted = [("limit", "1"), ("offset", str(last - 1))]
        told = _arguments(answer.meta.get("previous"))
        server.notes.compare(answer, f"{name}: previous", wanted, told)


@parity_check("T39", "T41", "wire row 16", "API reference, List views")
def limit_zero_means_as_many_as_allowed(server: ExaminedServer) -> None:
    """limit=0 gives as many rows as allowed, and meta.limit says how many that are."""
    for name in server.lists_with_rows():
        if server.total(name) > MANY:
            server.notes.left_out.append(f"{name}: more than {MANY} rows")
            continue
        answer = server.get(f"{API}{name}/?limit=0")
        limit = answer.meta.get("limit")
        known = type(limit) is int and limit > 0
        if server.notes.require(answer, f"{name}: limit", known, "a number above 0", limit):
            expected = min(server.total(name), int(str(limit)))
            server.notes.compare(answer, f"{name}: rows", expected, len(answer.objects))


@parity_check("T40", "wire row 16")
def large_limit_is_cut(server: ExaminedServer) -> None:
    """A limit above the highest is cut to it."""
    name = server.list_with_rows()
    highest = server.get(f"{API}{name}/?limit=0").meta.get("limit")
    answer = server.get(f"{API}{name}/?limit=10000000")
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "limit", highest, answer.meta.get("limit"))


@parity_check("T15", "T41", "API reference, List views")
def default_limit_is_that_of_the_schema(server: ExaminedServer) -> None:
    """Without a limit, a list has the default limit of its schema."""
    name = server.list_with_rows()
    answer = server.get(f"{API}{name}/")
    wanted = server.schema(name).get("default_limit")
    server.notes.compare(answer, "limit", wanted, answer.meta.get("limit"))


@parity_check("T43", "T44")
def bad_limit_is_refused(server: ExaminedServer) -> None:
    """A limit that is no positive whole number is a 400 that repeats it."""
    for value in ("abc", "1.5", "", "true"):
        answer = server.get(f"{SUBJECT}?limit={value}")
        text = f"Invalid limit '{value}' provided. Please provide a positive integer."
        expect_error(server, answer, text)
    answer = server.get(f"{SUBJECT}?limit=-1")
    text = "Invalid limit '-1' provided. Please provide a positive integer &gt;= 0."
    expect_error(server, answer, text)


@parity_check("T45", "T46")
def bad_offset_is_refused(server: ExaminedServer) -> None:
    """An offset that is no positive whole number is a 400 that repeats it."""
    for value in ("abc", "1.5", ""):
        answer = server.get(f"{SUBJECT}?offset={value}")
        expect_error(
            server, answer, f"Invalid offset '{value}' provided. Please provide an integer."
        )
    answer = server.get(f"{SUBJECT}?offset=-1")
    text = "Invalid offset '-1' provided. Please provide a positive integer &gt;= 0."
    expect_error(server, answer, text)


@parity_check("T49")
def last_limit_counts(server: ExaminedServer) -> None:
    """Of several limits the last one counts."""
    answer = server.get(f"{SUBJECT}?limit=7&limit=3")
    server.notes.compare(answer, "limit", 3, answer.meta.get("limit"))


@parity_check("T50")
def offset_past_the_end_is_empty(server: ExaminedServer) -> None:
    """An offset past the end gives no rows and no next page."""
    name = server.list_with_rows()
    answer = server.get(f"{API}{name}/?limit=2&offset=1000000")
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "rows", 0, len(answer.objects))
    server.notes.compare(answer, "next", None, answer.meta.get("next", 0))
    wanted = [("limit", "2"), ("offset", "999998")]
    server.notes.compare(answer, "previous", wanted, _arguments(answer.meta.get("previous")))


@parity_check("T53")
def links_keep_other_arguments(server: ExaminedServer) -> None:
    """Links keep the other arguments, before limit and offset."""
    name = server.list_with_rows(2)
    answer = server.get(f"{API}{name}/?foo=a+b,c&limit=1")
    wanted = [("foo", "a b,c"), ("limit", "1"), ("offset", "1")]
    server.notes.compare(answer, "next", wanted, _arguments(answer.meta.get("next")))


@parity_check("T38", "T51")
def pages_neither_repeat_nor_lose_rows(server: ExaminedServer) -> None:
    """The pages of a list have all of its rows, each once."""
    for name in server.lists_with_rows(2):
        total = server.total(name)
        if total > MANY:
            server.notes.left_out.append(f"{name}: more than {MANY} rows")
            continue
        half = (total + 1) // 2
        pages = [server.get(f"{API}{name}/?limit={half}&offset={at}") for at in (0, half)]
        rows = [repr(row) for page in pages for row in page.objects]
        server.notes.compare(pages[1], f"{name}: rows", total, len(rows))
        server.notes.compare(pages[1], f"{name}: different rows", total, len(set(rows)))


def expect_error(server: ExaminedServer, answer: ServerAnswer, text: str) -> None:
    """Compare an answer with a 400 of Tastypie. It may have `&gt;` bare (T44, T200)."""
    server.notes.compare(answer, "status", 400, answer.status)
    wanted: tuple[Any, ...] = ({"error": text}, {"error": text.replace("&gt;", ">")})
    server.notes.require(answer, "body", answer.json in wanted, str(wanted[0]), answer.json)


def _arguments(link: object) -> list[tuple[str, str]] | None:
    if not isinstance(link, str):
        return None
    return parse_qsl(urlsplit(link).query, keep_blank_values=True)


def _target(link: str) -> str:
    """Return path and query of a link, for the same server whatever its host is."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"
