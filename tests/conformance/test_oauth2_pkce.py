"""Proof keys for codes: RFC 7636, over the endpoints."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from apps.accounts.models import User
from apps.credentials.models import Client
from tests.credentials.dances import CALLBACK, Person, ask, error_of, program, query_of

spec = pytest.mark.spec
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def client(ada: User) -> Client:
    return program(ada)


@pytest.fixture
def person(ada: User) -> Person:
    return Person(ada)


def exchange(client: Client, code: str, **sent: str) -> Any:
    return ask(client, "authorization_code", code=code, redirect_uri=CALLBACK, **sent)


def challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@spec("RFC 7636", "B", "The example of the RFC, over the endpoints")
@spec("RFC 7636", "4.6", "S256: the digest of the verifier is compared with the challenge")
def test_example(client: Client, person: Person) -> None:
    code = person.code(client, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert exchange(client, code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize("sent", [{}, {"code_challenge_method": "plain"}])
@spec("RFC 7636", "4.3", "Without a method the challenge is plain")
@spec("RFC 7636", "4.6", "plain: the verifier is compared as it is")
def test_plain(client: Client, person: Person, sent: dict[str, str]) -> None:
    code = person.code(client, code_challenge=VERIFIER, **sent)
    assert exchange(client, code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize("verifier", ["a" * 43, VERIFIER[:-1], VERIFIER + "x", CHALLENGE, "é"])
@pytest.mark.parametrize("method", ["S256", "plain"])
@spec("RFC 7636", "4.6", "invalid_grant where the verifier does not fit")
def test_wrong(client: Client, person: Person, verifier: str, method: str) -> None:
    sent = CHALLENGE if method == "S256" else VERIFIER
    code = person.code(client, code_challenge=sent, code_challenge_method=method)
    answer = exchange(client, code, code_verifier=verifier)
    assert (answer.status_code, error_of(answer)) == (400, "invalid_grant")
    assert answer["X-HexoStore-Reason"] == "pkce_mismatch"


@spec("RFC 7636", "4.5", "The verifier must come with the code where a challenge was sent")
@spec("RFC 9700", "2.1.1", "A challenge that was sent is enforced")
def test_missing(client: Client, person: Person) -> None:
    code = person.code(client, code_challenge=CHALLENGE, code_challenge_method="S256")
    answer = exchange(client, code)
    assert (answer.status_code, error_of(answer)) == (400, "invalid_grant")


@spec("RFC 9700", "4.8.2", "A verifier without a challenge is refused: somebody took it away")
def test_downgrade(client: Client, person: Person) -> None:
    answer = exchange(client, person.code(client), code_verifier=VERIFIER)
    assert (answer.status_code, error_of(answer)) == (400, "invalid_grant")


@spec("RFC 7636", "4.4.1", "A transformation that is not known: invalid_request, in the redirect")
def test_unknown_method(client: Client, person: Person) -> None:
    for method in ("S512", "s256", "none"):
        answer = person.visit(client, code_challenge=CHALLENGE, code_challenge_method=method)
        assert query_of(answer)["error"] == "invalid_request"


@pytest.mark.parametrize("text", ["x" * 42, "x" * 129, "x" * 42 + "=", "x" * 42 + " ", "é" * 43])
@spec("RFC 7636", "4.2", "A challenge has 43 to 128 letters out of 66")
def test_form(client: Client, person: Person, text: str) -> None:
    assert query_of(person.visit(client, code_challenge=text))["error"] == "invalid_request"


@pytest.mark.parametrize("length", [43, 128])
@spec("RFC 7636", "4.1", "A verifier has 43 to 128 letters out of 66")
def test_lengths(client: Client, person: Person, length: int) -> None:
    verifier = ("~._-" + "aZ9" * 50)[:length]
    code = person.code(client, code_challenge=challenge(verifier), code_challenge_method="S256")
    assert exchange(client, code, code_verifier=verifier).status_code == 200


@spec("RFC 7636", "4.4", "The challenge belongs to its code, not to the client")
def test_bound(client: Client, person: Person) -> None:
    one, other = "1" * 43, "2" * 43
    codes = {
        text: person.code(client, code_challenge=challenge(text), code_challenge_method="S256")
        for text in (one, other)
    }
    assert exchange(client, codes[one], code_verifier=other).status_code == 400
    assert exchange(client, codes[other], code_verifier=other).status_code == 200


@spec("RFC 7636", "5", "Clients without a challenge are served as before")
def test_optional(client: Client, person: Person) -> None:
    assert exchange(client, person.code(client)).status_code == 200
