"""Filters of lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from apps.verification.answers import ServerAnswer
from apps.verification.checks.paging import expect_error
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ExaminedServer, path_of
from apps.verification.parity_checks import parity_check

MISMATCH = "Invalid resource lookup data provided (mismatched type)."
COMPARING = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range"})
UNKNOWN = ("foo=1", "foo__bar=1", "startTimestamp__gte=0")
"""Arguments that are no fields, of which published clients send the last one."""


def _numbered(server: ExaminedServer) -> Iterator[tuple[str, list[int]]]:
    """Yield the lists that can be compared by id, with the ids of their first rows, ascending.

    Raise CheckSkipped if there is none.
    """
    found, others = False, []
    for name in server.lists_with_rows():
        lookups = server.lookups(name).get("id")
        allowed = COMPARING if lookups in (1, 2) else frozenset(lookups or ())
        ids = [row["id"] for row in server.rows(name) if type(row.get("id")) is int]
        if allowed >= COMPARING and len(ids) == len(server.rows(name)):
            found = True
            yield name, sorted(ids)
        else:
            others.append(name)
    if not found:
        raise CheckSkipped("no list with rows can be filtered by number")
    server.notes.left_out.append(f"ids that cannot be compared: {', '.join(others)}")


def _count(answer: ServerAnswer) -> Any:
    """Return how many rows a list says it has, or its status if it is none."""
    told = f"status {answer.status}"
    return answer.meta.get("total_count", told) if answer.status == 200 else told


def _ids(answer: ServerAnswer) -> list[Any]:
    return sorted(each.get("id") or 0 for each in answer.objects)


@parity_check("T56", "API reference, Filtering and Ordering")
def exact_finds_the_row(server: ExaminedServer) -> None:
    """id=... and id__exact=... find one row."""
    for name, ids in _numbered(server):
        for lookup in ("id", "id__exact"):
            answer = server.get(f"{API}{name}/?{lookup}={ids[0]}")
            server.notes.compare(answer, f"{name}: {lookup}", ids[:1], _ids(answer))


@parity_check("T62", "wire row 12", "API reference, Filtering and Ordering")
def in_finds_several_rows(server: ExaminedServer) -> None:
    """id__in takes a list with commas, also as %2C, and can be repeated."""
    for name, ids in _numbered(server):
        texts = [str(each) for each in ids]
        for value in (",".join(texts), "%2C".join(texts), "&id__in=".join(texts)):
            answer = server.get(f"{API}{name}/?id__in={value}")
            server.notes.compare(answer, f"{name}: id__in", ids, _ids(answer))


@parity_check("T63")
def empty_in_finds_nothing(server: ExaminedServer) -> None:
    """id__in= finds nothing."""
    name, _ = next(_numbered(server))
    answer = server.get(f"{API}{name}/?id__in=")
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "rows", 0, _count(answer))


@parity_check("T56", "API reference, Filtering and Ordering")
def comparisons_split_the_rows(server: ExaminedServer) -> None:
    """Each row is either below a value or at or above it, and either above or at or below."""
    for name, ids in _numbered(server):
        middle = ids[len(ids) // 2]
        for one, other in (("gt", "lte"), ("gte", "lt")):
            answers = [
                server.get(f"{API}{name}/?limit=1&id__{each}={middle}") for each in (one, other)
            ]
            counts = [_count(each) for each in answers]
            both = sum(counts) if all(type(each) is int for each in counts) else counts
            what = f"{name}: {one} and {other}"
            server.notes.compare(answers[1], what, server.total(name), both)


@parity_check("T66")
def range_includes_both_ends(server: ExaminedServer) -> None:
    """id__range includes both ends, and finds nothing if they are reversed."""
    for name, ids in _numbered(server):
        low, high = ids[0], ids[-1]
        answer = server.get(f"{API}{name}/?limit=1000&id__range={low},{high}")
        found = [each for each in _ids(answer) if each in ids]
        server.notes.compare(answer, f"{name}: ends", ids, found)
        if low < high:
            answer = server.get(f"{API}{name}/?id__range={high},{low}")
            server.notes.compare(answer, f"{name}: reversed", 0, _count(answer))


@parity_check("T57", "wire row 50", "wire 8.8")
def unknown_names_are_ignored(server: ExaminedServer) -> None:
    """Arguments that are no fields change nothing."""
    name = server.list_with_rows()
    for argument in UNKNOWN:
        answer = server.get(f"{API}{name}/?{argument}&limit=3")
        server.notes.compare(answer, argument, server.total(name), _count(answer))


@parity_check("T58")
def field_without_filter_is_refused(server: ExaminedServer) -> None:
    """A field that the schema does not list under filtering is a 400 that names it."""
    for name in _lists_with(server, "record", "range", "user", "unit"):
        free = [
            field
            for field, told in server.fields(name).items()
            if field not in server.lookups(name) and told.get("type") in {"string", "integer"}
        ]
        for field in [each for each in free if each != "resource_uri"][:1]:
            answer = server.get(f"{API}{name}/?{field}=1")
            expect_error(server, answer, f"The '{field}' field does not allow filtering.")


@parity_check("T59")
def lookup_that_is_not_listed_is_refused(server: ExaminedServer) -> None:
    """A lookup that the schema does not list is a 400 that names it."""
    for name in _lists_with(server, "record", "range", "user", "unit"):
        listed = server.lookups(name).get("id")
        if isinstance(listed, list) and "isnull" not in listed:
            answer = server.get(f"{API}{name}/?id__isnull=true")
            text = "'isnull' is not an allowed filter on the 'id' field."
            expect_error(server, answer, text)


@parity_check("T60")
def unknown_lookup_is_refused(server: ExaminedServer) -> None:
    """An unknown lookup is taken for a walk through a relation, and is a 400."""
    for name in _lists_with(server, "record", "range", "user"):
        answer = server.get(f"{API}{name}/?id__foo=1")
        expect_error(server, answer, "The 'id' field does not support relations.")


@parity_check("T73")
def text_for_a_number_is_refused(server: ExaminedServer) -> None:
    """A text that is no number, or an empty one, is a 400 for a field of numbers."""
    for name in _lists_with(server, "record", "range", "user"):
        for value in ("abc", "1.5", ""):
            answer = server.get(f"{API}{name}/?id={value}")
            expect_error(server, answer, MISMATCH)


@parity_check("T64")
def wrong_item_of_a_list_is_refused(server: ExaminedServer) -> None:
    """An item of id__in that is no number is a 400."""
    for name in _lists_with(server, "record", "range", "user"):
        answer = server.get(f"{API}{name}/?id__in=1,abc")
        expect_error(server, answer, MISMATCH)


@parity_check("T54")
def first_error_wins(server: ExaminedServer) -> None:
    """A wrong filter is told before a wrong order, and that before a wrong limit."""
    name = next(_lists_with(server, "record", "range", "user"))
    answer = server.get(f"{API}{name}/?limit=abc&order_by=nothing&id=abc")
    expect_error(server, answer, MISMATCH)
    answer = server.get(f"{API}{name}/?limit=abc&order_by=nothing")
    expect_error(server, answer, "No matching 'nothing' field for ordering on.")


def _lists_with(server: ExaminedServer, *names: str) -> Iterator[str]:
    """Yield those of the lists that can be filtered by id. Raise CheckSkipped if there is none."""
    found = [name for name in names if name in server.index() and "id" in server.lookups(name)]
    if not found:
        raise CheckSkipped("none of these can be filtered by id: " + ", ".join(names))
    yield from found


@parity_check("Tastypie 19", "wire row 14", "wire row 23", "wire row 51")
def relation_takes_uri_id_and_address(server: ExaminedServer) -> None:
    """user= takes an id, a URI and an e-mail address, and finds the same rows."""
    caller = server.account()
    uri = str(caller.get("resource_uri"))
    spellings = [str(caller.get("id")), uri, uri.rstrip("/")]
    if "@" in str(caller.get("email")):
        spellings.append(str(caller["email"]))
    for name in _lists_of_people(server):
        answers = [
            server.get(f"{API}{name}/?limit=1&user={quote(each, safe='')}") for each in spellings
        ]
        for answer in answers:
            server.notes.compare(answer, f"{name}: user", _count(answers[0]), _count(answer))
        server.notes.compare(answers[0], f"{name}: status", 200, answers[0].status)


def _lists_of_people(server: ExaminedServer) -> Iterator[str]:
    found = False
    for name in ("record", "range", "annotation", "label", "trainingroutine"):
        if name in server.index() and "user" in server.lookups(name):
            found = True
            yield name
    if not found:
        raise CheckSkipped("no list can be filtered by user")


@parity_check("T80", "behaviour 7")
def relation_filter_finds_rows_of_that_user(server: ExaminedServer) -> None:
    """The rows that user= finds belong to that user."""
    uri = path_of(server.account().get("resource_uri"))
    compared = False
    for name in _lists_of_people(server):
        answer = server.get(f"{API}{name}/?limit=20&user={server.account().get('id')}")
        for row in answer.objects:
            compared = True
            owner = row.get("user")
            told = owner.get("resource_uri") if isinstance(owner, dict) else owner
            server.notes.compare(answer, f"{name}: user", uri, told)
    if not compared:
        raise CheckSkipped("the caller has no rows in these lists")


@parity_check("T82")
def walk_through_a_link_needs_leave(server: ExaminedServer) -> None:
    """A walk through a relation whose filters are a list is a 400."""
    found = False
    for name in server.lists():
        for field, told in server.fields(name).items():
            lookups = server.lookups(name).get(field)
            if told.get("type") == "related" and isinstance(lookups, list) and not found:
                found = True
                answer = server.get(f"{API}{name}/?{field}__id=1")
                text = f"Lookups are not allowed more than one level deep on the '{field}' field."
                expect_error(server, answer, text)
    if not found:
        raise CheckSkipped("all relations can be walked through")


@parity_check("wire row 29", "T56", "API reference, Filtering and Ordering")
def times_filter_rows(server: ExaminedServer) -> None:
    """start__gte and start__lt split the rows that have a start."""
    for name in _lists_with_start(server):
        start = max(row["start"] for row in server.rows(name))
        at_or_after = server.get(f"{API}{name}/?limit=1000&start__gte={start}")
        before = server.get(f"{API}{name}/?limit=1000&start__lt={start}")
        later = [row for row in at_or_after.objects if row["start"] < start]
        earlier = [row for row in before.objects if row["start"] >= start]
        server.notes.compare(at_or_after, f"{name}: rows before", [], later)
        server.notes.compare(before, f"{name}: rows at or after", [], earlier)
        found = any(row["start"] == start for row in at_or_after.objects)
        server.notes.compare(at_or_after, f"{name}: the row at {start}", True, found)


def _lists_with_start(server: ExaminedServer) -> Iterator[str]:
    names = ("record", "range", "annotation", "trainingsession")
    there = [name for name in names if name in server.index() and "start" in server.lookups(name)]
    with_rows = [
        name
        for name in there
        if server.rows(name) and all(type(row.get("start")) is int for row in server.rows(name))
    ]
    if not with_rows:
        raise CheckSkipped("no list has rows with a start")
    yield from with_rows
