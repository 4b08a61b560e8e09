"""A signature that came before changes nothing in public; a signed body is what counts."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser
from oauthlib.oauth1 import Client as Signer

from apps.accounts.models import User
from apps.credentials.models import Client, OAuth1Nonce
from apps.credentials.signed_keys.signatures import compute_signature
from apps.records.models import Range
from hexostore import clock
from tests.credentials import oauth1
from tests.credentials.dances import TOKEN, basic, post, program
from tests.credentials.tokens import reason
from tests.people import Caller

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

RANGES = "/api/range/"


@pytest.fixture
def public(settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"


def signed(key: Client, path: str = RANGES) -> dict[str, str]:
    now = str(int(clock.now().timestamp()))
    text = compute_signature(key.secret, now, f"https://testserver{path}")
    headers = zip(("TIMESTAMP", "APIKEY", "APISIGNATURE"), (now, key.client_id, text), strict=True)
    return {f"X-HEXO{name}": value for name, value in headers}


def send(method: str, headers: dict[str, str], user: User | None = None) -> Answer:
    body = {"name": "Stairs", "start": 256, "end": 512}
    text = json.dumps({**body, "user": user.pk} if user else body)
    return Browser().generic(method, RANGES, text, "application/json", secure=True, headers=headers)


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("first", ["GET", "POST"])
def test_a_second_change_is_refused(user: User, client_key: Client, first: str) -> None:
    headers = signed(client_key)
    assert send(first, headers, user).status_code in {200, 201}
    made = Range.objects.count()
    answer = send("POST", headers, user)
    assert (answer.status_code, reason(answer)) == (401, "signature_used")
    assert answer.json() == {"error": "API signature failed."}
    assert Range.objects.count() == made


@pytest.mark.usefixtures("public")
def test_an_override_is_what_counts(user: User, client_key: Client) -> None:
    headers = signed(client_key)
    assert send("GET", headers).status_code == 200
    headers["X-HTTP-Method-Override"] = "POST"
    assert reason(send("GET", headers, user)) == "signature_used"


@pytest.mark.usefixtures("public")
def test_reading_again_is_served(client_key: Client) -> None:
    headers = signed(client_key)
    assert [send("GET", headers).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.usefixtures("public")
def test_with_a_login_beside_it_nothing_changes(user: User, client_key: Client) -> None:
    """As the published client sends it, several times in one second."""
    headers = {**signed(client_key), **Caller(user)._headers()}
    assert [send("POST", headers, user).status_code for _ in range(2)] == [201, 201]
    assert not OAuth1Nonce.objects.exists()


def test_the_sandbox_takes_it_again(user: User, client_key: Client) -> None:
    headers = signed(client_key)
    assert [send("POST", headers, user).status_code for _ in range(2)] == [201, 201]


@pytest.mark.usefixtures("public")
def test_what_is_remembered_goes_with_the_window(client_key: Client) -> None:
    from apps.credentials.oauth1 import nonces

    send("GET", signed(client_key))
    OAuth1Nonce.objects.update(timestamp=1)
    nonces.forget_nonces()
    assert not OAuth1Nonce.objects.exists()


@pytest.mark.rule("wire row 39")
def test_a_public_server_takes_no_secret_from_the_url(user: User, settings: Settings) -> None:
    """One published client sends it there (wire row 39)."""
    client = program(user)
    query = f"?grant_type=client_credentials&client_id={client.client_id}"
    path = f"{TOKEN}{query}&client_secret={client.secret}"
    assert post(path, None).status_code == 200
    settings.HEXOSTORE_PROFILE = "public"
    answer = Browser().post(path, secure=True, content_type="text/plain")
    assert (answer.status_code, reason(answer)) == (400, "secret_in_query")
    assert answer.json()["error"] == "invalid_request"
    header = {"Authorization": basic(client.client_id, client.secret)}
    answer = Browser().post(
        f"{TOKEN}{query}", secure=True, content_type="text/plain", headers=header
    )
    assert answer.status_code == 200


# OAuth 1


def with_digest(body: str, sent: str) -> Answer:
    label = {"Content-Type": "application/json"}
    signer = oauth1.signer()
    uri, headers, _ = signer.sign(f"{oauth1.HOST}{RANGES}", "POST", body, label)
    assert "oauth_body_hash" in headers["Authorization"]
    return oauth1.send("POST", uri, headers, sent)


def test_a_signed_body_is_the_one_that_counts(user: User) -> None:
    oauth1.new_token(oauth1.new_client(user), user)
    mine = json.dumps({"name": "mine", "user": user.pk, "start": 256, "end": 512})
    answer = with_digest(mine, mine.replace("mine", "evil"))
    assert (answer.status_code, reason(answer)) == (401, "body_hash_mismatch")
    assert not Range.objects.exists()
    assert with_digest(mine, mine).status_code == 201


@pytest.mark.parametrize("text", ["", "x"])
def test_the_digest_of_nothing(user: User, text: str) -> None:
    oauth1.new_token(oauth1.new_client(user), user)
    digest = b64encode(sha1(text.encode(), usedforsecurity=False).digest()).decode()

    class WithDigest(Signer):
        def get_oauth_params(self, request: Any) -> Any:
            usual = super().get_oauth_params(request)  # type: ignore[no-untyped-call]
            return [*usual, ("oauth_body_hash", digest)]

    signer = WithDigest(
        oauth1.KEY,
        client_secret=oauth1.SECRET,
        resource_owner_key=oauth1.TOKEN,
        resource_owner_secret=oauth1.TOKEN_SECRET,
        timestamp=oauth1.stamp(),
    )
    uri, headers, _ = signer.sign(f"{oauth1.HOST}{oauth1.ACCOUNT}", "GET")
    assert oauth1.send("GET", uri, headers).status_code == (401 if text else 200)
