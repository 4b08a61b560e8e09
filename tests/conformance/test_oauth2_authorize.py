"""The authorization endpoint: RFC 6749, and what RFC 8252 and RFC 9700 add."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine

from apps.accounts.models import User
from apps.credentials.models import Client, Consent
from hexostore import clock
from tests.credentials.dances import (
    CALLBACK,
    FORM,
    Person,
    ask,
    fragment_of,
    program,
    query_of,
    shown,
)

spec = pytest.mark.spec
QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")


@pytest.fixture
def client(ada: User) -> Client:
    return program(ada)


@pytest.fixture
def person(ada: User) -> Person:
    return Person(ada)


def exchange(client: Client, code: str, uri: str = CALLBACK) -> int:
    return ask(client, "authorization_code", code=code, redirect_uri=uri).status_code


@spec("RFC 6749", "3.1", "The endpoint is asked by GET, and says who the person is first")
@spec("RFC 6749", "4.1.1", "The server authenticates the person and obtains his decision")
def test_login_then_consent(client: Client, person: Person) -> None:
    page = person.visit(client)
    assert "Log in" in shown(page)
    page = person.log_in(page)
    assert "Allow" in shown(page)
    assert person.press(page, "allow").status_code == 303


@spec("RFC 6749", "3.1", "A parameter without a value counts as left out")
def test_empty_is_omitted(client: Client, person: Person) -> None:
    person.allow(client)
    asked = {"client_id": client.client_id, "response_type": "code"}
    answer = person.open(f"{urlencode(asked)}&redirect_uri=&scope=&state=")
    assert set(query_of(answer)) == {"code"}


@spec("RFC 6749", "3.1", "Unknown parameters are ignored")
def test_unknown_is_ignored(client: Client, person: Person) -> None:
    person.allow(client)
    answer = person.visit(client, unheard_of="x", resource="nonsense", response_mode="form_post")
    assert set(query_of(answer)) == {"code"}


@pytest.mark.parametrize("name", ["scope", "state", "response_type", "code_challenge"])
@spec("RFC 6749", "3.1", "No parameter is sent more than once: invalid_request")
def test_repeated(client: Client, person: Person, name: str) -> None:
    asked = {"client_id": client.client_id, "response_type": "code"}
    value = {"scope": "readonly", "response_type": "code"}.get(name, "x" * 43)
    twice = f"{name}={value}&{name}={value}"
    asked.pop(name, None)
    assert query_of(person.open(f"{urlencode(asked)}&{twice}"))["error"] == "invalid_request"


@spec("RFC 6749", "3.1.1", "Without a response_type there is an error response")
@spec("RFC 6749", "4.1.2.1", "invalid_request where a parameter is missing")
def test_no_response_type(client: Client, person: Person) -> None:
    assert query_of(person.visit(client, ""))["error"] == "invalid_request"


@pytest.mark.parametrize("kind", ["id_token", "code token", "Code", "device"])
@spec("RFC 6749", "3.1.1", "A response_type that is not understood is an error")
@spec("RFC 6749", "4.1.2.1", "unsupported_response_type")
def test_unknown_response_type(client: Client, person: Person, kind: str) -> None:
    assert query_of(person.visit(client, kind))["error"] == "unsupported_response_type"


@spec("RFC 6749", "3.1.2", "The query of a redirect URI is kept when parameters are added")
def test_query_is_kept(client: Client, person: Person) -> None:
    uri = "https://client.example/back?a=b+c&d=%2F"
    Client.objects.update(redirect_uris=uri)
    assert person.allow(client, redirect_uri=uri)["Location"].startswith(f"{uri}&code=")


@pytest.mark.parametrize("uri", ["/back", "back", f"{CALLBACK}#part", "//client.example/back"])
@spec("RFC 6749", "3.1.2", "A redirect URI is absolute and has no fragment")
def test_relative_uri(client: Client, person: Person, uri: str) -> None:
    Client.objects.update(redirect_uris=uri)
    answer = person.visit(client, redirect_uri=uri)
    assert answer.status_code == 400
    assert "Location" not in answer


@spec("RFC 6749", "3.1.2.3", "With several registered URIs the request must name one")
def test_several_uris(client: Client, person: Person) -> None:
    Client.objects.update(redirect_uris=f"{CALLBACK} app:/back")
    assert person.visit(client, redirect_uri="").status_code == 400
    person.visit(client)
    assert person.allow(client, redirect_uri="app:/back")["Location"].startswith("app:/back?")


@pytest.mark.parametrize("uri", [f"{CALLBACK}?x", f"{CALLBACK}/..", "https://client.example/BACK"])
@spec("RFC 6749", "3.1.2.3", "Redirect URIs are compared as plain strings")
@spec("RFC 9700", "2.1", "Redirect URIs are compared exactly")
@spec("RFC 6749", "3.1.2.4", "At a wrong URI the person is told, and is not sent there")
@spec("RFC 6749", "10.15", "The endpoint is no open redirector")
@spec("RFC 9700", "4.11.2", "Nobody is sent on where client or URI are wrong")
def test_other_uri(client: Client, person: Person, uri: str) -> None:
    answer = person.visit(client, redirect_uri=uri)
    assert answer.status_code == 400
    assert "Location" not in answer
    assert "redirect_uri" in shown(answer)


@spec("RFC 6749", "4.1.2.1", "An unknown client is told to the person, not to the URI it gives")
def test_unknown_client(client: Client, person: Person) -> None:
    answer = person.visit(client, client_id="unknown")
    assert answer.status_code == 400
    assert "Location" not in answer


@pytest.mark.rule("wire row 21")
@spec("RFC 6749", "4.1.2", "The code and the state go back in the query")
@spec("Hexoskin", "wire 1.7", "The state comes back unchanged, whatever is in it")
def test_state(client: Client, person: Person) -> None:
    state = "~!*'();:@&=+$,/?%#[] \"<>\\^`{|}é€"
    answer = person.allow(client, state=state)
    assert set(query_of(answer)) == {"code", "state"}
    assert query_of(answer)["state"] == state


@spec("RFC 6749", "4.1.2", "Without a state none is made up")
def test_no_state(client: Client, person: Person) -> None:
    assert set(query_of(person.allow(client))) == {"code"}


@spec("RFC 6749", "4.1.2", "A code lasts ten minutes at most; here it is one")
@spec("RFC 6749", "10.5", "Codes are short-lived")
def test_code_ends(client: Client, person: Person) -> None:
    now = clock.now()
    with time_machine.travel(now, tick=False) as travel:
        codes = person.code(client), person.code(client)
        travel.move_to(now + timedelta(seconds=59))
        assert exchange(client, codes[0]) == 200
        travel.move_to(now + timedelta(seconds=60))
        assert exchange(client, codes[1]) == 400


@spec("RFC 6749", "4.1.2", "A code is bound to its client")
@spec("RFC 6749", "4.1.3", "The code must have been issued to the client that sends it")
def test_code_of_another(client: Client, person: Person, ada: User) -> None:
    code = person.code(client)
    assert exchange(program(ada), code) == 400
    assert exchange(client, code) == 200


@spec("RFC 6749", "4.1.3", "The redirect_uri is the same in both requests")
@spec("RFC 6749", "10.6", "A code got by another URI of the client cannot be exchanged")
def test_uri_of_exchange(client: Client, person: Person) -> None:
    other = "https://client.example/other"
    Client.objects.update(redirect_uris=f"{CALLBACK} {other}")
    code = person.code(client)
    assert exchange(client, code, other) == 400
    assert ask(client, "authorization_code", code=code).status_code == 400
    assert exchange(client, code) == 200


@spec("RFC 6749", "4.1.2.1", "access_denied where the person denies; the state goes along")
def test_denied(client: Client, person: Person) -> None:
    page = person.log_in(person.visit(client, state="s"))
    told = query_of(person.press(page, "deny"))
    assert (told["error"], told["state"]) == ("access_denied", "s")
    assert QUOTABLE.fullmatch(told["error_description"])


@spec("RFC 6749", "4.1.2.1", "unauthorized_client where the client may not use codes")
def test_no_codes_for_the_client(ada: User, person: Person) -> None:
    assert query_of(person.visit(program(ada, "password")))["error"] == "unauthorized_client"


@spec("RFC 6749", "4.1.2.1", "invalid_scope for a scope that is unknown or too much")
@spec("RFC 6749", "3.3", "Scopes are compared by case")
def test_scopes(ada: User, person: Person) -> None:
    client = program(ada, realms="readonly")
    for scope in ("root", "readwrite", "READONLY", "readonly readwrite"):
        assert query_of(person.visit(client, scope=scope))["error"] == "invalid_scope"


@pytest.mark.rule("wire row 28")
@spec("RFC 6749", "4.2.2", "A token at once comes in the fragment, without a refresh token")
@spec("Hexoskin", "wire 1.7", "The fragment holds only what published clients know")
def test_implicit(client: Client, person: Person) -> None:
    answer = person.allow(client, "token", state="s d", scope="readonly readwrite")
    assert urlsplit(answer["Location"]).query == ""
    told = fragment_of(answer)
    assert set(told) == {"access_token", "token_type", "expires_in", "scope", "state"}
    assert (told["state"], told["scope"]) == ("s d", "readonly readwrite")
    assert (told["token_type"], told["expires_in"]) == ("Bearer", "36000")


@spec("RFC 6749", "4.2.2.1", "The errors of the implicit grant come in the fragment")
def test_implicit_errors(ada: User, person: Person) -> None:
    client = program(ada, "authorization_code")
    assert fragment_of(person.visit(client, "token"))["error"] == "unauthorized_client"
    client = program(ada, "implicit")
    told = fragment_of(person.visit(client, "token", scope="root", state="s"))
    assert (told["error"], told["state"]) == ("invalid_scope", "s")
    page = person.log_in(person.visit(client, "token"))
    assert fragment_of(person.press(page, "deny"))["error"] == "access_denied"


@spec("RFC 6749", "1.5", "No refresh token comes of the implicit grant")
@spec("RFC 6749", "3.3", "The answer names the scope where none was asked for")
def test_default_scope(client: Client, person: Person) -> None:
    told = fragment_of(person.allow(client, "token"))
    assert told["scope"] == "readonly"
    assert "refresh_token" not in told


@spec("RFC 6749", "10.2", "A token at once is not given unasked to an app that proves nothing")
@spec("RFC 8252", "8.6", "Only a URI of https is trusted to be the client that was allowed before")
def test_impersonation(client: Client, person: Person) -> None:
    Client.objects.update(redirect_uris=f"{CALLBACK} app:/back")
    for uri, status in ((CALLBACK, 302), ("app:/back", 200)):
        person.allow(client, "token", redirect_uri=uri)
        assert person.visit(client, "token", redirect_uri=uri).status_code == status


@spec("RFC 6749", "10.10", "Codes and tokens cannot be guessed: 160 bits and more")
def test_guessing(client: Client, person: Person) -> None:
    codes = {person.code(client) for _ in range(3)}
    assert len(codes) == 3
    tokens = {fragment_of(person.allow(client, "token"))["access_token"] for _ in range(3)}
    assert len(tokens) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9]{27,}", text) for text in codes | tokens)


@spec("RFC 6749", "10.12", "Nobody else's form makes a person consent")
@spec("RFC 6749", "10.11", "The address and the owner of the client are on the page")
def test_forgery(client: Client, person: Person) -> None:
    page = person.log_in(person.visit(client))
    for part in (client.name, "Ada", "ada@example.com", "client.example"):
        assert part in shown(page)
    assert person.browser.post(person.at, "action=allow", FORM).status_code == 403
    assert not Consent.objects.exists()


@spec("RFC 6749", "10.13", "The pages cannot be framed")
@spec("RFC 9700", "4.16", "Content Security Policy and X-Frame-Options forbid framing")
def test_clickjacking(client: Client, person: Person) -> None:
    login = person.visit(client)
    for page in (login, person.log_in(login), person.visit(client, client_id="x")):
        assert page["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@spec("RFC 6749", "10.14", "What is sent ends in no header and no page as it is")
def test_injection(client: Client, person: Person) -> None:
    raw = "x\r\nSet-Cookie: a=b\r\n\r\n<script>"
    answer = person.allow(client, state=raw)
    assert "\r" not in answer["Location"]
    assert "<" not in answer["Location"]
    assert parse_qs(urlsplit(answer["Location"]).query)["state"] == [raw]
    assert "<script" not in person.visit(client, redirect_uri="<script>").content.decode()


@spec("RFC 9700", "4.12", "After a form the browser is sent on with 303")
def test_see_other(client: Client, person: Person) -> None:
    page = person.visit(client)
    fields = {"email": "ada", "password": "open sesame"}
    assert person.press(page, "login", **fields).status_code == 303
    assert person.press(person.visit(client), "allow").status_code == 303


@spec("RFC 9700", "4.2.4", "No address with a code or a state is passed on as a referrer")
def test_referrer(client: Client, person: Person) -> None:
    page = person.visit(client, state="s")
    assert page["Referrer-Policy"] == "same-origin"
    assert person.allow(client, state="s")["Referrer-Policy"] == "no-referrer"


@spec("Hexostore", "consent", "Consent is remembered for person, client and scope")
@spec("Hexostore", "consent", "A client may have the person asked again: approval_prompt=force")
def test_remembered(client: Client, person: Person) -> None:
    person.allow(client, scope="readonly")
    assert person.visit(client, scope="readonly").status_code == 302
    assert person.visit(client, scope="readwrite").status_code == 200
    assert person.visit(client, approval_prompt="force").status_code == 200


@spec("Hexostore", "cookies", "The cookies of the pages go to no URL of the API")
def test_cookies(client: Client, person: Person) -> None:
    person.allow(client)
    assert person.browser.cookies
    for morsel in person.browser.cookies.values():
        assert (morsel["path"], morsel["samesite"]) == ("/api/connect/oauth2/", "Lax")
        assert morsel["httponly"]
