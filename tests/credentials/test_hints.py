"""The refusal log names the mistake by which a signed key was refused, in the sandbox only."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from apps.credentials.models import Client, Refusal
from apps.credentials.signed_keys import hints
from tests.credentials.conftest import KEY, SECRET
from tests.credentials.test_signatures import HOST, NOW, is_refused, send, sign, signed

PATH, QUERY = "/api/record/", "user=1%2C2&limit=1&search=a+b"
HERE = f"https://{HOST}{PATH}"
URL = f"{HERE}?{QUERY}"

pytestmark = pytest.mark.usefixtures("client_key")


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False):
        yield


def hint_for(headers: dict[str, str], query: str = QUERY, **environ: str) -> str | None:
    """What the refusal log says of a request that is refused."""
    assert is_refused(send(headers, PATH, QUERY_STRING=query, **environ))
    [row] = Browser().get("/_sandbox/auth/last").json()
    assert SECRET not in str(row)
    assert SECRET not in str(Refusal.objects.values())
    hint: str | None = row.get("hint")
    return hint


def with_signature(text: str) -> dict[str, str]:
    return {**signed(URL), "X-HEXOAPISIGNATURE": text}


def digest(name: str, text: str) -> str:
    return hashlib.new(name, text.encode()).hexdigest()


ALL = f"{SECRET}{NOW}{URL}"

MADE = {
    "without the query of the URL": sign(HERE),
    "with http in place of https": sign(URL.replace("https", "http")),
    "with the parameters sorted": sign(f"{HERE}?limit=1&search=a+b&user=1%2C2"),
    "with path and query decoded": sign(f"{HERE}?user=1,2&limit=1&search=a+b"),
    "with %20 in place of +": sign(URL.replace("+", "%20")),
    "with the final slash of the path left out or added": sign(URL.replace("/?", "?")),
    "without scheme and host": sign(f"{PATH}?{QUERY}"),
    "without scheme, host and query": sign(PATH),
    "without the scheme": sign(URL.removeprefix("https://")),
    "with the URL in small letters": sign(URL.lower()),
    "without the URL": sign(""),
    "with the public key in place of the secret": sign(URL, secret=KEY),
    "without the secret": sign(URL, secret=""),
    "with a line break after the secret": sign(URL, secret=f"{SECRET}\n"),
    "as secret, URL, timestamp": digest("sha1", f"{SECRET}{URL}{NOW}"),
    "as timestamp, secret, URL": digest("sha1", f"{NOW}{SECRET}{URL}"),
    "as timestamp, URL, secret": digest("sha1", f"{NOW}{URL}{SECRET}"),
    "as URL, timestamp, secret": digest("sha1", f"{URL}{NOW}{SECRET}"),
    "without the timestamp": digest("sha1", f"{SECRET}{URL}"),
    "with the method before the URL": digest("sha1", f"{SECRET}{NOW}GET{URL}"),
    "as HMAC, not as plain SHA-1": hmac.digest(
        SECRET.encode(), f"{NOW}{URL}".encode(), "sha1"
    ).hex(),
    "as HMAC of all three, not as plain SHA-1": hmac.digest(
        SECRET.encode(), ALL.encode(), "sha1"
    ).hex(),
    "with MD5 in place of SHA-1": digest("md5", ALL),
    "with SHA256 in place of SHA-1": digest("sha256", ALL),
    "with SHA512 in place of SHA-1": digest("sha512", ALL),
    "in Base64 in place of hexadecimal digits": base64.b64encode(
        hashlib.sha1(ALL.encode(), usedforsecurity=False).digest()
    ).decode(),
    "with the timestamp in ticks of 1/256 s": sign(URL, str(NOW * 256)),
    "with the timestamp in milliseconds": sign(URL, str(NOW * 1000)),
    "with the timestamp as a decimal number": sign(URL, f"{NOW}.0"),
    "without the query of the URL and with SHA256 in place of SHA-1": digest(
        "sha256", f"{SECRET}{NOW}{HERE}"
    ),
    "with http in place of https and with the timestamp in milliseconds": sign(
        URL.replace("https", "http"), str(NOW * 1000)
    ),
}


@pytest.mark.parametrize("made", MADE)
def test_how_the_signature_was_made(made: str) -> None:
    assert hint_for(with_signature(MADE[made])) == f"The signature was made {made}."


@pytest.mark.parametrize(
    ("query", "other", "made"),
    [
        ("a=b%20c", "a=b+c", "with + in place of %20"),
        ("a=b,c", "a=b%2Cc", "with %2C in place of the comma"),
        ("a=%C3%A9", "a=é", "with path and query decoded"),
    ],
)
def test_how_the_query_was_written(query: str, other: str, made: str) -> None:
    headers = signed(f"{HERE}?{other}")
    assert hint_for(headers, query) == f"The signature was made {made}."


def test_without_the_port() -> None:
    hint = hint_for(signed(URL), HTTP_HOST=f"{HOST}:8443")
    assert hint == "The signature was made without the port."


def test_for_the_real_service() -> None:
    hint = hint_for(signed(URL), HTTP_HOST="localhost:8443")
    assert hint == f"The signature was made for the host {HOST}."


def test_with_the_path_decoded() -> None:
    headers = signed(f"https://{HOST}/api/user/a@b/?{QUERY}")
    hint = hint_for(headers, RAW_URI=f"/api/user/a%40b/?{QUERY}")
    assert hint == "The signature was made with the path decoded."


def test_without_its_fraction() -> None:
    headers = {**signed(URL), "X-HEXOTIMESTAMP": f"{NOW}.25"}
    made = "The signature was made with the timestamp without its fraction."
    assert hint_for(headers) == made


def test_with_seconds_where_ticks_were_sent() -> None:
    hint = hint_for({**signed(URL), "X-HEXOTIMESTAMP": str(NOW * 256)})
    said = "with the timestamp in seconds, not the one that was sent"
    assert hint == f"The signature was made {said}."


@pytest.mark.parametrize("headers", [signed(URL, secret="other"), with_signature("x")])
def test_what_no_mistake_explains(headers: dict[str, str]) -> None:
    assert hint_for(headers) == "No common mistake explains the signature; is the secret correct?"


def test_a_long_url_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "LONGEST_URL", len(URL) - 1)
    hint = hint_for(with_signature(sign(HERE)))
    assert hint == "No common mistake explains the signature; is the secret correct?"


def test_secret_and_key_exchanged() -> None:
    headers = signed(URL, key=SECRET, secret=KEY)
    said = "X-HEXOAPIKEY contains the secret; it must contain the public key (client_id)."
    assert hint_for(headers) == said
    [row] = Browser().get("/_sandbox/auth/last").json()
    assert row["received"]["key"] == "<secret>"


def test_the_secret_for_a_signature() -> None:
    said = "X-HEXOAPISIGNATURE contains the secret; it must contain the signature."
    assert hint_for(with_signature(SECRET)) == said


@pytest.mark.parametrize(
    ("timestamp", "said"),
    [
        (NOW * 256, "The timestamp is in ticks of 1/256 s; it must be in seconds."),
        (NOW * 1000, "The timestamp is in milliseconds; it must be in seconds."),
        (NOW * 10**6, "The timestamp is in microseconds; it must be in seconds."),
        (NOW - 400, "The timestamp is 400 seconds behind the server."),
        (NOW + 400, "The timestamp is 400 seconds ahead of the server."),
        (
            NOW - 5 * 3600 - 2,
            "The timestamp is 18002 seconds behind the server. Was local time taken for UTC?",
        ),
        (1, None),
        ("inf", None),
    ],
)
def test_times(timestamp: int | str, said: str | None) -> None:
    assert hint_for(signed(URL, timestamp=str(timestamp))) == said


def test_the_header_that_some_documents_misspell() -> None:
    headers = signed(URL)
    headers["X-HEXOSAPISIGNATURE"] = headers.pop("X-HEXOAPISIGNATURE")
    said = "X-HEXOAPISIGNATURE: missing. X-HEXOSAPISIGNATURE: not a header of a signed key."
    assert hint_for(headers) == said


def test_headers_that_are_missing() -> None:
    headers = {"X-HEXOAPIKEY": KEY, "X-HexoAPIVersion": "3.3.x"}
    assert hint_for(headers) == "X-HEXOTIMESTAMP and X-HEXOAPISIGNATURE: missing."


def change_status() -> None:
    Client.objects.update(status="oauth2")


def nothing() -> None:
    """The client as it is."""


@pytest.mark.parametrize(
    ("headers", "change"),
    [
        (signed(URL, key="other"), nothing),
        (signed(URL, timestamp="x"), nothing),
        (signed(URL), change_status),
    ],
)
def test_where_the_reason_says_it_all(headers: dict[str, str], change: Callable[[], None]) -> None:
    change()
    assert hint_for(headers) is None


def test_a_client_without_a_secret() -> None:
    Client.objects.update(client_secret="")
    hint = hint_for(signed(URL, secret="x"))
    assert hint == "No common mistake explains the signature; is the secret correct?"


def test_a_public_server_gives_no_hints(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    monkeypatch.setattr(hints, "find_hint", None)
    monkeypatch.setattr(hints, "holder_of", None)
    assert is_refused(send(with_signature(sign(HERE)), PATH, QUERY_STRING=QUERY))
    assert not Refusal.objects.exists()
