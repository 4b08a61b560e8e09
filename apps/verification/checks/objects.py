"""Objects: their members against the schema, and what clients read of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from apps.documents.parity import published_schemas
from apps.verification.answers import ServerAnswer
from apps.verification.checks.documents import PUBLISHED
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ROWS, ExaminedServer, path_of
from apps.verification.parity_checks import parity_check

_ENDS_IN_DIGITS = re.compile(r".*\d/")

OTHER_SHAPES = frozenset(
    {
        ("profile", "unit_system"),
        ("surveyanswer", "authored"),
        ("surveyanswer", "value"),
        ("surveyanswers", "authored"),
    }
)
"""Fields whose values have other types than their schema can say: of a profile (behaviour 8), and
those of FHIR, whose answers have many types and whose times may be days."""

ONLY_IN_SCHEMAS = frozenset(
    {
        ("activitytype", "using"),
        ("metric", "value"),
        ("study", "template_id"),
        ("trainingroutine", "using"),
        ("trackpoint", "range"),
        ("trackpoint", "record"),
        ("trackpoint", "timestamp"),
        ("trackpoint", "user"),
    }
)
"""Names in schemas that rows never have: arguments of queries and of bodies (Tastypie section 19),
and the value of a metric, which is only there inside of a range or record (behaviour 8)."""


@parity_check("T15", "T213", "behaviour 0")
def objects_have_the_fields_of_the_schema(server: ExaminedServer) -> None:
    """Rows have every field of their schema, in the list or in the detail."""
    for name in server.lists_with_rows():
        _check_fields(server, name, server.fields(name), {})


@parity_check("behaviour 0", "API reference, API versions")
def objects_have_the_published_fields(server: ExaminedServer) -> None:
    """With version 3.3.x, rows have the published fields of that version."""
    for name in server.lists_with_rows():
        if name in published_schemas():
            _check_fields(server, name, published_schemas()[name]["fields"], PUBLISHED)


def _check_fields(
    server: ExaminedServer, name: str, fields: Mapping[str, Any], headers: Mapping[str, str]
) -> None:
    """Compare the first row of a list, and its detail if the list does not have all fields."""
    answer = server.get(f"{API}{name}/?limit={ROWS}", headers)
    wanted = {field for field in fields if (name, field) not in ONLY_IN_SCHEMAS}
    for row in answer.objects[:1]:
        missing = wanted - row.keys()
        if missing and (uri := path_of(row.get("resource_uri"))):
            answer = server.get(uri, headers)
            missing -= set(answer.json if isinstance(answer.json, dict) else ())
        server.notes.compare(answer, f"{name}: missing fields", [], sorted(missing))


@parity_check("T15", "T205", "T206")
def values_have_the_types_of_the_schema(server: ExaminedServer) -> None:
    """Values have the type that the schema says, and are null only where it allows it."""
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        for row in answer.objects:
            for field, told in server.fields(name).items():
                if field in row and (name, field) not in OTHER_SHAPES:
                    _check_value(server, answer, f"{name}.{field}", told, row[field])


def _check_value(
    server: ExaminedServer, answer: ServerAnswer, what: str, told: dict[str, Any], value: Any
) -> None:
    if value is None:
        allowed = told.get("nullable") is not False
        server.notes.require(answer, what, allowed, "no null", value)
        return
    kind = told.get("related_type") if told.get("type") == "related" else told.get("type")
    fits = _FITTING.get(str(kind))
    if fits is not None:
        server.notes.require(answer, what, fits(value), str(kind), value)


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}


def is_moment(value: Any) -> bool:
    """Return whether a value is the text of a time with its day."""
    return isinstance(value, str) and "T" in value and _parses(datetime, value)


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and _parses(date, value[:10])


def _parses(kind: type[date] | type[datetime], value: str) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_linked(value: Any) -> bool:
    """Return whether clients can read a value as a link to one row (wire trap 5)."""
    uri = value.get("resource_uri") if isinstance(value, dict) else value
    return isinstance(uri, str) and _ENDS_IN_DIGITS.fullmatch(uri) is not None


_FITTING: dict[str, Callable[[Any], bool]] = {
    "integer": lambda value: type(value) is int,
    "float": _is_number,
    "decimal": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str | dict | list),  # which columns of JSON are
    "datetime": is_moment,
    "date": _is_day,
    "list": lambda value: isinstance(value, list),
    "dict": lambda value: isinstance(value, dict),
    "to_many": lambda value: isinstance(value, list),
}


@parity_check("wire trap 5", "T212")
def links_can_be_read_by_clients(server: ExaminedServer) -> None:
    """A link to one row is null, a URI that ends in digits, or an object with such a URI."""
    found = False
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        links = [
            field
            for field, told in server.fields(name).items()
            if told.get("related_type") == "to_one"
        ]
        for row in answer.objects:
            for field in links:
                if row.get(field) is not None:
                    found = True
                    fits = _is_linked(row[field])
                    expected = "a URI that ends in digits"
                    server.notes.require(answer, f"{name}.{field}", fits, expected, row[field])
    if not found:
        raise CheckSkipped("no row has a link to another")


@parity_check("wire row 7", "behaviour 7", "API reference, User")
def account_is_the_caller(server: ExaminedServer) -> None:
    """account lists the caller only."""
    answer = server.first_page("account")
    server.notes.compare(answer, "total_count", 1, server.total("account"))
    for row in answer.objects:
        for field in ("id", "email", "username", "resource_uri"):
            server.notes.require(answer, field, field in row, "a member", "nothing")


@parity_check("wire row 15", "behaviour 8")
def records_have_their_user_nested(server: ExaminedServer) -> None:
    """The user of a record is an object with a URI and an id."""
    answer = _rows_of(server, "record")
    for row in answer.objects:
        user = row.get("user")
        if isinstance(user, dict):
            known = type(user.get("id")) is int and isinstance(user.get("resource_uri"), str)
            server.notes.require(answer, "user", known, "with id and resource_uri", user)
        else:
            server.notes.require(answer, "user", fulfilled=False, expected="an object", seen=user)


@parity_check("wire trap 6", "wire row 37")
def data_types_have_both_ids(server: ExaminedServer) -> None:
    """Data types have id and dataid, and both are the same."""
    answer = _rows_of(server, "datatype")
    for row in answer.objects:
        known = type(row.get("id")) is int
        server.notes.require(answer, "id", known, "a whole number", row.get("id"))
        server.notes.compare(answer, "dataid", row.get("id"), row.get("dataid"))


@parity_check("wire row 30", "wire 8.5")
def ranges_name_their_routine_twice(server: ExaminedServer) -> None:
    """A range has its routine and activity type at the top and in context."""
    answer = _rows_of(server, "range")
    for row in answer.objects:
        context = row.get("context")
        members = sorted(context) if isinstance(context, dict) else context
        expected = ["activitytype", "trainingroutine"]
        server.notes.compare(answer, "context", expected, members)
        server.notes.require(
            answer, "trainingroutine", "trainingroutine" in row, "a member", "nothing"
        )


STATUSES = frozenset(
    ("realtime", "realtime_complete", "syncing", "incomplete", "queued", "processing")
) | {"complete", "error", "empty"}


@parity_check("wire row 35", "behaviour 11")
def statuses_are_known(server: ExaminedServer) -> None:
    """The status of a record is one that clients know."""
    answer = _rows_of(server, "record")
    for row in answer.objects:
        told = row.get("status")
        server.notes.require(answer, "status", told in STATUSES, "a known status", told)


@parity_check("wire row 43", "behaviour 8")
def metrics_have_name_and_value(server: ExaminedServer) -> None:
    """Metrics inside of ranges have a URI, a name and a value."""
    _rows_of(server, "range")
    answer = server.get(f"{API}range/?limit={ROWS}&include_metrics=44")
    found = False
    for row in answer.objects:
        metrics = row.get("metrics")
        for each in metrics if isinstance(metrics, list) else ():
            found = True
            members = sorted({"name", "resource_uri", "value"} & set(each))
            server.notes.compare(answer, "metric", ["name", "resource_uri", "value"], members)
    if not found:
        raise CheckSkipped("the first ranges have no metrics")


def _rows_of(server: ExaminedServer, name: str) -> ServerAnswer:
    """Return the first rows of a list. Raise CheckSkipped if there are none."""
    if name not in server.index() or not server.rows(name):
        raise CheckSkipped(f"{name} has no rows")
    return server.first_page(name)
