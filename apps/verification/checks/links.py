"""URIs: what they lead to."""

from __future__ import annotations

from collections.abc import Iterator

from apps.verification.answers import ServerAnswer
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, OTHERS, ExaminedServer, path_of
from apps.verification.parity_checks import parity_check

HIDDEN = frozenset({401, 403, 404})
"""Statuses of a row that is linked but that the caller does not see (behaviour 7)."""


@parity_check("T2", "wire 1.4", "API reference, Detail views")
def uris_of_rows_lead_to_them(server: ExaminedServer) -> None:
    """The URI of a row answers with that row, without an envelope."""
    compared = False
    for name in server.lists_with_rows():
        detail = server.schema(name).get("allowed_detail_http_methods") or ()
        uri = server.rows(name)[0].get("resource_uri")
        if "get" not in detail or not path_of(uri).startswith(API):
            continue
        compared = True
        answer = server.get(path_of(uri))
        if server.notes.compare(answer, f"{name}: status", 200, answer.status):
            told = answer.json.get("resource_uri") if isinstance(answer.json, dict) else None
            server.notes.compare(answer, f"{name}: resource_uri", uri, told)
    if not compared:
        raise CheckSkipped("no rows have details")


@parity_check("T2", "T213")
def details_have_the_members_of_lists(server: ExaminedServer) -> None:
    """A detail has the members that the row has in its list, and the same id."""
    for name in server.lists_with_rows():
        if name in OTHERS or "get" not in (
            server.schema(name).get("allowed_detail_http_methods") or ()
        ):
            continue
        row = server.rows(name)[0]
        answer = server.get(path_of(row.get("resource_uri")) or f"{API}{name}/1/")
        found = answer.json if isinstance(answer.json, dict) else {}
        missing = sorted(row.keys() - found.keys())
        server.notes.compare(answer, f"{name}: missing members", [], missing)
        server.notes.compare(answer, f"{name}: id", row.get("id"), found.get("id"))


@parity_check("wire 1.4", "T129", "T212")
def links_lead_somewhere(server: ExaminedServer) -> None:
    """A link to another row answers with that row, unless the caller cannot see it."""
    asked: dict[str, ServerAnswer] = {}
    for name, field, uri in _links(server):
        if uri not in asked:
            asked[uri] = server.get(path_of(uri))
        answer = asked[uri]
        what = f"{name}.{field}"
        if answer.status in HIDDEN:
            server.notes.left_out.append(f"{what}: {answer.status}, so it may be hidden")
            continue
        if server.notes.compare(answer, f"{what}: status", 200, answer.status):
            told = answer.json.get("resource_uri") if isinstance(answer.json, dict) else None
            server.notes.compare(answer, f"{what}: resource_uri", uri, told)
    if not asked:
        raise CheckSkipped("no row has a link to another")


def _links(server: ExaminedServer) -> Iterator[tuple[str, str, str]]:
    """Yield list, field and URI of the links of the first row of each list."""
    for name in server.lists_with_rows():
        row = server.rows(name)[0]
        for field, told in server.fields(name).items():
            value = row.get(field)
            uri = value.get("resource_uri") if isinstance(value, dict) else value
            if told.get("related_type") == "to_one" and path_of(uri).startswith(API):
                yield name, field, str(uri)
