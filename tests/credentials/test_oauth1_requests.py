"""Requests signed by OAuth 1 on the resources of the API: RFC 5849, section 3; wire 1.6 and 1.7."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
import time_machine
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.credentials import forms
from apps.credentials.models import Client, ForcedFailure, OAuth1Nonce, OAuth1Token, Realm
from apps.credentials.oauth1 import nonces
from apps.records.models import Range
from hexostore import clock
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
    send,
    signed,
    signer,
    stamp,
)
from tests.people import new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django import DjangoAssertNumQueries

SCHEMA, RANGES = "/api/account/schema/", "/api/range/"
JSON_401 = {"error": "API signature failed."}
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def developer(db: None) -> User:
    made = new_user("dev")
    made.save()
    return made


@pytest.fixture
def program(developer: User) -> Client:
    return new_client(developer)


@pytest.fixture(autouse=True)
def token(program: Client, user: User) -> OAuth1Token:
    return new_token(program, user)


def new_range(user: User) -> Range:
    return Range.objects.create(user=user, name="x", start=256, end=512)


def is_refused(answer: Answer, code: str) -> bool:
    """401 with the challenge of OAuth and the body that published clients read."""
    assert (answer.status_code, answer.json()) == (401, JSON_401)
    assert answer["WWW-Authenticate"] == 'OAuth realm="hexostore"'
    assert reason(answer) == code
    return True


def is_malformed(answer: Answer, code: str) -> bool:
    """400 (RFC 5849, section 3.2) with a sentence."""
    assert (answer.status_code, reason(answer)) == (400, code)
    assert answer.json() == {"error": shown()["sentence"]}
    return "WWW-Authenticate" not in answer


def shown() -> dict[str, Any]:
    """The newest refusal, as /_sandbox/auth/last shows it."""
    return dict(Browser().get("/_sandbox/auth/last").json()[0])


@pytest.mark.parametrize("place", ["AUTH_HEADER", "QUERY"])
def test_a_signature_lets_in_whom_the_token_is_for(user: User, place: str) -> None:
    answer = ask(signature_type=place)
    assert [row["id"] for row in answer.json()["objects"]] == [user.pk]
    assert "X-HexoStore-Reason" not in answer


def test_a_form_may_carry_the_signature_though_no_resource_takes_forms() -> None:
    form = {"name": "a b", "c": "é+%"}
    assert ask(RANGES, "POST", form, signature_type="BODY").status_code == 415
    wrong = ask(RANGES, "POST", form, signature_type="BODY", client_secret="x")
    assert is_refused(wrong, "signature_mismatch")


def test_two_statements_check_a_request(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2) as done:
        assert ask(SCHEMA).status_code == 200
    one, other = (query["sql"] for query in done.captured_queries)
    assert ("credentials_client" in one, "INSERT" in other) == (True, True)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?limit=1",
        "?a=b&a=a&b=1",
        "?a=%20b&c=d+e",
        "?a=&b&c=%C3%A9%E2%98%83",
        "?datatype__in=19%2C33,49&x=/:~!*'()",
    ],
)
def test_queries(query: str) -> None:
    assert ask(f"{SCHEMA}{query}").status_code == 200


@pytest.mark.parametrize("text", ["a[]=1", 'a={"b":1}', "a=b|c&d=<e>", "a=é"])
def test_letters_that_no_query_should_hold(text: str) -> None:
    """The reference client refuses to sign them, but others do, as if they were escaped."""
    escaped = urlencode(parse_qsl(text))
    _, headers, _ = signer().sign(f"{HOST}{SCHEMA}?{escaped}")
    environ: Any = {"QUERY_STRING": text.encode().decode("latin-1")}
    assert Browser().get(SCHEMA, headers=headers, **environ).status_code == 200


@pytest.mark.parametrize("path", ["/api/user/a@b/", "/api/user/é,~!/", "/api/user/a%20b(c)/"])
def test_paths_that_the_web_server_decodes(path: str) -> None:
    assert ask(quote(path, safe="/%@~!(),")).status_code == 404


def test_the_path_as_sent_where_the_web_server_hands_it_over() -> None:
    path = "/api/user/a%2fb%7e/"
    _, headers, _ = signer().sign(f"{HOST}{path}")
    assert Browser().get("/api/user/x/", headers=headers, RAW_URI=path).status_code == 404
    assert is_refused(
        Browser().get("/api/user/x/", headers=headers, RAW_URI=path + "?"), "nonce_used"
    )


def test_the_method_as_sent_is_signed_not_the_one_that_overrides_it(user: User) -> None:
    path = f"{RANGES}{new_range(user).pk}/"
    sent = {"X-HTTP-Method-Override": "DELETE"}
    assert ask(path, "POST", sent=sent).status_code == 204


def test_scheme_and_host_that_a_trusted_proxy_forwards(settings: Any) -> None:
    _, headers, _ = signer().sign(f"https://api.hexoskin.com{SCHEMA}")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.hexoskin.com:443"}
    assert is_refused(Browser().get(SCHEMA, headers={**headers, **forwarded}), "signature_mismatch")
    settings.HEXOSTORE_TRUSTED_PROXIES = ["127.0.0.1"]
    assert Browser().get(SCHEMA, headers={**headers, **forwarded}).status_code == 200


@pytest.mark.rule("wire 1.7", "wire row 38")
def test_the_header_as_the_published_client_writes_it() -> None:
    """Commas without blanks, no version, a nonce of seven digits, and callback and verifier of
    the dance on every request (wire 1.7)."""
    sent = fields(oauth_callback="https://app.example.com/back?a=b", oauth_verifier="v3r1fi3r")
    assert Browser().get(ACCOUNT, headers=signed(sent)).status_code == 200
    changed = {**sent, "oauth_signature": by_hand(sent), "oauth_verifier": "0ther"}
    assert is_refused(Browser().get(ACCOUNT, headers=header(changed)), "signature_mismatch")


@pytest.mark.parametrize("joint", [",", ", ", " , ", ",\t"])
def test_blanks_between_parameters(joint: str) -> None:
    sent = fields()
    written = header({**sent, "oauth_signature": by_hand(sent)}, joint)
    assert Browser().get(ACCOUNT, headers=written).status_code == 200


@pytest.mark.parametrize("realm", ["", "hexostore", "https://api.hexoskin.com/", "a, b=c; é"])
def test_the_realm_is_not_signed(realm: str) -> None:
    sent = fields()
    text = header({**sent, "oauth_signature": by_hand(sent)})["Authorization"]
    text = text.replace("OAuth ", f'OAuth realm="{realm}",')
    assert Browser().get(ACCOUNT, headers={"Authorization": text}).status_code == 200


@pytest.mark.parametrize(
    "nonce", ["1", "a" * 100, "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4c/+=", "é"]
)
def test_nonces_of_every_kind(nonce: str) -> None:
    sent = fields(oauth_nonce=nonce)
    assert Browser().get(ACCOUNT, headers=signed(sent)).status_code == 200


@pytest.mark.parametrize("nonce", ["a" * 101, "a\nb", "\0"])
def test_nonces_that_are_none(nonce: str) -> None:
    sent = fields(oauth_nonce=nonce)
    assert is_malformed(Browser().get(ACCOUNT, headers=signed(sent)), "nonce_malformed")


@pytest.mark.parametrize("text", ["now", "-1", "1.5", "0", "9" * 13, "\u0661", "+1790000000"])
def test_timestamps_that_are_none(text: str) -> None:
    sent = fields(oauth_timestamp=text)
    assert is_malformed(Browser().get(ACCOUNT, headers=signed(sent)), "nonce_malformed")


def test_a_nonce_is_good_once() -> None:
    sent = signed(fields())
    assert Browser().get(ACCOUNT, headers=sent).status_code == 200
    assert is_refused(Browser().get(ACCOUNT, headers=sent), "nonce_used")


def test_a_wrong_signature_does_not_take_the_nonce() -> None:
    sent = fields()
    wrong = header({**sent, "oauth_signature": by_hand(sent, secrets=(SECRET, "x"))})
    assert is_refused(Browser().get(ACCOUNT, headers=wrong), "signature_mismatch")
    assert not OAuth1Nonce.objects.exists()
    assert Browser().get(ACCOUNT, headers=signed(sent)).status_code == 200


def test_a_request_that_fails_later_takes_the_nonce() -> None:
    assert ask(RANGES, "POST", nonce="n").status_code == 400  # an empty body is no JSON
    assert is_refused(ask(RANGES, "POST", nonce="n"), "nonce_used")


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (-299, 200), (302, 401), (-302, 401)])
def test_the_window_around_the_clock(seconds: int, status: int) -> None:
    answer = ask(timestamp=stamp(seconds))
    assert answer.status_code == status
    assert status == 200 or is_refused(answer, "timestamp_outside_window")


def test_old_nonces_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(NOW, tick=False):
        ask(nonce="old")
    monkeypatch.setattr(nonces, "OFTEN", 1)
    with time_machine.travel(NOW + timedelta(seconds=299), tick=False):
        ask(nonce="young")
        assert OAuth1Nonce.objects.count() == 2
    with time_machine.travel(NOW + timedelta(seconds=301), tick=False):
        ask(nonce="new")
    assert set(OAuth1Nonce.objects.values_list("nonce", flat=True)) == {"young", "new"}


def test_an_unknown_client() -> None:
    assert is_refused(ask(key="nobody"), "unknown_key")
    assert is_refused(ask(key="nobody\0"), "unknown_key")


@pytest.mark.parametrize("text", ["nothing", TOKEN.upper(), "a" * 101, "\0", "é"])
def test_an_unknown_token(text: str) -> None:
    assert is_refused(ask(resource_owner_key=text), "unknown_token")


def test_the_token_of_another_client(developer: User) -> None:
    new_client(developer, client_id="0ther")
    assert is_refused(ask(key="0ther"), "unknown_token")


def test_a_token_that_was_taken_back(token: OAuth1Token) -> None:
    token.revoked = clock.now()
    token.save()
    assert is_refused(ask(), "revoked_token")


def test_a_token_ends_on_the_servers_clock(token: OAuth1Token) -> None:
    token.expires = NOW
    token.save()
    with time_machine.travel(NOW - timedelta(seconds=1), tick=False):
        assert ask().status_code == 200
    with time_machine.travel(NOW, tick=False):
        assert is_refused(ask(nonce="n2"), "expired_token")


@pytest.mark.parametrize("status", ["apikey", "oauth2"])
def test_another_status_of_the_client_counts_at_once(program: Client, status: str) -> None:
    assert ask().status_code == 200
    Client.objects.filter(pk=program.pk).update(status=status)
    assert is_refused(ask(), "client_not_oauth1")


def test_an_inactive_user(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert is_refused(ask(), "inactive_user")


@pytest.mark.parametrize(
    ("mark", "status"), [("fail:expired", 401), ("fail:nonce", 401), ("fail:rate", 429)]
)
def test_ordered_failures(program: Client, user: User, mark: str, status: int) -> None:
    ForcedFailure.objects.create(user=user, failure=mark)
    assert ask().status_code == status
    ForcedFailure.objects.all().delete()
    Client.objects.filter(pk=program.pk).update(forced_failure=mark)
    assert ask().status_code == status
    assert shown()["ordered"] is True


@pytest.mark.parametrize(("realms", "status"), [("readonly", 403), ("readonly readwrite", 204)])
def test_realms_are_scopes(token: OAuth1Token, user: User, realms: str, status: int) -> None:
    OAuth1Token.objects.update(realms=realms)
    path = f"{RANGES}{new_range(user).pk}/"
    assert ask(path).status_code == 200
    assert ask(path, "DELETE").status_code == status


def test_a_client_that_may_less_by_now(program: Client, user: User) -> None:
    path = f"{RANGES}{new_range(user).pk}/"
    program.realms.set(Realm.objects.filter(name="readonly"))
    assert ask(path).status_code == 200
    assert ask(path, "DELETE").status_code == 403


def test_a_token_without_a_realm_opens_nothing() -> None:
    OAuth1Token.objects.update(realms="")
    assert ask().status_code == 403


def test_a_stranger_sees_nothing_of_the_owner(user: User, program: Client) -> None:
    path = f"{RANGES}{new_range(user).pk}/"
    outsider = new_user("out")
    outsider.save()
    new_token(program, outsider, token="0ut")
    assert ask(path).status_code == 200
    assert ask(path, resource_owner_key="0ut").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_nonce",
    ],
)
def test_a_parameter_is_missing(name: str) -> None:
    sent = signed(fields(**{name: None}))
    assert is_malformed(Browser().get(ACCOUNT, headers=sent), "oauth_parameter_missing")


def test_the_refusal_log_shows_what_was_signed() -> None:
    """Without the secrets, and without the signature that the server computed."""
    query = [("limit", "1"), ("password", "s3cret-pw"), ("name", "a b")]
    sent = fields(oauth_verifier="v3r1fi3r")
    right = by_hand(sent, others=query)
    received = header({**sent, "oauth_signature": "wrong="})
    Browser().get(f"{ACCOUNT}?{urlencode(query)}", headers=received)
    row = shown()
    assert (row["reason"], row["scheme"], row["client"]) == ("signature_mismatch", "oauth1", KEY)
    assert row["received"]["oauth_signature"] == "wrong="
    hidden = {**sent, "oauth_verifier": "..."}
    normalized = "&".join(
        f"{name}={escape(text)}"
        for name, text in sorted([*hidden.items(), *query[::2], ("password", "...")])
    )
    base = "&".join(map(escape, ("GET", f"{HOST}{ACCOUNT}", normalized)))
    assert row["expected"]["signed"] == [base]
    assert row["expected"]["with"] == "<secret>&<secret>"
    text = json.dumps(row)
    assert not [
        word for word in (SECRET, TOKEN_SECRET, "s3cret-pw", "v3r1fi3r", right) if word in text
    ]


def test_a_form_that_is_too_large() -> None:
    text = "a=" + "b" * forms.LONGEST
    assert send("POST", RANGES, {"Content-Type": FORM}, text).status_code == 413


def test_too_many_parameters() -> None:
    answer = send("POST", RANGES, {"Content-Type": FORM, **signed(fields())}, "a&" * 1001)
    assert (answer.status_code, reason(answer)) == (401, "malformed_authorization")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    pairs=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5),
    form=st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=8), max_size=3),
    place=st.sampled_from(["AUTH_HEADER", "QUERY", "BODY"]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
)
def test_whatever_the_reference_client_signs_is_taken(
    pairs: list[tuple[str, str]], form: dict[str, str], place: str, method: str
) -> None:
    """With realms of no use, whatever is asked for is 403 once the signature is taken."""
    OAuth1Token.objects.update(realms="")
    query = urlencode([(name, text.encode()) for name, text in _encodable(pairs)])
    body = dict(_encodable(list(form.items())))
    assert not [name for name in (*dict(pairs), *body) if name.startswith("oauth_")]
    path = RANGES if method == "POST" else f"{RANGES}1/"
    filled = None if method == "GET" else body
    place = place if filled is not None or place == "QUERY" else "AUTH_HEADER"
    answer = ask(f"{path}?{query}", method, filled, signature_type=place)
    assert answer.status_code == 403, (shown(), pairs, form, place, method)


def _encodable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without halves of surrogate pairs, which nobody can write as UTF-8."""
    return [
        (name.encode(errors="replace").decode(), text.encode(errors="replace").decode())
        for name, text in pairs
    ]


HEADERS = st.one_of(
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=200),
    st.lists(
        st.sampled_from(
            ['oauth_token="a"', "oauth_nonce", "realm", "=", '"', ",", "\\", "%", "%zz", " "]
        ),
        max_size=20,
    ).map("".join),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=HEADERS, query=st.text(st.characters(max_codepoint=255), max_size=60))
def test_junk_is_refused_and_breaks_nothing(text: str, query: str) -> None:
    path = f"{ACCOUNT}?oauth_signature=&{quote(query, safe='=&%')}"
    for headers in ({"Authorization": f"OAuth {text}"}, {}):
        answer = Browser().get(path, headers=headers)
        assert answer.status_code in {400, 401}, answer.content
