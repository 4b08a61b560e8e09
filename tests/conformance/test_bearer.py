"""Bearer tokens in requests: RFC 6750."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client as Browser
from oauth2_provider.models import get_access_token_model

from apps.accounts.models import User
from apps.credentials.models import Client, Realm, Refusal
from tests.people import Caller

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

TOKEN = "mF_9.B5f-4.1JqM"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = "/api/account/"
RANGES = "/api/range/"
FORM = "application/x-www-form-urlencoded"

spec = pytest.mark.spec
pytestmark = pytest.mark.usefixtures("token")


@pytest.fixture
def program(ada: User) -> Client:
    made = Client.objects.create(user=ada, status="oauth2", grant_type="authorization_code")
    made.realms.set(Realm.objects.all())
    return made


@pytest.fixture
def token(ada: User, program: Client) -> object:
    """A token of Ada's that reads and writes for an hour from NOW."""
    rows = get_access_token_model().objects
    return rows.create(
        user=ada, application=program, token=TOKEN, expires=NOW + HOUR, scope="readonly readwrite"
    )


def may(scope: str) -> None:
    """Changes what the token may do."""
    get_access_token_model().objects.update(scope=scope)


def send(
    authorization: str | None = f"Bearer {TOKEN}",
    method: str = "GET",
    path: str = ACCOUNT,
    body: str = "",
    label: str = "application/json",
    at: datetime = NOW,
    headers: dict[str, str] | None = None,
) -> Answer:
    """A request on the server's clock `at`."""
    sent = dict(headers or {})
    if authorization is not None:
        sent["Authorization"] = authorization
    with time_machine.travel(at, tick=False):
        return Browser().generic(method, path, body, label, headers=sent)


def challenge(answer: Answer) -> dict[str, str]:
    """The parameters of a Bearer challenge."""
    word, _, rest = answer["WWW-Authenticate"].partition(" ")
    assert word == "Bearer"
    pairs = (part.partition("=") for part in rest.split(", "))
    return {name: value.strip('"') for name, _, value in pairs}


@spec("RFC 6750", "2.1", "A token in the header Authorization lets its client in, for its user")
def test_a_token_in_the_header(ada: User) -> None:
    assert send().json()["objects"][0]["id"] == ada.pk


@spec("RFC 6750", "2.1", "The word Bearer is read in any case, as every name of a scheme")
@pytest.mark.parametrize("word", ["bearer", "BEARER", "bEaReR"])
def test_the_word_in_any_case(word: str) -> None:
    assert send(f"{word} {TOKEN}").status_code == 200


@spec("RFC 6750", "2.1", "The case of the token itself counts")
def test_the_case_of_the_token() -> None:
    assert challenge(send(f"Bearer {TOKEN.upper()}"))["error"] == "invalid_token"


@spec("RFC 6750", "2.1", "A token is letters, digits, -._~+/ and = at its end, and nothing else")
@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a,b", "a=b", "=", '"a"', "a\\b", "é", "a\0", "a;b", "a" * 5000]
)
def test_what_is_no_token(text: str) -> None:
    answer = send(f"Bearer {text}")
    assert (answer.status_code, challenge(answer)["error"]) == (401, "invalid_token")


@spec("RFC 6750", "2.2", "A token in a form is not looked for, so that it logs nobody in")
def test_no_token_in_a_form() -> None:
    answer = send(None, "POST", RANGES, urlencode({"access_token": TOKEN}), FORM)
    assert answer.status_code == 401


@spec("RFC 6750", "2.3", "A token in the URL is not taken, and the developer is told why")
def test_no_token_in_the_url() -> None:
    answer = send(None, path=f"{ACCOUNT}?access_token={TOKEN}")
    assert (answer.status_code, answer["X-HexoStore-Reason"]) == (401, "token_in_query")
    assert "error" not in challenge(answer)


@spec("RFC 6750", "5.3", "A token that came in a URL is not kept anywhere")
def test_tokens_in_urls_are_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    send(None, path=f"{ACCOUNT}?access_token={TOKEN}")
    assert caplog.text
    assert TOKEN not in f"{caplog.text}{[row.__dict__ for row in Refusal.objects.all()]}"


@spec("RFC 6750", "3", "A refused token is answered with a challenge of the scheme, and a realm")
def test_the_challenge_of_a_refused_token() -> None:
    answer = send("Bearer nobodys")
    assert answer.status_code == 401
    assert challenge(answer)["realm"]


@spec("RFC 6750", "3", "What a challenge says is printable ASCII without quotes and backslashes")
def test_the_letters_of_a_challenge() -> None:
    for authorization in ("Bearer nobodys", 'Bearer "\\'):
        for value in challenge(send(authorization)).values():
            assert value.isascii()
            assert value.isprintable()
            assert not set(value) & {'"', "\\"}


@spec("RFC 6750", "3.1", "A request without credentials is told no error code")
def test_no_error_without_credentials() -> None:
    answer = send(None)
    assert answer.status_code == 401
    assert "error" not in answer["WWW-Authenticate"]


@spec("RFC 6750", "3.1", "An unknown, malformed, expired or revoked token is 401 invalid_token")
@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("nobodys", NOW, "unknown_token"),
        ("a,b", NOW, "token_malformed"),
        (TOKEN, NOW + HOUR, "expired_token"),
        (TOKEN, NOW + 100 * HOUR, "expired_token"),
    ],
)
def test_invalid_tokens(text: str, at: datetime, reason: str) -> None:
    answer = send(f"Bearer {text}", at=at)
    assert (answer.status_code, answer["X-HexoStore-Reason"]) == (401, reason)
    assert challenge(answer)["error"] == "invalid_token"
    assert challenge(answer)["error_description"]


@spec("RFC 6750", "3.1", "A revoked token is refused from the next request on")
def test_a_revoked_token() -> None:
    assert send().status_code == 200
    with time_machine.travel(NOW):
        get_access_token_model().objects.get().revoke()
    answer = send()
    assert (answer.status_code, answer["X-HexoStore-Reason"]) == (401, "revoked_token")


@spec("RFC 6750", "5.3", "A token lasts as long as it was said to, on the server's clock")
def test_the_last_second_of_a_token() -> None:
    assert send(at=NOW + HOUR - timedelta(seconds=1)).status_code == 200
    assert send(at=NOW + HOUR).status_code == 401


@spec(
    "RFC 6750", "3.1", "A scope that does not reach is 403, says so, and names the one that would"
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_insufficient_scope(method: str) -> None:
    may("readonly")
    path = RANGES if method == "POST" else f"{RANGES}1/"
    answer = send(method=method, path=path, body="{}")
    assert (answer.status_code, answer["X-HexoStore-Reason"]) == (403, "scope_insufficient")
    assert challenge(answer)["error"] == "insufficient_scope"
    assert challenge(answer)["scope"] == "readwrite"
    assert "readwrite" in answer.json()["error"]


@spec("RFC 6750", "3.1", "A scope counts for the method that is meant, however it is sent")
def test_an_overridden_method() -> None:
    may("readonly")
    override = {"X-HTTP-Method-Override": "PATCH"}
    answer = send(method="POST", path=RANGES, body='{"objects": []}', headers=override)
    assert (answer.status_code, challenge(answer)["error"]) == (403, "insufficient_scope")


@spec("RFC 6750", "3.1", "A token whose scopes nobody knows opens nothing")
def test_an_unknown_scope() -> None:
    may("everything")
    answer = send()
    assert (answer.status_code, challenge(answer)["error"]) == (403, "insufficient_scope")


@spec("RFC 6749", "7", "A token that reads and writes does both")
def test_a_token_that_writes(ada: User) -> None:
    body = json.dumps({"start": 1, "end": 2, "user": f"/api/user/{ada.pk}/"})
    answer = send(method="POST", path=RANGES, body=body)
    assert answer.status_code == 201


@spec("RFC 6749", "7", "A token that only reads reads all that its user can see")
def test_a_token_that_reads() -> None:
    may("readonly")
    assert [send(path=path).status_code for path in (ACCOUNT, RANGES, "/api/user/")] == [200] * 3


@spec("RFC 6750", "2", "A token beside Basic credentials in one header is no token")
def test_two_credentials_in_one_header(ada: User) -> None:
    basic = Caller(ada)._headers()["Authorization"]
    assert send(f"{basic}, Bearer {TOKEN}").status_code == 401
    assert send(f"Bearer {TOKEN}, {basic}").status_code == 401


@spec("RFC 6749", "10.3", "A token of a client that is no longer of OAuth2 is refused")
@pytest.mark.parametrize("status", ["apikey", "oauth1"])
def test_a_client_of_another_scheme(status: str) -> None:
    Client.objects.update(status=status)
    answer = send()
    assert (answer.status_code, answer["X-HexoStore-Reason"]) == (401, "client_not_oauth2")


@spec("RFC 6749", "10.3", "A token of an account that is not active is refused")
def test_an_inactive_account() -> None:
    User.objects.update(is_active=False)
    answer = send()
    assert (answer.status_code, answer["X-HexoStore-Reason"]) == (401, "inactive_user")


@spec("RFC 6749", "10.3", "A token ends with its client and with its user")
@pytest.mark.parametrize("model", [Client, User])
def test_the_end_of_client_and_user(model: type[Client | User]) -> None:
    with time_machine.travel(NOW):
        model.objects.all().delete()
    assert send().status_code == 401


@spec("RFC 6750", "5.2", "A token is never told again: not in an answer, a log or the refusal log")
def test_a_token_is_never_told(caplog: pytest.LogCaptureFixture) -> None:
    answers = [send(), send(at=NOW + HOUR)]
    told = [caplog.text, *(f"{answer.content!r}{answer.headers}" for answer in answers)]
    assert TOKEN not in "".join([*told, *(str(row.__dict__) for row in Refusal.objects.all())])


@spec("RFC 6750", "5.3", "No cookie is set, and none stands for a token")
def test_no_cookies() -> None:
    assert not send().cookies
    assert (
        send(None, headers={"Cookie": f"access_token={TOKEN}; sessionid={TOKEN}"}).status_code
        == 401
    )


@spec("Hexoskin", "behaviour 4", "An invalid token is 401 on /api/account/, with an empty body")
def test_the_body_of_a_refused_token() -> None:
    answer = send("Bearer nobodys")
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
