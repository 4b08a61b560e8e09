"""Headers, conditional requests, and the methods HEAD and OPTIONS."""

from __future__ import annotations

from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ExaminedServer
from apps.verification.parity_checks import parity_check

SUBJECT = f"{API}user/?limit=1"
EARLIEST_CACHE = 1_000_000_000
"""A moment in seconds before any server of this API."""


@parity_check("T32")
def answers_vary_by_accept(server: ExaminedServer) -> None:
    """Lists vary by Accept."""
    answer = server.get(SUBJECT)
    told = answer.headers.get("Vary", "")
    words = {each.strip().lower() for each in told.split(",")}
    server.notes.require(answer, "Vary", "accept" in words, "Accept", told)


@parity_check("T34")
def answers_are_not_to_be_kept(server: ExaminedServer) -> None:
    """Lists have Cache-Control: no-cache."""
    answer = server.get(SUBJECT)
    told = answer.headers.get("Cache-Control", "")
    server.notes.require(answer, "Cache-Control", "no-cache" in told, "no-cache", told)


@parity_check("T37")
def conditions_on_lists_are_ignored(server: ExaminedServer) -> None:
    """Lists have no ETag, and ignore conditions."""
    answer = server.get(SUBJECT)
    server.notes.compare(answer, "ETag", "", answer.headers.get("ETag", ""))
    later = "Fri, 31 Dec 2100 23:59:59 GMT"
    for answer in (
        server.get(SUBJECT, {"If-None-Match": "*"}),
        server.get(SUBJECT, {"If-Modified-Since": later}),
    ):
        server.notes.compare(answer, "status", 200, answer.status)


@parity_check("T185")
def head_is_not_get(server: ExaminedServer) -> None:
    """HEAD of a list is a 405 with the allowed methods, unless the schema lists it."""
    methods = server.schema("user").get("allowed_list_http_methods") or ()
    if "head" in methods:
        raise CheckSkipped("the schema of user lists HEAD")
    answer = server.get(SUBJECT, method="HEAD")
    server.notes.compare(answer, "status", 405, answer.status)
    told = answer.headers.get("Allow", "").split(",")
    server.notes.compare(answer, "Allow", [str(each).upper() for each in methods], told)


@parity_check("T184", "T183")
def options_tells_the_methods(server: ExaminedServer) -> None:
    """OPTIONS tells the methods of the schema, in header and body, without a login."""
    for name in server.lists():
        for view, path in (("list", f"{API}{name}/"), ("detail", f"{API}{name}/1/")):
            methods = server.schema(name).get(f"allowed_{view}_http_methods") or ()
            if not methods:
                continue
            wanted = ",".join(str(each).upper() for each in methods)
            answer = server.get_as_stranger(path, "OPTIONS")
            server.notes.compare(answer, f"{name}: status", 200, answer.status)
            server.notes.compare(answer, f"{name}: Allow", wanted, answer.headers.get("Allow", ""))
            server.notes.compare(answer, f"{name}: body", wanted, answer.text)


@parity_check("API reference, Cached Content", "behaviour 1")
def age_of_kept_answers_is_in_seconds(server: ExaminedServer) -> None:
    """X-HexoCache, where it is sent, has seconds since 1970."""
    found = False
    for name in ("datatype", "unit", "metric"):
        if name not in server.index():
            continue
        server.get(f"{API}{name}/?limit=2")  # which the server may keep now
        answer = server.get(f"{API}{name}/?limit=2")
        told = answer.headers.get("X-HexoCache")
        if told is not None:
            found = True
            known = told.isdecimal() and int(told) > EARLIEST_CACHE
            server.notes.require(answer, "X-HexoCache", known, "seconds since 1970", told)
    if not found:
        raise CheckSkipped("no answer was a kept one")


@parity_check("wire row 45", "wire trap 1")
def every_answer_has_a_type(server: ExaminedServer) -> None:
    """Every answer has a Content-Type, and an empty one is not called JSON."""
    targets = (SUBJECT, f"{API}user/2147480000/", f"{API}user/?limit=abc", f"{API}nothing/")
    answers = [server.get(each) for each in targets]
    answers += [server.get_as_stranger(SUBJECT), server.get(SUBJECT, method="HEAD")]
    for answer in answers:
        told = answer.content_type
        server.notes.require(answer, "Content-Type", told, "a type", told)
        if not answer.body and answer.request.method != "HEAD":
            no_json = told != "application/json"
            server.notes.require(answer, "type of nothing", no_json, "not JSON", told)
