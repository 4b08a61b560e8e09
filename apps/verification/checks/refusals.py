"""Refusals: without a login, and of what is not there."""

from __future__ import annotations

from apps.verification.checks.lists import NO_ROW
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ExaminedServer
from apps.verification.logins import PasswordLogin, SignedKeyLogin
from apps.verification.parity_checks import parity_check

CANNED = {"error_message": "Sorry, this request could not be processed. Please try again later."}
NOBODY = PasswordLogin("nobody@verify.invalid", "no password", ("-u", "nobody@verify.invalid:x"))


@parity_check("T187", "wire row 33", "behaviour 2")
def login_is_needed(server: ExaminedServer) -> None:
    """Without a login, lists and details are an empty 401 with a challenge."""
    for path in (f"{API}user/", f"{API}user/1/", f"{API}account/"):
        answer = server.get_as_stranger(path)
        server.notes.compare(answer, "status", 401, answer.status)
        server.notes.compare(answer, "body", "", answer.text)
        told = answer.headers.get("WWW-Authenticate", "")
        challenge = told.lower().startswith("basic realm=")
        server.notes.require(answer, "WWW-Authenticate", challenge, "Basic Realm=...", told)


@parity_check("wire row 33", "wire 1.6", "behaviour 2")
def unknown_login_is_refused(server: ExaminedServer) -> None:
    """A wrong login is a 401 with an empty body."""
    answer = server.get(f"{API}account/", login=NOBODY)
    server.notes.compare(answer, "status", 401, answer.status)
    server.notes.compare(answer, "body", "", answer.text)


@parity_check("T187", "T202")
def login_is_checked_first(server: ExaminedServer) -> None:
    """Without a login, a wrong argument or key is a 401 too."""
    for path in (f"{API}user/?limit=abc", f"{API}user/{NO_ROW}/", f"{API}user/abc/"):
        answer = server.get_as_stranger(path)
        server.notes.compare(answer, "status", 401, answer.status)


@parity_check("wire row 33", "wire 1.6", "behaviour 2")
def wrong_signature_is_refused(server: ExaminedServer) -> None:
    """A wrong signature is a 401 with a text that clients know."""
    if not isinstance(server.login, SignedKeyLogin):
        raise CheckSkipped("only with --key")
    wrong = SignedKeyLogin(server.login.key, "wrong", server.login.user)
    answer = server.get(f"{API}account/", login=wrong)
    server.notes.compare(answer, "status", 401, answer.status)
    server.notes.compare(answer, "body", {"error": "API signature failed."}, answer.json)


@parity_check("T4", "behaviour 2")
def missing_row_is_an_empty_404(server: ExaminedServer) -> None:
    """A key without a row is an empty 404, which is not called JSON."""
    for name in ("user", "record", "range"):
        if name in server.index():
            answer = server.get(f"{API}{name}/{NO_ROW}/")
            server.notes.compare(answer, f"{name}: status", 404, answer.status)
            server.notes.compare(answer, f"{name}: body", "", answer.text)


@parity_check("T5")
def wrong_key_is_a_canned_404(server: ExaminedServer) -> None:
    """A key of the wrong type is a 404 with a fixed text."""
    for name in ("user", "record", "range"):
        if name in server.index():
            answer = server.get(f"{API}{name}/abc/")
            server.notes.compare(answer, f"{name}: status", 404, answer.status)
            server.notes.compare(answer, f"{name}: body", CANNED, answer.json)


@parity_check("T11")
def unknown_resource_is_a_404(server: ExaminedServer) -> None:
    """An unknown resource is a 404 that is not JSON."""
    answer = server.get(f"{API}nothing/")
    server.notes.compare(answer, "status", 404, answer.status)
    no_json = answer.content_type != "application/json"
    server.notes.require(answer, "type", no_json, "not JSON", answer.content_type)


@parity_check("T9")
def missing_slash_redirects(server: ExaminedServer) -> None:
    """Without its final slash, a list redirects to itself, with its arguments."""
    answer = server.get(f"{API}user?limit=3")
    server.notes.compare(answer, "status", 301, answer.status)
    told = answer.headers.get("Location", "")
    right = told.endswith(f"{API}user/?limit=3")
    server.notes.require(answer, "Location", right, f"{API}user/?limit=3", told)


@parity_check("T8")
def detail_ignores_arguments(server: ExaminedServer) -> None:
    """A detail ignores filters, limits and orders, right or wrong."""
    uri = server.account().get("resource_uri")
    answer = server.get(f"{uri}?limit=abc&order_by=nothing&id=abc")
    server.notes.compare(answer, "status", 200, answer.status)
