"""The format of answers: Accept, and how JSON is written."""

from __future__ import annotations

import json
from typing import Any

from apps.verification.examined import API, ExaminedServer
from apps.verification.parity_checks import parity_check

SUBJECT = f"{API}user/?limit=2"
OTHER_TYPES = ("*/*", "text/html", "application/xml", "text/csv", "")


@parity_check("T23", "wire row 1")
def unknown_accept_gives_json(server: ExaminedServer) -> None:
    """Where nothing in Accept is offered, a list is JSON all the same."""
    for accept in OTHER_TYPES:
        answer = server.get(SUBJECT, {"Accept": accept})
        server.notes.compare(answer, "status", 200, answer.status)
        server.notes.compare(answer, "type", "application/json", answer.content_type)


@parity_check("T24")
def malformed_accept_is_refused(server: ExaminedServer) -> None:
    """An Accept that is no media range is a 400."""
    answer = server.get(SUBJECT, {"Accept": "json"})
    server.notes.compare(answer, "status", 400, answer.status)
    server.notes.compare(answer, "body", {"error": "Invalid Accept header"}, answer.json)


@parity_check("T22")
def format_argument_is_ignored_unless_offered(server: ExaminedServer) -> None:
    """format= with json or an unknown name gives JSON."""
    for name in ("json", "nothing"):
        answer = server.get(f"{SUBJECT}&format={name}")
        server.notes.compare(answer, "status", 200, answer.status)
        server.notes.compare(answer, "type", "application/json", answer.content_type)


@parity_check("T28")
def json_has_no_charset(server: ExaminedServer) -> None:
    """JSON is labelled application/json, without a charset."""
    answer = server.get(SUBJECT)
    told = answer.headers.get("Content-Type", "")
    server.notes.compare(answer, "Content-Type", "application/json", told)


@parity_check("T203")
def members_are_sorted(server: ExaminedServer) -> None:
    """The members of objects are sorted by name."""
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        unsorted: list[list[str]] = []

        def look_at(pairs: list[tuple[str, Any]], found: list[list[str]] = unsorted) -> None:
            names = [name for name, _ in pairs]
            if names != sorted(names):
                found.append(names)

        json.loads(answer.body, object_pairs_hook=look_at)
        server.notes.compare(answer, f"{name}: unsorted members", [], unsorted)


@parity_check("T203", "T204")
def json_is_one_line_with_blanks(server: ExaminedServer) -> None:
    """JSON is one line, with a blank after comma and colon, and letters as themselves."""
    for name in server.lists_with_rows():
        answer = server.first_page(name)
        begun = answer.text.startswith('{"meta": {"') and ', "objects": [' in answer.text
        fulfilled = begun and "\n" not in answer.text
        server.notes.require(answer, f"{name}: spelling", fulfilled, '{"meta": {…', answer.text)
        escaped = [each for each in answer.text.split("\\u")[1:] if not each.startswith("00")]
        server.notes.compare(answer, f"{name}: escaped letters", [], escaped)


@parity_check("wire trap 14", "wire row 49")
def body_of_a_get_is_ignored(server: ExaminedServer) -> None:
    """A GET with a JSON body, or with the label of one, is answered as without."""
    wanted = server.get(SUBJECT)
    sent = server.get(SUBJECT, {"Content-Type": "application/json"}, body=b'{"a": 1}')
    labelled = server.get(SUBJECT, {"Content-Type": "application/json"})
    for answer in (sent, labelled):
        server.notes.compare(answer, "status", 200, answer.status)
        server.notes.compare(answer, "objects", wanted.objects, answer.objects)
