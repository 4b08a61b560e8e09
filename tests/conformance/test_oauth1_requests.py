"""Requests signed by OAuth 1: RFC 5849, sections 3 and 4.

Most are signed by hand, without a library (tests/credentials/oauth1.py).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import time_machine
from authlib.oauth1 import ClientAuth
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.models import Client, OAuth1Token, Refusal
from apps.records.models import Range
from tests.credentials.oauth1 import (
    ACCOUNT,
    FORM,
    HOST,
    KEY,
    SECRET,
    TOKEN,
    TOKEN_SECRET,
    ask,
    by_hand,
    escape,
    fields,
    header,
    new_client,
    new_token,
    reason,
    signed,
    stamp,
)
from tests.people import new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

spec = pytest.mark.spec

RANGES = "/api/range/"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
EXPECTED = [("a", "2"), ("a", "1"), ("b", "é ☃"), ("c", "x+y/z=%&"), ("d", "")]


@pytest.fixture(autouse=True)
def token(ada: User) -> OAuth1Token:
    owner = new_user("dev")
    owner.save()
    return new_token(new_client(owner), ada)


def get(headers: dict[str, str], path: str = ACCOUNT) -> Answer:
    return Browser().get(path, headers=headers)


def written(protocol: dict[str, str], **signing: Any) -> dict[str, str]:
    """All parameters of a request, its signature by hand among them."""
    return {**protocol, "oauth_signature": by_hand(protocol, **signing)}


def is_malformed(answer: Answer, code: str) -> bool:
    return (answer.status_code, reason(answer)) == (400, code)


def is_refused(answer: Answer, code: str) -> bool:
    assert answer["WWW-Authenticate"] == 'OAuth realm="hexostore"'
    return (answer.status_code, reason(answer)) == (401, code)


@spec("RFC 5849", "3.1", "A request with client, token, method, time, nonce and signature is taken")
def test_a_signed_request(ada: User) -> None:
    answer = get(signed(fields()))
    assert [row["id"] for row in answer.json()["objects"]] == [ada.pk]


@spec("RFC 5849", "3.1", "The version may be left out, and is 1.0 where it is sent")
@pytest.mark.parametrize(
    ("version", "status"), [(None, 200), ("1.0", 200), ("1.0a", 400), ("", 400)]
)
def test_the_version(version: str | None, status: int) -> None:
    answer = get(signed(fields(oauth_version=version)))
    assert answer.status_code == status
    assert status == 200 or is_malformed(answer, "oauth_version_unsupported")


@spec("RFC 5849", "3.1", "No parameter may come twice, whether equal or not")
@pytest.mark.parametrize("name", ["oauth_nonce", "oauth_token", "oauth_signature", "oauth_extra"])
@pytest.mark.parametrize("place", ["header", "query"])
def test_repeated_parameters(name: str, place: str) -> None:
    sent = written(fields(oauth_extra="1"))
    if place == "header":
        text = header(sent)["Authorization"]
        answer = get({"Authorization": f'{text},{name}="{escape(sent[name])}"'})
    else:
        answer = get({}, f"{ACCOUNT}?{urlencode([*sent.items(), (name, 'x')])}")
    assert is_malformed(answer, "oauth_parameter_repeated")


@spec("RFC 5849", "3.1", "Parameters that the protocol does not know are signed like the others")
def test_unknown_parameters() -> None:
    sent = fields(oauth_extra="a b", oauth_verifier="x", oauth_callback="oob")
    assert get(signed(sent)).status_code == 200
    changed = {**written(fields(oauth_extra="1")), "oauth_extra": "2"}
    assert is_refused(get(header(changed)), "signature_mismatch")


@spec("RFC 5849", "3.2", "A request that lacks a parameter is 400")
@pytest.mark.parametrize("name", [*fields(), "oauth_signature"])
def test_missing_parameters(name: str) -> None:
    sent = written(fields())
    del sent[name]
    assert is_malformed(get(header(sent)), "oauth_parameter_missing")


@spec("RFC 5849", "3.2", "A method of signing that is not supported is 400")
@pytest.mark.parametrize("method", ["PLAINTEXT", "RSA-SHA1", "HMAC-SHA256", "hmac-sha1", "none"])
def test_other_methods(method: str) -> None:
    sent = signed(fields(oauth_signature_method=method))
    assert is_malformed(get(sent), "signature_method_unsupported")


@spec(
    "RFC 5849", "3.4.4", "PLAINTEXT, which is not for requests without TLS, is refused everywhere"
)
def test_plaintext() -> None:
    sent = fields(oauth_signature_method="PLAINTEXT", oauth_nonce=None, oauth_timestamp=None)
    right = header({**sent, "oauth_signature": f"{SECRET}&{TOKEN_SECRET}"})
    for secure in (False, True):
        answer = Browser().get(ACCOUNT, headers=right, secure=secure)
        assert is_malformed(answer, "signature_method_unsupported")


@spec("RFC 5849", "3.2", "An unknown client is 401")
def test_an_unknown_client() -> None:
    assert is_refused(get(signed(fields(oauth_consumer_key="x"))), "unknown_key")


@spec("RFC 5849", "3.2", "An unknown token is 401, and so is the token of another client")
def test_tokens_that_are_not_the_clients() -> None:
    assert is_refused(get(signed(fields(oauth_token="x"))), "unknown_token")
    new_client(User.objects.get(username="ada"), client_id="0ther", client_secret=SECRET)
    assert is_refused(get(signed(fields(oauth_consumer_key="0ther"))), "unknown_token")


@spec("RFC 5849", "3.2", "A token that has ended is 401")
def test_an_ended_token(token: OAuth1Token) -> None:
    token.expires = NOW
    token.save()
    with time_machine.travel(NOW, tick=False):
        assert is_refused(get(signed(fields())), "expired_token")


@spec("RFC 5849", "3.2", "A wrong signature is 401")
@pytest.mark.parametrize("text", ["", "x", "é", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_wrong_signatures(text: str) -> None:
    answer = get(header({**fields(), "oauth_signature": text}))
    if text:
        assert is_refused(answer, "signature_mismatch")
    else:
        assert is_malformed(answer, "oauth_parameter_missing")


@spec("RFC 5849", "3.2", "Both secrets count")
@pytest.mark.parametrize("secrets", [(SECRET, ""), ("", TOKEN_SECRET), (TOKEN_SECRET, SECRET)])
def test_both_secrets(secrets: tuple[str, str]) -> None:
    assert is_refused(get(signed(fields(), secrets=secrets)), "signature_mismatch")


@spec("RFC 5849", "3.2", "The realms of the token bound what it does")
def test_scope() -> None:
    OAuth1Token.objects.update(realms="readonly")
    sent = signed(fields(), url=f"{HOST}{RANGES}", method="POST")
    body = json.dumps({"name": "x", "start": 256, "end": 512})
    answer = Browser().post(RANGES, body, content_type="application/json", headers=sent)
    assert (answer.status_code, reason(answer)) == (403, "scope_insufficient")


@spec("RFC 5849", "3.3", "The timestamp is a positive whole number of seconds")
@pytest.mark.parametrize("text", ["0", "-5", "1.5", "1e9", "now", "٣"])
def test_the_form_of_timestamps(text: str) -> None:
    assert is_malformed(get(signed(fields(oauth_timestamp=text))), "nonce_malformed")


@spec("RFC 5849", "3.3", "A timestamp too far from the clock is refused")
@pytest.mark.parametrize("seconds", [-310, 310, -(10**8)])
def test_old_timestamps(seconds: int) -> None:
    answer = get(signed(fields(oauth_timestamp=stamp(seconds))))
    assert is_refused(answer, "timestamp_outside_window")


@spec("RFC 5849", "3.3", "A nonce is good once for client, token and timestamp")
def test_replay() -> None:
    sent = signed(fields())
    assert get(sent).status_code == 200
    assert is_refused(get(sent), "nonce_used")


@spec("RFC 5849", "3.3", "With another timestamp, token or client the same nonce is another one")
def test_the_same_nonce_elsewhere() -> None:
    owner = Client.objects.get().user
    new_token(Client.objects.get(), owner, token="0ther")
    other = new_client(owner, client_id="0ther")
    new_token(other, owner, token="third")
    several = [
        fields(),
        fields(oauth_timestamp=stamp(-5)),
        fields(oauth_token="0ther"),
        fields(oauth_token="third", oauth_consumer_key="0ther"),
    ]
    assert [get(signed(sent)).status_code for sent in several] == [200] * 4


@spec("RFC 5849", "3.3", "A nonce is remembered as long as its timestamp is good")
def test_a_late_replay() -> None:
    with time_machine.travel(NOW, tick=False) as time:
        sent = signed(fields(oauth_timestamp=stamp(290)))
        assert get(sent).status_code == 200
        time.shift(timedelta(seconds=580))
        assert is_refused(get(sent), "nonce_used")
        time.shift(timedelta(seconds=20))
        assert is_refused(get(sent), "timestamp_outside_window")


@spec("RFC 5849", "3.4.1.1", "The method is signed, in capitals")
def test_the_method() -> None:
    assert is_refused(get(signed(fields(), method="POST")), "signature_mismatch")
    assert is_refused(get(signed(fields(), method="get")), "signature_mismatch")


@spec("RFC 5849", "3.4.1.2", "Scheme, host and path are signed, the host in small letters")
@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"http://testserver{ACCOUNT}", 200),
        (f"https://testserver{ACCOUNT}", 401),
        (f"http://other{ACCOUNT}", 401),
        ("http://testserver/api/user/", 401),
        ("http://testserver/api/account", 401),
    ],
)
def test_the_url(url: str, status: int) -> None:
    headers = {**signed(fields(), url=url), "Host": "TestServer"}
    assert get(headers).status_code == status


@spec("RFC 5849", "3.4.1.2", "The port is signed, but not the usual one of the scheme")
@pytest.mark.parametrize(
    ("host", "signed_as", "secure"),
    [
        ("testserver:80", "http://testserver", False),
        ("testserver:443", "https://testserver", True),
        ("testserver:8080", "http://testserver:8080", False),
        ("testserver:443", "http://testserver:443", False),
        ("[::1]:8000", "http://[::1]:8000", False),
    ],
)
def test_ports(host: str, signed_as: str, secure: bool) -> None:
    headers = {**signed(fields(), url=f"{signed_as}{ACCOUNT}"), "Host": host}
    assert Browser().get(ACCOUNT, headers=headers, secure=secure).status_code == 200
    sent = fields(oauth_nonce="n2")
    headers = {**signed(sent, url=f"{signed_as}1{ACCOUNT}"), "Host": host}
    answer = Browser().get(ACCOUNT, headers=headers, secure=secure)
    assert is_refused(answer, "signature_mismatch")


@spec("RFC 5849", "3.4.1.2", "Escapes of the path are signed as they are sent")
def test_escapes_in_the_path() -> None:
    path = "/api/user/a%20b%2Bc/"
    assert get(signed(fields(), url=f"{HOST}{path}"), path).status_code == 404


@spec("RFC 5849", "3.4.1.3.1", "The query is signed")
def test_the_query() -> None:
    sent = signed(fields(), others=[("limit", "1")])
    assert is_refused(get(sent, f"{ACCOUNT}?limit=2"), "signature_mismatch")
    assert is_refused(get(sent), "signature_mismatch")
    assert get(sent, f"{ACCOUNT}?limit=1").status_code == 200


@spec("RFC 5849", "3.4.1.3.1", "A form is signed, and a body of another kind is not")
def test_bodies(ada: User) -> None:
    form = signed(fields(), url=f"{HOST}{RANGES}", method="POST", others=[("a", "1"), ("b", "x y")])
    for body, status in (("b=x+y&a=1", 415), ("b=x%20y&a=1", 401), ("a=1", 401)):
        answer = Browser().post(RANGES, body, content_type=f"{FORM}; charset=utf-8", headers=form)
        assert answer.status_code == status
    body = json.dumps({"name": "x", "start": 256, "end": 512, "user": ada.pk})
    plain = signed(fields(oauth_nonce="n2"), url=f"{HOST}{RANGES}", method="POST")
    answer = Browser().post(RANGES, body, content_type="application/json", headers=plain)
    assert answer.status_code == 201
    assert Range.objects.get().user == ada


@spec("RFC 5849", "3.4.1.3.1", "A hash of the body is one more parameter, and no more than that")
def test_body_hashes() -> None:
    sent = fields(oauth_body_hash="2jmj7l5rSw0yVb/vlWAYkK/YBwk=")
    assert get(signed(sent)).status_code == 200


@spec("RFC 5849", "3.4.1.3.1", "A plus in the query is a blank, as is %20")
@pytest.mark.parametrize("query", ["a=x+y", "a=x%20y"])
def test_blanks(query: str) -> None:
    sent = signed(fields(), others=[("a", "x y")])
    assert get(sent, f"{ACCOUNT}?{query}").status_code == 200


@spec("RFC 5849", "3.4.1.3.2", "Parameters may come in any order, and several times")
@pytest.mark.parametrize("turn", range(len(EXPECTED)))
def test_the_order_of_parameters(turn: int) -> None:
    others = EXPECTED[turn:] + EXPECTED[:turn]
    sent = list(written(fields(), others=EXPECTED).items())
    turned = dict(sent[turn:] + sent[:turn])
    assert get(header(turned), f"{ACCOUNT}?{urlencode(others)}").status_code == 200


@spec("RFC 5849", "3.4.1.3.2", "How the query escapes a letter does not matter, only the letter")
@pytest.mark.parametrize("query", ["a=%7E~&b=%C3%A9", "a=~%7e&b=%c3%a9", "b=%C3%A9&a=%7E%7E"])
def test_escapes_in_the_query(query: str) -> None:
    sent = signed(fields(), others=[("a", "~~"), ("b", "é")])
    assert get(sent, f"{ACCOUNT}?{query}").status_code == 200


@spec("RFC 5849", "3.4.2", "Secrets are escaped in the key of the HMAC")
def test_odd_secrets() -> None:
    Client.objects.update(client_secret="a&b c%é")
    OAuth1Token.objects.update(secret="&=+/")
    assert get(signed(fields(), secrets=("a&b c%é", "&=+/"))).status_code == 200


@spec("RFC 5849", "3.5", "Parameters come in one place only: header, form or query")
def test_one_place() -> None:
    sent = written(fields())
    extra = "oauth_extra=1"
    assert is_malformed(get(header(sent), f"{ACCOUNT}?{extra}"), "oauth_parameter_repeated")
    answer = Browser().post(RANGES, extra, content_type=FORM, headers=header(sent))
    assert is_malformed(answer, "oauth_parameter_repeated")


@spec("RFC 5849", "3.5.1", "The scheme of the header is named in letters of any size")
@pytest.mark.parametrize("word", ["OAuth", "oauth", "OAUTH"])
def test_the_scheme(word: str) -> None:
    text = signed(fields())["Authorization"].replace("OAuth ", f"{word} ")
    assert get({"Authorization": text}).status_code == 200


@spec("RFC 5849", "3.5.1", "The header may name a realm, which is not signed")
@pytest.mark.parametrize("realm", ["", "Photos", "https://api.hexoskin.com/ a,b=c"])
def test_the_realm(realm: str) -> None:
    text = signed(fields())["Authorization"].replace("OAuth ", f'OAuth realm="{realm}", ')
    assert get({"Authorization": text}).status_code == 200


@spec("RFC 5849", "3.5.1", "A header that cannot be read is refused")
@pytest.mark.parametrize(
    "text", ["OAuth x", 'OAuth a="b" c="d"', 'OAuth a="b', "OAuth ,,", "OAuth ="]
)
def test_headers_that_are_none(text: str) -> None:
    assert is_refused(get({"Authorization": text}), "malformed_authorization")


@spec("RFC 5849", "3.5.1", "A refusal says in WWW-Authenticate that OAuth would do")
def test_the_challenge() -> None:
    assert get(signed(fields(oauth_token="x")))["WWW-Authenticate"] == 'OAuth realm="hexostore"'


@spec("RFC 5849", "3.5.2", "A form may carry the parameters, with its own signed among them")
def test_in_a_form() -> None:
    others = {"name": "a b"}
    sent = written(fields(), url=f"{HOST}{RANGES}", method="POST", others=list(others.items()))
    answer = Browser().post(RANGES, urlencode({**others, **sent}), content_type=FORM)
    assert answer.status_code == 415  # let in, but no resource takes forms
    answer = Browser().post(RANGES, urlencode({**sent, "name": "x"}), content_type=FORM)
    assert is_refused(answer, "signature_mismatch")


@spec("RFC 5849", "3.5.2", "A body that is not labelled as a form carries no parameters")
def test_no_form() -> None:
    sent = written(fields(), url=f"{HOST}{RANGES}", method="POST")
    answer = Browser().post(RANGES, urlencode(sent), content_type="application/json")
    assert (answer.status_code, reason(answer)) == (401, "no_credentials")


@spec("RFC 5849", "3.5.3", "The query may carry the parameters")
def test_in_the_query(ada: User) -> None:
    sent = written(fields(), others=[("limit", "1")])
    answer = get({}, f"{ACCOUNT}?limit=1&{urlencode(sent)}")
    assert [row["id"] for row in answer.json()["objects"]] == [ada.pk]


@spec("RFC 5849", "3.6", "Escapes are of UTF-8, also in names")
def test_letters_beyond_ascii() -> None:
    others = [("é", "☃"), ("名前", "値"), ("", "x")]
    assert get(signed(fields(), others=others), f"{ACCOUNT}?{urlencode(others)}").status_code == 200


@spec("RFC 5849", "3.6", "Escapes that are none are taken as they are")
def test_broken_escapes() -> None:
    sent = signed(fields(), others=[("a", "%"), ("b", "%zz")])
    assert get(sent, f"{ACCOUNT}?a=%&b=%zz").status_code == 200


@spec("RFC 5849", "4.5", "No secret and no signature of ours is written down with a refusal")
def test_no_secret_is_written_down() -> None:
    right = by_hand(fields())
    get(header({**fields(), "oauth_signature": "x"}))
    text = json.dumps([row.shown for row in Refusal.objects.all()])
    assert '"received"' in text
    assert not [word for word in (SECRET, TOKEN_SECRET, right) if word in text]


@spec("RFC 5849", "4.10", "A request that is not signed right leaves no nonce behind")
def test_strangers_fill_nothing() -> None:
    sent = fields()
    get(header({**sent, "oauth_signature": "x"}))
    assert get(signed(sent)).status_code == 200


@spec("RFC 5849", "3", "Another independent client is taken too: authlib")
@pytest.mark.parametrize("place", ["HEADER", "QUERY"])
def test_authlib(ada: User, place: str) -> None:
    client = ClientAuth(KEY, SECRET, TOKEN, TOKEN_SECRET, signature_type=place)
    site = HOST.replace("http:", "https:")
    uri, headers, _ = client.sign("GET", f"{site}{ACCOUNT}?a=b%20c&a=%C3%A9", {}, "")
    answer = Browser().get(uri.removeprefix(site), headers=dict(headers), secure=True)
    assert [row["id"] for row in answer.json()["objects"]] == [ada.pk]


@spec("Hexoskin", "wire 1.6", "A wrong signature is 401 with the words that clients look for")
def test_the_words() -> None:
    answer = ask(client_secret="x")
    assert (answer.status_code, answer.json()) == (401, {"error": "API signature failed."})


@spec("Hexoskin", "wire 1.7", "No version, commas without blanks, a nonce of seven digits")
def test_the_published_client() -> None:
    text = signed(fields())["Authorization"]
    assert 'oauth_nonce="4711042"' in text
    assert "oauth_version" not in text
    assert '",oauth_' in text
    assert get({"Authorization": text}).status_code == 200


@spec(
    "Hexoskin", "API reference, API keys and OAuth requests", "Tokens stop with the status oauth1"
)
def test_the_status() -> None:
    Client.objects.update(status="apikey")
    assert is_refused(get(signed(fields())), "client_not_oauth1")
