"""Lists: the envelope, its rows, and sets."""

from __future__ import annotations

from urllib.parse import quote

from apps.verification.answers import ServerAnswer
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, OTHERS, ROWS, ExaminedServer, path_of
from apps.verification.parity_checks import parity_check

NUMBERS = ("limit", "offset", "total_count")
LINKS = ("next", "previous")


@parity_check("T1", "T38", "wire row 1", "API reference, List views")
def envelope_has_meta_and_objects(server: ExaminedServer) -> None:
    """A list has meta, with its five members, and objects."""
    seen = False
    for name in server.lists():
        seen = True
        answer = server.first_page(name)
        if server.notes.compare(answer, f"{name}: status", 200, answer.status):
            _check_envelope(server, answer, name)
    if not seen:
        raise CheckSkipped("there are no lists")


def _check_envelope(server: ExaminedServer, answer: ServerAnswer, name: str) -> None:
    members = sorted(answer.json) if isinstance(answer.json, dict) else answer.json
    if not server.notes.compare(answer, f"{name}: members", ["meta", "objects"], members):
        return
    for member in NUMBERS:
        told = answer.meta.get(member)
        server.notes.require(
            answer, f"{name}: meta.{member}", type(told) is int, "a whole number", told
        )
    for member in LINKS:
        told = answer.meta.get(member, 0)
        fulfilled = told is None or isinstance(told, str)
        server.notes.require(answer, f"{name}: meta.{member}", fulfilled, "a path or null", told)


@parity_check("T38", "T51", "wire row 17")
def page_has_as_many_rows_as_it_says(server: ExaminedServer) -> None:
    """A page has as many rows as limit and total_count say."""
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        limit = answer.meta.get("limit")
        most = limit if type(limit) is int else ROWS
        expected = min(server.total(name), most)
        server.notes.compare(answer, f"{name}: rows", expected, len(answer.objects))


@parity_check("T2", "wire 1.4")
def rows_have_their_uri(server: ExaminedServer) -> None:
    """Each row has the path of its detail below that of the list."""
    for name in server.lists_with_rows():
        if name in OTHERS or "resource_uri" not in server.fields(name):
            continue
        answer = server.first_page(name)
        begun = f"{API}{name}/"
        for row in answer.objects:
            uri = row.get("resource_uri")
            fulfilled = path_of(uri) == uri and uri.startswith(begun) and uri.endswith("/")
            server.notes.require(answer, f"{name}: resource_uri", fulfilled, f"{begun}.../", uri)


@parity_check("T18")
def set_has_rows_in_the_order_asked(server: ExaminedServer) -> None:
    """A set has the rows in the order asked, without meta."""
    name, keys = _two_keys(server)
    answer = server.get(f"{API}{name}/set/{keys[1]};{keys[0]}/")
    server.notes.compare(answer, "status", 200, answer.status)
    members = sorted(answer.json) if isinstance(answer.json, dict) else answer.json
    server.notes.compare(answer, "members", ["objects"], members)
    found = [key_of(each.get("resource_uri")) for each in answer.objects]
    server.notes.compare(answer, "keys", [keys[1], keys[0]], found)


@parity_check("T18")
def set_names_keys_without_a_row(server: ExaminedServer) -> None:
    """A set lists the keys without a row, as texts."""
    name, keys = _two_keys(server)
    answer = server.get(f"{API}{name}/set/{keys[0]};{NO_ROW}/")
    told = answer.json.get("not_found") if isinstance(answer.json, dict) else answer.json
    server.notes.compare(answer, "not_found", [NO_ROW], told)


NO_ROW = "2147480000"
"""A key that no row will have."""


def _two_keys(server: ExaminedServer) -> tuple[str, list[str]]:
    """Return a list of rows with whole numbers as keys, and two of its keys."""
    for name in server.lists_with_rows(2):
        keys = [key_of(each.get("resource_uri")) for each in server.rows(name)]
        if name not in OTHERS and all(key.isdecimal() for key in keys):
            return name, keys
    raise CheckSkipped("no list has two rows with numbers as keys")


def key_of(uri: object) -> str:
    """Return the key at the end of a URI; an empty text if there is none."""
    parts = path_of(uri).rstrip("/").rsplit("/", 1)
    return quote(parts[1]) if len(parts) == 2 else ""
