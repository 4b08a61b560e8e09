"""How a client of OAuth 1 gets its token: RFC 5849, section 2; wire 1.7."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import pytest
import time_machine
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.credentials.models import (
    Client,
    OAuth1Nonce,
    OAuth1RequestToken,
    OAuth1Token,
    Realm,
    Refusal,
)
from apps.credentials.oauth1 import authentication as oauth1
from apps.credentials.oauth1.grants import LIFETIME
from hexostore import clock
from tests.credentials.oauth1 import (
    ACCOUNT,
    AGREE,
    ASK,
    CALLBACK,
    FETCH,
    HOST,
    KEY,
    SECRET,
    TOKEN,
    TOKEN_SECRET,
    ask,
    by_hand,
    decide,
    fetch,
    fields,
    granted,
    header,
    new_client,
    new_token,
    only_request_token,
    person,
    reason,
    request_token,
    signed,
    temporary,
    verified,
)
from tests.people import new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

FORM = "application/x-www-form-urlencoded"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def developer(db: None) -> User:
    made = new_user("dev")
    made.save()
    return made


@pytest.fixture(autouse=True)
def program(developer: User) -> Client:
    return new_client(developer)


def is_refused(answer: Answer, code: str) -> bool:
    """401 with the challenge, and nothing given."""
    assert (answer.status_code, reason(answer)) == (401, code)
    assert answer["WWW-Authenticate"] == 'OAuth realm="hexostore"'
    return b"oauth_token" not in answer.content


def is_malformed(answer: Answer, code: str) -> bool:
    assert (answer.status_code, reason(answer)) == (400, code)
    return b"oauth_token" not in answer.content


def location(answer: Any) -> tuple[str, dict[str, str]]:
    """Where a browser is sent, and the parameters that it carries."""
    assert answer.status_code == 303, answer.content
    bare, _, query = answer["Location"].partition("?")
    return bare, dict(parse_qsl(query))


# Temporary credentials


@pytest.mark.parametrize("path", [ASK, f"{ASK}/"])
def test_temporary_credentials(path: str) -> None:
    answer = request_token(path=path)
    assert (answer.status_code, answer["Content-Type"]) == (200, FORM)
    assert answer["Cache-Control"] == "no-store"
    given = dict(parse_qsl(answer.content.decode(), strict_parsing=True))
    row = only_request_token()
    assert given == {
        "oauth_token": row.token,
        "oauth_token_secret": row.secret,
        "oauth_callback_confirmed": "true",
    }
    assert (row.callback_uri, row.user, row.verifier) == (CALLBACK, None, "")


@pytest.mark.parametrize("place", ["AUTH_HEADER", "QUERY", "BODY"])
def test_signatures_of_every_place(place: str) -> None:
    form = {"more": "a b"} if place == "BODY" else None
    assert request_token(form=form, signature_type=place).status_code == 200


def test_queries_and_forms_of_every_kind_are_signed() -> None:
    """Also names that begin like the protocol's, which it does not know (section 3.1)."""
    path = f"{ASK}?a=%C3%A9&a=b+c&oauth=1&d"
    assert request_token(path=path, form={"x[]": "{y}", "z": ""}).status_code == 200
    sent = fields(oauth_token=None, oauth_callback=CALLBACK, oauth_extra="a b")
    options: Any = {"url": f"{HOST}{ASK}", "method": "POST", "secrets": (SECRET, "")}
    assert Browser().post(ASK, headers=signed(sent, **options)).status_code == 200


def test_a_parameter_called_realm_is_none() -> None:
    """Only the header names one (section 3.5.1); in the query it is signed like any other."""
    assert request_token(path=f"{ASK}?realm=admin").status_code == 200
    assert only_request_token().realms == "readonly"


def test_an_empty_token_counts_as_none() -> None:
    sent = fields(oauth_token="", oauth_callback=CALLBACK)
    options: Any = {"url": f"{HOST}{ASK}", "method": "POST", "secrets": (SECRET, "")}
    assert Browser().post(ASK, headers=signed(sent, **options)).status_code == 200


@pytest.mark.parametrize("path", [ASK, FETCH])
def test_only_by_post(path: str) -> None:
    assert ask(path, "GET").status_code == 405


def test_a_callback_is_demanded() -> None:
    assert is_malformed(request_token(callback_uri=None), "oauth_parameter_missing")


@pytest.mark.parametrize(
    "uri",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?a=b",
        CALLBACK.upper(),
        "http://app.example.com/back",
        "javascript:alert(1)",
        "https://evil.example.com/",
        "OOB",
        "\0",
    ],
)
def test_a_callback_must_be_registered(uri: str) -> None:
    assert is_malformed(request_token(callback_uri=uri), "callback_not_registered")
    assert not OAuth1RequestToken.objects.exists()


def test_an_unknown_client() -> None:
    assert is_refused(request_token(key="nobody"), "unknown_key")


@pytest.mark.parametrize("status", ["apikey", "oauth2"])
def test_a_client_of_another_scheme(program: Client, status: str) -> None:
    Client.objects.filter(pk=program.pk).update(status=status)
    assert is_refused(request_token(), "client_not_oauth1")


def test_a_wrong_signature() -> None:
    assert is_refused(request_token(client_secret="x"), "signature_mismatch")
    assert not OAuth1Nonce.objects.exists()


def test_a_nonce_is_good_once_here_too() -> None:
    assert request_token(nonce="n").status_code == 200
    assert is_refused(request_token(nonce="n"), "nonce_used")


def test_a_failure_that_is_ordered(program: Client) -> None:
    Client.objects.filter(pk=program.pk).update(forced_failure="fail:signature")
    assert is_refused(request_token(), "signature_mismatch")


@pytest.mark.parametrize(
    ("realm", "expected"),
    [
        (None, "readonly"),
        ("", "readonly"),
        ("hexostore", "readonly"),
        ("readonly", "readonly"),
        ("readwrite readonly", "readwrite readonly"),
        ("readonly readonly", "readonly"),
    ],
)
def test_realms(realm: str | None, expected: str) -> None:
    assert request_token(realm=realm).status_code == 200
    assert only_request_token().realms == expected


def test_the_default_realm(program: Client) -> None:
    program.default_realm = Realm.objects.get(name="readwrite")
    program.save()
    temporary()
    assert only_request_token().realms == "readwrite"


@pytest.mark.parametrize("realm", ["admin", "readonly admin", "READONLY", 'x"', "a\\"])
def test_realms_that_there_are_not(realm: str) -> None:
    sent = fields(oauth_token=None, oauth_callback=CALLBACK)
    signature = by_hand(sent, f"{HOST}{ASK}", method="POST", secrets=(SECRET, ""))
    text = header({**sent, "oauth_signature": signature})["Authorization"]
    text = text.replace("OAuth ", f'OAuth realm="{realm}",')
    answer = Browser().post(ASK, headers={"Authorization": text})
    assert is_refused(answer, "malformed_authorization" if '"' in realm else "realm_not_allowed")


def test_realms_that_the_client_has_not(program: Client) -> None:
    program.realms.set(Realm.objects.filter(name="readonly"))
    assert is_refused(request_token(realm="readwrite"), "realm_not_allowed")
    program.realms.clear()
    assert is_refused(request_token(realm="readwrite"), "realm_not_allowed")
    assert request_token().status_code == 200
    assert only_request_token().realms == "readonly"


def test_old_temporary_credentials_are_forgotten() -> None:
    with time_machine.travel(NOW, tick=False):
        temporary()
    with time_machine.travel(NOW + LIFETIME, tick=False):
        temporary()
    assert OAuth1RequestToken.objects.count() == 1


# Consent


def test_the_page_asks_who_it_is_and_then_what_he_allows(user: User) -> None:
    given = temporary(realm="readonly")
    page = f"{AGREE}?oauth_token={given['oauth_token']}"
    browser = Browser()
    assert b'type="password"' in browser.get(page).content
    browser = person(user)
    text = browser.get(page).content.decode()
    assert "<code>readonly</code>" in text
    assert "<code>readwrite</code>" not in text
    assert "app.example.com" in text


@pytest.mark.parametrize("slash", ["", "/"])
def test_consent_leads_back_with_a_verifier(user: User, slash: str) -> None:
    given = temporary()
    page = f"{AGREE}{slash}?oauth_token={given['oauth_token']}"
    answer = person(user).post(page, "action=allow", FORM)
    bare, brought = location(answer)
    row = OAuth1RequestToken.objects.get(token=given["oauth_token"])
    assert bare == CALLBACK
    assert brought == {"oauth_token": row.token, "oauth_verifier": row.verifier}
    assert (row.user, len(row.verifier) >= 20) == (user, True)
    assert answer["Cache-Control"] == "no-store"


def test_he_is_asked_each_time(user: User) -> None:
    granted(user)
    given = temporary()
    page = f"{AGREE}?oauth_token={given['oauth_token']}"
    assert b'value="allow"' in person(user).get(page).content


@pytest.mark.parametrize(
    "callback",
    [
        "https://app.example.com/back?a=1&b[]=é".replace("é", "%C3%A9"),
        "myapp:/back",
        "myapp:///back",
        "com.example.app://back?x=%20",
        "http://127.0.0.1:49152/back",
    ],
)
def test_callbacks_are_kept_letter_by_letter(program: Client, user: User, callback: str) -> None:
    Client.objects.filter(pk=program.pk).update(redirect_uris=callback)
    given = temporary(callback_uri=callback)
    where = decide(person(user, callback_uri=callback), given)["Location"]
    assert where.startswith(f"{callback}{'&' if '?' in callback else '?'}oauth_token=")


def test_who_denies_is_sent_back_without_a_verifier(user: User) -> None:
    given = temporary()
    answer = decide(person(user), given, "deny")
    bare, brought = location(answer)
    assert bare == CALLBACK
    assert brought == {"oauth_token": given["oauth_token"], "oauth_problem": "permission_denied"}
    assert reason(answer) == "consent_denied"
    assert is_refused(fetch(given, "anything"), "request_token_unknown")


def test_a_client_without_a_callback_is_told_by_the_person(user: User) -> None:
    given = temporary(callback_uri="oob")
    answer = decide(person(user), given)
    verifier = OAuth1RequestToken.objects.get(token=given["oauth_token"]).verifier
    assert answer.status_code == 200
    assert f"<code>{verifier}</code>" in answer.content.decode()
    assert fetch(given, verifier).status_code == 200


def test_and_of_a_denial_too(user: User) -> None:
    given = temporary(callback_uri="oob")
    answer = decide(person(user), given, "deny")
    assert (answer.status_code, reason(answer)) == (200, "consent_denied")
    assert b"Access denied" in answer.content


@pytest.mark.parametrize("query", ["", "?oauth_token=", "?oauth_token=x", "?oauth_token=%00"])
def test_a_page_for_no_token(query: str) -> None:
    answer = Browser().get(f"{AGREE}{query}")
    assert (answer.status_code, reason(answer)) == (400, "request_token_unknown")


def test_a_token_is_named_once() -> None:
    query = f"oauth_token={temporary()['oauth_token']}"
    assert Browser().get(f"{AGREE}?{query}&{query}").status_code == 400
    assert Browser().get(f"{AGREE}?{query}").status_code == 200


def test_what_was_decided_is_not_decided_again(user: User) -> None:
    given = temporary()
    browser = person(user)
    assert decide(browser, given).status_code == 303
    assert reason(decide(browser, given)) == "request_token_unknown"


def test_temporary_credentials_end(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        given = temporary()
        browser = person(user)
        time.shift(LIFETIME - timedelta(seconds=1))
        page = f"{AGREE}?oauth_token={given['oauth_token']}"
        assert browser.get(page).status_code == 200
        time.shift(timedelta(seconds=1))
        assert reason(browser.get(page)) == "request_token_unknown"


def test_what_the_client_changed_meanwhile_counts(program: Client) -> None:
    page = f"{AGREE}?oauth_token={temporary()['oauth_token']}"
    Client.objects.filter(pk=program.pk).update(redirect_uris="https://other.example.com/")
    assert reason(Browser().get(page)) == "callback_not_registered"
    Client.objects.filter(pk=program.pk).update(status="oauth2")
    assert reason(Browser().get(page)) == "client_not_oauth1"


def test_only_the_form_of_the_page_decides(user: User) -> None:
    """Another site cannot have somebody agree (section 4.13)."""
    given = temporary()
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = person(user).cookies
    assert decide(strict, given).status_code == 403
    assert OAuth1RequestToken.objects.get(token=given["oauth_token"]).verifier == ""


# Tokens


@pytest.mark.parametrize("path", [FETCH, f"{FETCH}/"])
def test_the_token(user: User, program: Client, path: str) -> None:
    given = temporary(realm="readonly")
    answer = fetch(given, verified(user, given), path=path)
    assert (answer.status_code, answer["Content-Type"]) == (200, FORM)
    assert answer["Cache-Control"] == "no-store"
    token = OAuth1Token.objects.get()
    assert dict(parse_qsl(answer.content.decode(), strict_parsing=True)) == {
        "oauth_token": token.token,
        "oauth_token_secret": token.secret,
        "oauth_authorized_realms": "readonly",
    }
    assert (token.user, token.client, token.realms) == (user, program, "readonly")
    assert token.token != given["oauth_token"]


def test_the_token_opens_what_its_user_sees(user: User) -> None:
    got = granted(user)
    keys: Any = {
        "resource_owner_key": got["oauth_token"],
        "resource_owner_secret": got["oauth_token_secret"],
    }
    assert [row["id"] for row in ask(ACCOUNT, **keys).json()["objects"]] == [user.pk]


def test_temporary_credentials_open_nothing(user: User) -> None:
    given = temporary()
    verified(user, given)
    keys: Any = {
        "resource_owner_key": given["oauth_token"],
        "resource_owner_secret": given["oauth_token_secret"],
    }
    assert is_refused(ask(ACCOUNT, **keys), "unknown_token")


def test_a_verifier_is_good_once(user: User) -> None:
    given = temporary()
    verifier = verified(user, given)
    assert fetch(given, verifier).status_code == 200
    assert is_refused(fetch(given, verifier), "request_token_unknown")
    assert OAuth1Token.objects.count() == 1


@pytest.mark.parametrize("verifier", ["x", "\0", "é"])
def test_a_wrong_verifier(user: User, verifier: str) -> None:
    given = temporary()
    right = verified(user, given)
    assert is_refused(fetch(given, verifier), "verifier_mismatch")
    assert fetch(given, right).status_code == 200


def test_the_verifier_of_another_dance(user: User) -> None:
    one, other = temporary(), temporary()
    verified(user, one)
    assert is_refused(fetch(one, verified(user, other)), "verifier_mismatch")


def test_nobody_has_agreed_yet() -> None:
    assert is_refused(fetch(temporary(), "x"), "verifier_mismatch")


def test_no_verifier(user: User) -> None:
    given = temporary()
    verified(user, given)
    assert is_malformed(fetch(given, None), "oauth_parameter_missing")
    options: Any = {"callback_uri": CALLBACK, "resource_owner_key": None}
    assert is_malformed(fetch(given, "x", **options), "oauth_parameter_missing")


def test_temporary_credentials_of_another_client(user: User, developer: User) -> None:
    new_client(developer, client_id="0ther")
    given = temporary()
    verifier = verified(user, given)
    assert is_refused(fetch(given, verifier, key="0ther"), "request_token_unknown")


def test_a_wrong_secret_of_the_temporary_credentials(user: User) -> None:
    given = temporary()
    verifier = verified(user, given)
    answer = fetch({**given, "oauth_token_secret": "x"}, verifier)
    assert is_refused(answer, "signature_mismatch")


def test_a_verifier_that_is_too_old(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        given = temporary()
        verifier = verified(user, given)
        time.shift(LIFETIME)
        assert is_refused(fetch(given, verifier), "request_token_unknown")


def test_no_secret_is_written_down(user: User) -> None:
    given = temporary()
    verifier = verified(user, given)
    fetch({**given, "oauth_token_secret": "x"}, verifier)
    text = str([vars(row) for row in Refusal.objects.all()])
    assert "signature_mismatch" in text
    hidden = (verifier, given["oauth_token_secret"], SECRET)
    assert not [word for word in hidden if word in text]


# Moving on to OAuth 2


@pytest.fixture
def token(program: Client, user: User) -> OAuth1Token:
    return new_token(program, user, realms="readonly")


def test_a_token_may_be_exchanged(program: Client, user: User, token: OAuth1Token) -> None:
    found = oauth1.exchange_token(f"{TOKEN}:{TOKEN_SECRET}", program)
    assert found is not None
    assert (found.pk, found.user, found.realms) == (token.pk, user, "readonly")


def test_by_the_refresh_grant(program: Client, token: OAuth1Token) -> None:
    """Once its client has become one of OAuth 2; the token is good for that once."""
    Client.objects.update(status="oauth2", grant_type="authorization_code")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": f"{TOKEN}:{TOKEN_SECRET}",
        "client_id": KEY,
        "client_secret": SECRET,
    }
    request = "/api/connect/oauth2/token/", urlencode(form), FORM
    given = Browser().post(*request)
    assert given.status_code == 200, given.json()
    assert given.json()["scope"] == "readonly"
    bearer = {"Authorization": f"Bearer {given.json()['access_token']}"}
    answer = Browser().get(ACCOUNT, headers=bearer)
    assert [row["id"] for row in answer.json()["objects"]] == [token.user_id]
    again = Browser().post(*request)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "text",
    ["", ":", TOKEN, f"{TOKEN}:", f"{TOKEN}:x", f":{TOKEN_SECRET}", "\0:\0", "é:é", "a" * 999],
)
def test_but_only_whole(program: Client, text: str) -> None:
    assert oauth1.exchange_token(text, program) is None


def test_nor_by_another_client(developer: User, token: OAuth1Token) -> None:
    other = new_client(developer, client_id="0ther")
    assert oauth1.exchange_token(f"{TOKEN}:{TOKEN_SECRET}", other) is None


@pytest.mark.parametrize("column", ["revoked", "expires"])
def test_nor_when_it_has_ended(program: Client, token: OAuth1Token, column: str) -> None:
    OAuth1Token.objects.update(**{column: clock.now()})
    assert oauth1.exchange_token(f"{TOKEN}:{TOKEN_SECRET}", program) is None


def test_nor_for_somebody_inactive(program: Client, user: User, token: OAuth1Token) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert oauth1.exchange_token(f"{TOKEN}:{TOKEN_SECRET}", program) is None


# Anything


JUNK = st.dictionaries(
    st.sampled_from(
        ["oauth_token", "oauth_verifier", "oauth_callback", "oauth_nonce", "oauth_timestamp"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(junk=JUNK, path=st.sampled_from([ASK, FETCH]))
def test_signed_junk_breaks_nothing(junk: dict[str, str], path: str) -> None:
    sent = {**fields(oauth_token=None), **junk}
    options: Any = {"url": f"{HOST}{path}", "method": "POST", "secrets": (SECRET, "")}
    answer = Browser().post(path, headers=signed(sent, **options))
    assert answer.status_code in {400, 401}


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(token=st.text(max_size=30))
def test_a_page_for_any_token(token: str) -> None:
    answer = Browser().get(AGREE, {"oauth_token": token.encode(errors="replace")})
    assert answer.status_code == 400
