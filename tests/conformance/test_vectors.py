"""Published vectors: RFC 5849, sections 1.2 and 3.4.1, and RFC 7636, appendix B.

They are put to the functions that the server checks requests with.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest
from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature as rules
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import (
    code_challenge_method_plain,
    code_challenge_method_s256,
)

spec = pytest.mark.spec
signature: Any = rules  # its stubs take parameters for a dict, which they are not

PRINTER = {
    "oauth_consumer_key": "dpf43f3p2l4k3l03",
    "oauth_signature_method": "HMAC-SHA1",
    "realm": "Photos",
}
PRINTER_SECRET = "kd94hf93k423kf44"

ASK = {
    **PRINTER,
    "oauth_timestamp": "137131200",
    "oauth_nonce": "wIjqoS",
    "oauth_callback": "http%3A%2F%2Fprinter.example.com%2Fready",
    "oauth_signature": "74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D",
}
EXCHANGE = {
    **PRINTER,
    "oauth_token": "hh5s93j4hdidpola",
    "oauth_timestamp": "137131201",
    "oauth_nonce": "walatlh",
    "oauth_verifier": "hfdp7dh39dks9884",
    "oauth_signature": "gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D",
}
PHOTO = {
    **PRINTER,
    "oauth_token": "nnch734d00sl2jdk",
    "oauth_timestamp": "137131202",
    "oauth_nonce": "chapoH",
    "oauth_signature": "MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D",
}

EXAMPLE = {
    "realm": "Example",
    "oauth_consumer_key": "9djdj82h48djs9d2",
    "oauth_token": "kkk9d7dh3k39sjv7",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "137131201",
    "oauth_nonce": "7d8f3e4a",
    "oauth_signature": "bYT5CMsGcbgUdFHObYMEfcx6bsw%3D",
}
EXAMPLE_BASE = (
    "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D"
    "%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
    "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201"
    "%26oauth_token%3Dkkk9d7dh3k39sjv7"
)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def received(uri: str, header: dict[str, str], method: Any = "POST", body: str = "") -> Any:
    """A request as the server has taken it apart; the header's values are still escaped."""
    fields = ",".join(f'{name}="{value}"' for name, value in header.items())
    labelled = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    request: Any = Request(uri, method, body, {"Authorization": f"OAuth {fields}", **labelled})
    query = uri.partition("?")[2]
    request.params = signature.collect_parameters(query, body, request.headers)
    request.signature = unquote(header["oauth_signature"])
    return request


def is_signed(request: Any, secret: str, token_secret: str = "") -> bool:
    return bool(signature.verify_hmac_sha1(request, secret, token_secret))


@spec("RFC 5849", "1.2", "The example's request for temporary credentials is signed right")
def test_the_example_asks() -> None:
    request = received("https://photos.example.net/initiate", ASK)
    assert is_signed(request, PRINTER_SECRET)
    assert not is_signed(request, PRINTER_SECRET, "x")
    assert not is_signed(request, "x")


@spec("RFC 5849", "1.2", "The example's exchange of temporary credentials is signed right")
def test_the_example_exchanges() -> None:
    request = received("https://photos.example.net/token", EXCHANGE)
    assert is_signed(request, PRINTER_SECRET, "hdhd0244k9j7ao03")
    assert not is_signed(request, PRINTER_SECRET)


@spec("RFC 5849", "1.2", "The example's request for a photo is signed right")
def test_the_example_gets_a_photo() -> None:
    uri = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    secrets = PRINTER_SECRET, "pfkkdhi9sl3r4s00"
    assert is_signed(received(uri, PHOTO, "GET"), *secrets)
    assert not is_signed(received(uri.replace("original", "small"), PHOTO, "GET"), *secrets)
    assert not is_signed(received(uri, PHOTO, "POST"), *secrets)


def base_string(request: Any) -> str:
    uri = signature.base_string_uri(request.uri)
    normalized = signature.normalize_parameters(request.params)
    return str(signature.signature_base_string(request.http_method, uri, normalized))


@spec("RFC 5849", "3.4.1.1", "The base string is method, URI and parameters, as the example has it")
def test_the_base_string() -> None:
    uri = "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
    request = received(uri, EXAMPLE, body="c2&a3=2+q")
    assert base_string(request) == EXAMPLE_BASE


@spec("RFC 5849", "3.4.2", "The example verifies with the secrets that its erratum names")
def test_the_example_of_the_erratum() -> None:
    header = {**EXAMPLE, "oauth_signature": quote("r6/TJjbCOr97/+UU0NsvSne7s5g=", safe="")}
    uri = "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
    request = received(uri, header, body="c2&a3=2+q")
    assert is_signed(request, "j49sk3j29djd", "dh893hdasih9")


@spec("RFC 5849", "3.4.1.2", "Scheme and host are lower case, and a default port is left out")
@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://EXAMPLE.COM:80/r%20v/X?id=123", "http://example.com/r%20v/X"),
        ("https://www.example.net:8080/?q=1", "https://www.example.net:8080/"),
        ("HTTPS://Example.com:443/A", "https://example.com/A"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("https://example.com", "https://example.com/"),
    ],
)
def test_the_base_uri(uri: str, expected: str) -> None:
    assert signature.base_string_uri(uri) == expected


@spec("RFC 5849", "3.4.1.3.1", "Query, header and form are taken, but realm and signature are not")
def test_the_parameters() -> None:
    uri = "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
    expected = {name: unquote(value) for name, value in EXAMPLE.items()}
    del expected["realm"], expected["oauth_signature"]
    others = [("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q")]
    found = received(uri, EXAMPLE, body="c2&a3=2+q").params
    assert sorted(found) == sorted([*expected.items(), *others])


@spec("RFC 5849", "3.4.1.3.2", "Parameters are sorted by their escaped names, then values")
def test_the_order_of_parameters() -> None:
    parameters = [("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("a3", "2 q"), ("c2", "")]
    expected = "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2="
    assert signature.normalize_parameters(parameters) == expected
    assert signature.normalize_parameters(parameters[::-1]) == expected


@spec("RFC 5849", "3.6", "All but letters, digits, -._~ is escaped, as UTF-8 and in upper case")
def test_escapes() -> None:
    text = "abcXYZ019-._~ +%&=/:é☃"
    escaped = "abcXYZ019-._~%20%2B%25%26%3D%2F%3A%C3%A9%E2%98%83"
    assert signature.normalize_parameters([("a", text)]) == f"a={escaped}"


@spec("RFC 7636", "B", "The challenge of the example's verifier, by S256")
def test_the_verifier_of_the_appendix() -> None:
    assert code_challenge_method_s256(VERIFIER, CHALLENGE)
    assert not code_challenge_method_s256(VERIFIER, CHALLENGE.lower())
    assert not code_challenge_method_s256(VERIFIER[:-1], CHALLENGE)


@spec("RFC 7636", "4.6", "By plain the challenge is the verifier itself, never the hash of it")
def test_plain_is_no_hash() -> None:
    assert code_challenge_method_plain(VERIFIER, VERIFIER)
    assert not code_challenge_method_plain(VERIFIER, CHALLENGE)
