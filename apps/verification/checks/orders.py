"""The order of lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.verification.answers import ServerAnswer
from apps.verification.checks.paging import expect_error
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ExaminedServer
from apps.verification.parity_checks import parity_check

SOME = 50
"""The rows whose order is looked at."""

KINDS = frozenset({"integer", "float", "datetime", "date"})
"""Types of fields whose order is the same everywhere, unlike that of texts."""


def _ordered(server: ExaminedServer) -> Iterator[tuple[str, str]]:
    """Yield lists with the fields to order them by. Raise CheckSkipped if there is none."""
    found = False
    for name in server.lists_with_rows(2):
        fields = server.fields(name)
        for field in server.schema(name).get("ordering") or ():
            if fields.get(field, {}).get("type") in KINDS:
                found = True
                yield name, field
    if not found:
        raise CheckSkipped("no list with rows can be ordered by a number or a time")


def _values(answer: ServerAnswer, field: str) -> list[Any]:
    """Return the values of a field, without null, whose place depends on the database (T101)."""
    return [row[field] for row in answer.objects if row.get(field) is not None]


@parity_check("T90", "API reference, Filtering and Ordering")
def order_ascends_and_descends(server: ExaminedServer) -> None:
    """order_by=name ascends, order_by=-name descends."""
    for name, field in _ordered(server):
        for order, reverse in ((field, False), (f"-{field}", True)):
            answer = server.get(f"{API}{name}/?limit={SOME}&order_by={order}")
            if not server.notes.compare(answer, f"{name}: status", 200, answer.status):
                continue
            found = _values(answer, field)
            try:
                wanted = sorted(found, reverse=reverse)
            except TypeError:
                wanted = []
            server.notes.compare(answer, f"{name}: {order}", wanted, found)


@parity_check("T93")
def unknown_order_is_refused(server: ExaminedServer) -> None:
    """A name that is no field is a 400 that names it, without its hyphen."""
    name = _any_list(server)
    for order, named in (("nothing", "nothing"), ("-nothing", "nothing"), ("", "")):
        answer = server.get(f"{API}{name}/?order_by={order}")
        expect_error(server, answer, f"No matching '{named}' field for ordering on.")


@parity_check("T94")
def field_without_order_is_refused(server: ExaminedServer) -> None:
    """A field that the schema does not list under ordering is a 400 that names it."""
    for name in server.lists():
        ordering = server.schema(name).get("ordering") or ()
        kinds = {field: told.get("type") for field, told in server.fields(name).items()}
        free = [
            field
            for field, kind in kinds.items()
            if kind in {"string", "integer"} and field not in {*ordering, "resource_uri"}
        ]
        if ordering and free:
            answer = server.get(f"{API}{name}/?order_by={free[0]}")
            expect_error(server, answer, f"The '{free[0]}' field does not allow ordering.")
            return
    raise CheckSkipped("every list can be ordered by everything")


@parity_check("Tastypie 19", "T91", "API reference, Filtering and Ordering")
def orders_are_joined_by_commas_or_repeated(server: ExaminedServer) -> None:
    """order_by takes several names with commas, or several times."""
    for name in server.lists_with_rows(2):
        fields = server.fields(name)
        names = [each for each in server.schema(name).get("ordering") or () if each in fields]
        if len(names) > 1:
            one, other = names[:2]
            base = f"{API}{name}/?limit={SOME}"
            joined = server.get(f"{base}&order_by={one},-{other}")
            repeated = server.get(f"{base}&order_by={one}&order_by=-{other}")
            server.notes.compare(joined, "status", 200, joined.status)
            server.notes.compare(repeated, "objects", joined.objects, repeated.objects)
            return
    raise CheckSkipped("no list with rows can be ordered by two names")


@parity_check("T100")
def sort_by_is_an_old_name(server: ExaminedServer) -> None:
    """sort_by does the same as order_by, if that is absent."""
    name, field = next(_ordered(server))
    wanted = server.get(f"{API}{name}/?limit={SOME}&order_by=-{field}")
    answer = server.get(f"{API}{name}/?limit={SOME}&sort_by=-{field}")
    server.notes.compare(answer, "objects", wanted.objects, answer.objects)


@parity_check("wire row 42")
def newest_record_is_first(server: ExaminedServer) -> None:
    """Without an order, the newest record is first."""
    rows = server.rows("record") if "record" in server.index() else []
    dates = [str(row.get("start_date")) for row in rows]
    if len(rows) < 2:
        raise CheckSkipped("there are not two records")
    if "+00:00" not in str(rows[0].get("last_modified")):
        raise CheckSkipped("times have no offset, as in stock Tastypie: the order is that of ids")
    server.notes.compare(
        server.first_page("record"), "start_date", sorted(dates, reverse=True), dates
    )


def _any_list(server: ExaminedServer) -> str:
    for name in server.lists():
        if server.schema(name).get("ordering"):
            return name
    raise CheckSkipped("no list can be ordered")
