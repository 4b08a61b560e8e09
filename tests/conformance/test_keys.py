"""The signed-key scheme, as the pages of the service and its published clients have it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.test import override_settings

from apps.accounts.models import User
from apps.credentials.models import Client, Refusal
from apps.credentials.signed_keys.signatures import compute_signature
from tests.credentials.conftest import KEY, SECRET
from tests.people import PASSWORD, Caller, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

NOW = 1_400_000_000
HOST = "api.hexoskin.com"
PATH = "/api/user/"
URL = f"https://{HOST}{PATH}"
GOLDEN = "88c7a8e7b35f145ddac98f861476d89dc6604fb3"
PAGE = "API reference, API Key identification"

spec = pytest.mark.spec
pytestmark = pytest.mark.usefixtures("api_key")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False):
        yield


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def signed(
    url: str = URL, at: object = NOW, key: str = KEY, secret: str = SECRET
) -> dict[str, str]:
    """The headers of a request that its client signed, its hash made here."""
    return {
        "X-HEXOTIMESTAMP": str(at),
        "X-HEXOAPIKEY": key,
        "X-HEXOAPISIGNATURE": sha1(f"{secret}{at}{url}"),
    }


def send(headers: dict[str, str], target: str = PATH, host: str = HOST, **meta: Any) -> Answer:
    """A GET over https of the target, as it stands in the request line."""
    path, _, query = target.partition("?")
    environ = {"HTTP_HOST": host, "RAW_URI": target, "QUERY_STRING": query, **meta}
    return Browser(**environ).get(path, secure=True, headers=headers)


def reason(answer: Answer) -> str:
    """Why the answer refuses, in the form that clients tell from a wrong password."""
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/json")
    assert answer.content == b'{"error": "API signature failed."}'
    assert answer["WWW-Authenticate"] == 'Basic Realm="django-tastypie"'
    return answer["X-HexoStore-Reason"]


@spec("Hexoskin", PAGE, "The published example: key, timestamp, URL give the hash it prints")
def test_the_published_example() -> None:
    assert sha1(f"{SECRET}{NOW}{URL}") == GOLDEN == compute_signature(SECRET, str(NOW), URL)
    assert send({**signed(), "X-HEXOAPISIGNATURE": GOLDEN}).status_code == 200


@spec("Hexoskin", PAGE, "Three headers name the key, the time and the hash; all are needed")
@pytest.mark.parametrize("name", ["X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE"])
def test_all_three_headers(name: str) -> None:
    headers = signed()
    del headers[name]
    assert reason(send(headers)) == "header_missing"


@spec("Hexoskin", PAGE, "The order counts: key, timestamp, URL")
@pytest.mark.parametrize(
    "text", [f"{NOW}{SECRET}{URL}", f"{URL}{NOW}{SECRET}", f"{SECRET}{URL}{NOW}"]
)
def test_another_order(text: str) -> None:
    assert reason(send({**signed(), "X-HEXOAPISIGNATURE": sha1(text)})) == "signature_mismatch"


@spec("Hexoskin", PAGE, "The timestamp is in seconds, not multiplied by 256")
def test_no_ticks() -> None:
    assert reason(send(signed(at=NOW * 256))) == "timestamp_outside_window"


@spec("Hexoskin", PAGE, "A timestamp that is no number is refused")
@pytest.mark.parametrize("text", ["x", "2014-05-13T16:53:20", "--1", "1_0x"])
def test_no_number(text: str) -> None:
    assert reason(send(signed(at=text))) == "timestamp_malformed"


@spec("Hexoskin", PAGE, "A request is good for a while only, before and after")
@pytest.mark.parametrize("sign", [1, -1])
@override_settings(HEXOSTORE_SIGNATURE_WINDOW=60)
def test_the_window(sign: int) -> None:
    assert send(signed(at=NOW + sign * 60)).status_code == 200
    assert reason(send(signed(at=NOW + sign * 61))) == "timestamp_outside_window"


@spec("Hexoskin", PAGE, "The entire URL counts, with its query as it was sent")
@pytest.mark.parametrize(
    "query",
    [
        "limit=1&offset=0",
        "datatype__in=19,33,49",
        "datatype__in=19%2C33%2c49",
        "search=a+b",
        "search=a%20b",
        "search=%C3%A9&search=x",
        "x=1&x=1",
        "x=2&x=1",
        "a=/:;@!$'()*",
        "empty=&none",
        "a=1&&b=2",
        "a==1;b=2",
    ],
)
def test_the_query_as_sent(query: str) -> None:
    headers = signed(f"{URL}?{query}")
    assert send(headers, f"{PATH}?{query}").status_code == 200
    assert reason(send(headers)) == "signature_mismatch"
    assert reason(send(headers, f"{PATH}?{query}&")) == "signature_mismatch"


@spec("Hexoskin", "wire trap 11", "Parameters in another order are another URL")
def test_another_order_of_parameters() -> None:
    assert reason(send(signed(f"{URL}?a=1&b=2"), f"{PATH}?b=2&a=1")) == "signature_mismatch"


@spec("Hexoskin", "wire trap 11", "A plus and %20 are different letters of a URL")
def test_plus_is_not_a_blank() -> None:
    assert reason(send(signed(f"{URL}?a=b+c"), f"{PATH}?a=b%20c")) == "signature_mismatch"
    assert reason(send(signed(f"{URL}?a=b%20c"), f"{PATH}?a=b+c")) == "signature_mismatch"


@spec("Hexoskin", "wire trap 11", "Escapes count as sent, in either case of their digits")
def test_the_case_of_escapes() -> None:
    assert reason(send(signed(f"{URL}?a=%2C"), f"{PATH}?a=%2c")) == "signature_mismatch"
    assert reason(send(signed(f"{URL}?a=%2C"), f"{PATH}?a=,")) == "signature_mismatch"


@spec("Hexoskin", "wire trap 11", "Scheme, host and port count as the client saw them")
@pytest.mark.parametrize(
    ("url", "host"),
    [
        (f"http://{HOST}{PATH}", HOST),
        (f"https://other.example{PATH}", HOST),
        (f"https://{HOST}:8443{PATH}", HOST),
        (f"https://{HOST}{PATH}", f"{HOST}:8443"),
    ],
)
def test_another_origin(url: str, host: str) -> None:
    assert reason(send(signed(url), host=host)) == "signature_mismatch"


@spec("Hexoskin", "wire trap 11", "A port of its own is part of the signed URL")
def test_a_port_of_its_own() -> None:
    headers = signed(f"https://{HOST}:8443{PATH}")
    assert send(headers, host=f"{HOST}:8443").status_code == 200


@spec("Hexoskin", "wire trap 11", "Behind a trusted proxy the URL is the one the client saw")
@override_settings(HEXOSTORE_TRUSTED_PROXIES=["10.0.0.0/8"])
def test_a_trusted_proxy() -> None:
    seen = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": HOST}
    assert send(signed(), host="inner:1", REMOTE_ADDR="10.1.2.3", **seen).status_code == 200
    refused = send(signed(), host="inner:1", REMOTE_ADDR="192.0.2.1", **seen)
    assert reason(refused) == "signature_mismatch"


@spec("Hexoskin", PAGE, "A key that nobody has is refused")
def test_an_unknown_key() -> None:
    assert reason(send(signed(key="nobody"))) == "unknown_key"


@spec("Hexoskin", PAGE, "The public key alone proves nothing: the secret signs")
@pytest.mark.parametrize("secret", ["", KEY, SECRET.lower(), f"{SECRET}x"])
def test_another_secret(secret: str) -> None:
    assert reason(send(signed(secret=secret))) == "signature_mismatch"


@spec(
    "Hexoskin",
    "API reference, API keys and OAuth requests",
    "The status of a key decides its scheme",
)
@pytest.mark.parametrize("status", ["oauth1", "oauth2"])
def test_another_status(status: str) -> None:
    Client.objects.update(status=status)
    assert reason(send(signed())) == "key_not_apikey"


@spec("Hexoskin", "wire row 9", "A signed key without Basic stands for its owner")
def test_the_key_alone(ada: User) -> None:
    assert send(signed()).json()["objects"][0]["id"] == ada.pk


@spec("Hexoskin", PAGE, "Basic beside the key names the user")
def test_basic_beside_the_key() -> None:
    other = new_user("bob")
    other.save()
    login = Caller(other)._headers()
    assert send({**signed(), **login}).json()["objects"][0]["id"] == other.pk


@spec("Hexoskin", PAGE, "Key and password must both be right")
def test_both_must_be_right(ada: User) -> None:
    login = Caller(ada)._headers()
    assert reason(send({**signed(secret="other"), **login})) == "signature_mismatch"
    User.objects.update(password="changed")
    wrong = send({**signed(), **login})
    assert (wrong.status_code, wrong.content) == (401, b"")
    assert PASSWORD not in str(wrong.headers)


@spec("Hexoskin", PAGE, "The secret is never told: not in an answer, not in the refusal log")
def test_the_secret_is_never_told() -> None:
    answer = send({**signed(), "X-HEXOAPISIGNATURE": "0" * 40})
    told = f"{answer.content!r}{answer.headers}{[row.__dict__ for row in Refusal.objects.all()]}"
    assert SECRET not in told
    assert compute_signature(SECRET, str(NOW), URL) not in told


@spec("Hexostore", "refusal log", "The refusal log shows what the server signed, beside what came")
def test_the_refusal_log_shows_what_was_signed() -> None:
    headers = {**signed(), "X-HEXOAPISIGNATURE": "0" * 40}
    assert reason(send(headers)) == "signature_mismatch"
    shown = Refusal.objects.get().shown
    assert f"<secret>{NOW}{URL}" in str(shown)
    assert "0" * 40 in str(shown)


@spec("Hexoskin", PAGE, "There is no nonce: a request may be sent again within its time")
def test_a_replay() -> None:
    headers = signed()
    assert [send(headers).status_code for _ in range(2)] == [200, 200]
