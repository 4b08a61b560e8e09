"""The pages: logging in, consenting, and where nobody is sent."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session

from apps.accounts.models import User
from apps.credentials.basic import login_throttle
from apps.credentials.consent import decisions
from apps.credentials.models import Client, Consent, Refusal
from hexostore import clock
from tests.credentials.dances import (
    AUTH,
    CALLBACK,
    FORM,
    Person,
    ask,
    fragment_of,
    hidden,
    program,
    query_of,
    shown,
)
from tests.credentials.tokens import reason
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture
def client(user: User) -> Client:
    return program(user, name="Sleep <b>diary</b>")


@pytest.fixture
def friend(db: None) -> User:
    made = new_user("friend")
    made.save()
    return made


@pytest.fixture
def person(friend: User) -> Person:
    return Person(friend)


# Logging in


def test_whoever_is_not_logged_in_is_asked_to(client: Client, person: Person) -> None:
    answer = person.visit(client)
    assert answer.status_code == 200
    text = answer.content.decode()
    for part in (
        "Sleep &lt;b&gt;diary&lt;/b&gt;",
        'autocomplete="username"',
        'autocomplete="current-password"',
        '<html lang="en">',
        '<label for="password">',
    ):
        assert part in text
    assert "<script" not in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("email", "password", "noted"),
    [
        ("friend@example.com", "wrong", "wrong_password"),
        ("nobody@example.com", PASSWORD, "unknown_user"),
        ('"><b>', PASSWORD, "unknown_user"),
        ("", "", "unknown_user"),
        ("nul\0", "nul\0", "unknown_user"),
        ("x" * 2000, "x" * 2000, "unknown_user"),
    ],
)
def test_a_wrong_login_says_the_same_whoever_exists(
    client: Client, person: Person, email: str, password: str, noted: str
) -> None:
    page = person.visit(client)
    answer = person.press(page, "login", email=email, password=password)
    assert (answer.status_code, reason(answer)) == (403, "bad_login")
    assert "The user name or the password is wrong." in shown(answer)
    assert "<b>" not in answer.content.decode()
    assert Refusal.objects.get().reason == noted
    assert "wrong" not in str(Refusal.objects.get().shown)
    assert "Log in" in shown(person.visit(client))


def test_an_inactive_person_is_not_let_in(client: Client, person: Person) -> None:
    User.objects.filter(pk=person.user.pk).update(is_active=False)
    answer = person.log_in(person.visit(client))
    assert (answer.status_code, reason(answer)) == (403, "inactive_user")


def test_the_login_leads_back_to_the_very_request(client: Client, person: Person) -> None:
    page = person.visit(client, state="a b&c", scope="readwrite")
    told = person.press(page, "login", email=" friend@example.com ", password=PASSWORD)
    assert (told.status_code, told["Location"]) == (303, person.at)


def test_a_planted_session_is_not_kept(client: Client, person: Person) -> None:
    person.browser.cookies["hexostore_session"] = "plantedplantedplantedplanted1234"
    person.log_in(person.visit(client))
    key = person.browser.cookies["hexostore_session"].value
    assert key != "plantedplantedplantedplanted1234"
    person.press(person.visit(client), "leave")
    person.log_in(person.visit(client))
    assert person.browser.cookies["hexostore_session"].value != key
    assert not Session.objects.filter(session_key=key).exists()


def test_another_account(client: Client, person: Person) -> None:
    page = person.log_in(person.visit(client))
    assert "friend@example.com" in shown(page)
    told = person.press(page, "leave")
    assert (told.status_code, told["Location"]) == (303, person.at)
    assert "Log in" in shown(person.browser.get(person.at))
    assert not Session.objects.exists()


def test_a_new_password_ends_the_session(client: Client, person: Person) -> None:
    person.log_in(person.visit(client))
    person.user.set_password("another")
    person.user.save()
    assert "Log in" in shown(person.visit(client))


def test_a_session_lasts_eight_hours_and_old_ones_are_deleted(
    client: Client, person: Person
) -> None:
    person.log_in(person.visit(client))
    with time_machine.travel(clock.now() + timedelta(hours=9), tick=False):
        assert "Log in" in shown(person.visit(client))
        Person(person.user).allow(client)
        assert Session.objects.count() == 1


@pytest.mark.parametrize("value", ["nul\0nul\0nul", "x" * 500, "ünïcödé", ""])
def test_a_cookie_of_any_kind(client: Client, person: Person, value: str) -> None:
    person.browser.cookies["hexostore_session"] = value
    person.browser.cookies["hexostore_form"] = value
    assert "Log in" in shown(person.visit(client))


# Cookies and forms


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_stay_on_the_pages(client: Client, person: Person, secure: bool) -> None:
    person = Person(person.user, secure=secure)
    person.log_in(person.visit(client))
    names = {"hexostore_session", "hexostore_form"}
    assert set(person.browser.cookies) == (
        {f"__Secure-{name}" for name in names} if secure else names
    )
    for morsel in person.browser.cookies.values():
        assert morsel["path"] == "/api/connect/oauth2/"
        assert morsel["httponly"] is True
        assert morsel["samesite"] == "Lax"
        assert morsel["secure"] is secure
        assert (morsel["expires"], morsel["max-age"], morsel["domain"]) == ("", "", "")


def test_a_cookie_of_http_is_none_on_https(client: Client, person: Person) -> None:
    person.log_in(person.visit(client))
    assert "Log in" in shown(person.browser.get(person.at, secure=True))
    assert "wants to use" in shown(person.browser.get(person.at))


def test_the_api_looks_at_no_cookie_and_sets_none(client: Client, person: Person) -> None:
    person.log_in(person.visit(client))
    answer = person.browser.get("/api/account/")
    assert answer.status_code == 401
    assert not answer.cookies
    assert not ask(client, "client_credentials").cookies


@pytest.mark.parametrize("action", ["login", "allow", "deny", "leave", "", "unheard-of"])
@pytest.mark.parametrize("forged", [{}, {"csrfmiddlewaretoken": "x" * 64}])
def test_a_form_from_elsewhere_does_nothing(
    client: Client, person: Person, action: str, forged: dict[str, str]
) -> None:
    person.log_in(person.visit(client))
    answer = person.browser.post(person.at, urlencode({**forged, "action": action}), FORM)
    assert (answer.status_code, reason(answer)) == (403, "form_forged")
    assert "Content-Security-Policy" in answer
    assert not Consent.objects.exists()
    assert "wants to use" in shown(person.browser.get(person.at))


def test_a_form_made_for_another_account_is_of_no_use(
    client: Client, person: Person, user: User
) -> None:
    old = person.log_in(person.visit(client))
    person.press(old, "leave")
    person.user = user
    person.log_in(person.visit(client))
    assert person.press(old, "allow").status_code == 403


def test_an_unknown_action_shows_the_page_again(client: Client, person: Person) -> None:
    page = person.log_in(person.visit(client))
    assert "wants to use" in shown(person.press(page, "unheard-of"))
    assert not Consent.objects.exists()


# Consent


def test_what_the_page_of_consent_tells(client: Client, person: Person, user: User) -> None:
    page = person.log_in(person.visit(client, scope="readonly readwrite"))
    text = shown(page)
    for part in (
        "Sleep <b>diary</b>",
        client.client_id,
        user.get_full_name(),
        "friend@example.com",
        "readonly",
        "See your account",
        "readwrite",
        "add, change and delete it in your name",
        "client.example",
        "Allow",
        "Deny",
        "Use another account",
    ):
        assert part in text
    assert "Sleep &lt;b&gt;diary&lt;/b&gt;" in page.content.decode()


def test_a_client_without_a_name_is_called_by_its_key(user: User, person: Person) -> None:
    client = program(user, name="")
    assert f"<strong>{client.client_id}</strong> wants" in shown(
        person.log_in(person.visit(client))
    )


def test_denying_sends_back_with_an_error(client: Client, person: Person) -> None:
    page = person.log_in(person.visit(client, state="s"))
    answer = person.press(page, "deny")
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{CALLBACK}?")
    told = query_of(answer)
    assert (told["error"], told["state"], reason(answer)) == (
        "access_denied",
        "s",
        "consent_denied",
    )
    assert not Consent.objects.exists()
    page = person.visit(client, "token", state="t")
    told = fragment_of(person.press(page, "deny"))
    assert (told["error"], told["state"]) == ("access_denied", "t")


def test_consent_is_remembered_for_the_client_and_the_scopes(
    client: Client, person: Person, user: User
) -> None:
    person.allow(client, scope="readonly")
    again = person.visit(client, scope="readonly", state="s")
    assert (again.status_code, set(query_of(again))) == (302, {"code", "state"})
    assert person.visit(client, scope="readwrite").status_code == 200
    assert person.visit(program(user, name="other")).status_code == 200
    assert Person(user).allow(client).status_code == 303  # he was asked


def test_who_may_write_need_not_be_asked_to_read(client: Client, person: Person) -> None:
    person.allow(client, scope="readwrite")
    assert person.visit(client, scope="readonly").status_code == 302


def test_consents_add_up_and_can_be_taken_back(client: Client, person: Person) -> None:
    person.allow(client, scope="readonly")
    person.allow(client, scope="readwrite")
    assert Consent.objects.get().scopes == "readonly readwrite"
    decisions.forget_consent(person.user, client)
    assert person.visit(client).status_code == 200


@pytest.mark.parametrize("asked", [{"approval_prompt": "force"}, {"prompt": "login consent"}])
def test_a_client_may_have_people_asked_again(
    client: Client, person: Person, asked: dict[str, str]
) -> None:
    person.allow(client)
    page = person.visit(client, **asked)
    assert page.status_code == 200
    assert person.press(page, "allow").status_code == 303


@pytest.mark.parametrize(
    ("uri", "status"), [(CALLBACK, 302), ("app:/back", 200), ("http://127.0.0.1/back", 200)]
)
def test_a_token_at_once_goes_unasked_to_https_only(
    client: Client, person: Person, uri: str, status: int
) -> None:
    Client.objects.update(redirect_uris=uri)
    person.allow(client, redirect_uri=uri)
    assert person.visit(client, redirect_uri=uri).status_code == 302
    assert person.visit(client, "token", redirect_uri=uri).status_code == status


# Where people are sent


URIS = (
    CALLBACK,
    "https://client.example/back?a=b%20c",
    "https://client.example:8443/",
    "com.example.app:/back",
    "app://back",
    "http://localhost:5000/back",
    "http://127.0.0.1:5000/back",
    "http://[::1]:5000/back",
)


@pytest.mark.parametrize("uri", URIS)
@pytest.mark.parametrize("response_type", ["code", "token"])
def test_people_are_sent_to_every_kind_of_uri(
    client: Client, person: Person, uri: str, response_type: str
) -> None:
    Client.objects.update(redirect_uris=uri)
    answer = person.allow(client, response_type, redirect_uri=uri, state="s")
    mark = "#" if response_type == "token" else "&" if "?" in uri else "?"
    assert answer["Location"].startswith(f"{uri}{mark}")
    assert answer["Location"].endswith("&state=s")
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://client.example:8443/x", "https://client.example:8443"),
        ("http://localhost:5000/back", "http://localhost:5000"),
        ("http://[::1]:5000/back", "http:"),
        ("https://a;b/", "https:"),
        ("com.example.app:/back", "com.example.app:"),
    ],
)
def test_the_policy_lets_forms_lead_to_the_client(
    client: Client, person: Person, uri: str, source: str
) -> None:
    Client.objects.update(redirect_uris=uri)
    login = person.visit(client, redirect_uri=uri)
    for page in (login, person.log_in(login)):
        policy = page["Content-Security-Policy"].split("; ")
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"form-action 'self' {source}" in policy
        assert len(policy) == 5
        assert page["X-Frame-Options"] == "DENY"
        assert page["Cache-Control"] == "no-store"


def test_an_app_may_take_any_port_of_its_own_machine(client: Client, person: Person) -> None:
    Client.objects.update(redirect_uris="http://127.0.0.1/back")
    uri = "http://127.0.0.1:51234/back"
    answer = person.allow(client, redirect_uri=uri)
    told = ask(client, "authorization_code", code=query_of(answer)["code"], redirect_uri=uri)
    assert (urlsplit(answer["Location"]).netloc, told.status_code) == ("127.0.0.1:51234", 200)


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK + "#x",
        "https://client.example@evil.example/back",
        "https://client.example.evil.example/back",
        "http://client.example/back",
        "HTTPS://CLIENT.EXAMPLE/back",
        "//client.example/back",
        "/back",
        "javascript:alert(1)",
        "nul\0",
    ],
)
def test_nobody_is_sent_to_a_uri_that_is_not_registered(
    client: Client, person: Person, uri: str
) -> None:
    answer = person.visit(client, redirect_uri=uri)
    assert (answer.status_code, reason(answer)) == (400, "redirect_mismatch")
    assert "Location" not in answer
    assert "Content-Security-Policy" in answer
    assert "redirect_mismatch" in shown(answer)
    assert Refusal.objects.get().client == client.client_id


def test_the_refusal_log_shows_the_uri_beside_those_registered(
    client: Client, person: Person
) -> None:
    person.visit(client, redirect_uri=f"{CALLBACK}/")
    assert Refusal.objects.get().shown == {"received": f"{CALLBACK}/", "expected": [CALLBACK]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": "nobody"}, "unknown_client"),
        ({"client_id": "nul\0"}, "unknown_client"),
        ({"client_id": ""}, "request_malformed"),
    ],
)
def test_nobody_is_sent_anywhere_by_a_stranger(
    client: Client, person: Person, changes: dict[str, str], expected: str
) -> None:
    answer = person.visit(client, **changes)
    assert (answer.status_code, reason(answer)) == (400, expected)
    assert "Location" not in answer


def test_a_client_of_another_scheme_sends_nobody(client: Client, person: Person) -> None:
    Client.objects.update(status="apikey")
    assert reason(person.visit(client)) == "client_not_oauth2"


@pytest.mark.parametrize("uris", ["", f"{CALLBACK} app:/back", "http://evil.example/"])
def test_without_a_redirect_uri_there_must_be_a_single_one(
    client: Client, person: Person, uris: str
) -> None:
    Client.objects.update(redirect_uris=uris)
    answer = person.visit(client, redirect_uri="")
    assert (answer.status_code, reason(answer)) == (400, "redirect_mismatch")


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_what_decides_the_way_back_is_sent_once(client: Client, person: Person, name: str) -> None:
    asked = {"client_id": client.client_id, "redirect_uri": CALLBACK, "response_type": "code"}
    answer = person.open(f"{urlencode(asked)}&{urlencode({name: asked[name]})}")
    assert (answer.status_code, reason(answer)) == (400, "request_malformed")


@pytest.mark.parametrize(
    ("changes", "error", "expected"),
    [
        ({"response_type": ""}, "invalid_request", "request_malformed"),
        ({"response_type": "codex"}, "unsupported_response_type", "grant_unsupported"),
        ({"response_type": "id_token token"}, "unsupported_response_type", "grant_unsupported"),
        ({"response_type": "none"}, "unsupported_response_type", "grant_unsupported"),
        ({"scope": "root"}, "invalid_scope", "scope_not_allowed"),
        ({"code_challenge": "short"}, "invalid_request", "request_malformed"),
        (
            {"code_challenge": "x" * 43, "code_challenge_method": "S512"},
            "invalid_request",
            "request_malformed",
        ),
    ],
)
def test_what_else_is_wrong_the_client_is_told(
    client: Client, person: Person, changes: dict[str, str], error: str, expected: str
) -> None:
    sent: dict[str, Any] = {"state": "s", **changes}
    answer = person.visit(client, **sent)
    assert (answer.status_code, reason(answer)) == (302, expected)
    told = query_of(answer)
    assert answer["Location"].startswith(f"{CALLBACK}?")
    assert (told["error"], told["state"]) == (error, "s")


def test_a_response_type_that_the_client_may_not_use(user: User, person: Person) -> None:
    for grants, response_type in (("implicit", "code"), ("authorization_code", "token")):
        answer = person.visit(program(user, grants), response_type)
        part = fragment_of(answer) if response_type == "token" else query_of(answer)
        assert part["error"] == "unauthorized_client"
        assert reason(answer) == "grant_not_allowed"


def test_a_repeated_parameter_is_told_without_the_state_that_is_none(
    client: Client, person: Person
) -> None:
    asked = {"client_id": client.client_id, "response_type": "code"}
    answer = person.open(f"{urlencode(asked)}&state=a&state=b")
    assert query_of(answer)["error"] == "invalid_request"
    assert "state" not in query_of(answer)


def test_too_many_parameters(client: Client, person: Person) -> None:
    answer = person.open("&".join(f"a{number}=b" for number in range(200)))
    assert (answer.status_code, reason(answer)) == (400, "request_malformed")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_browsers_come_here(client: Client, person: Person, method: str) -> None:
    person.allow(client)
    answer = person.browser.generic(method, person.at)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")
    assert "Location" not in answer


def test_the_versioned_prefix_has_pages_too(client: Client, person: Person) -> None:
    person.visit(client)
    person.at = person.at.replace(AUTH, AUTH.replace("/api/", "/api/v1/"))
    page = person.log_in(person.browser.get(person.at))
    assert person.browser.cookies["hexostore_session"]["path"] == "/api/v1/connect/oauth2/"
    assert query_of(person.press(page, "allow"))["code"]


def test_no_code_and_no_token_is_logged(
    client: Client, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    code = query_of(person.allow(client))["code"]
    token = fragment_of(person.allow(client, "token"))["access_token"]
    assert caplog.text
    assert not re.search(f"{code}|{token}|{PASSWORD}", caplog.text)


# Guesses


def test_in_public_guesses_are_limited_on_the_page_and_at_the_token_endpoint(
    client: Client, person: Person, settings: Settings
) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    page = person.visit(client)
    for _ in range(login_throttle.PAIR.most):
        told = person.press(page, "login", email="ada", password="wrong")
        assert told.status_code == 403
    right = person.press(page, "login", email="ada", password=PASSWORD)
    assert (right.status_code, reason(right)) == (429, "too_many_logins")
    assert int(right["Retry-After"]) > 0
    token = ask(client, "password", username="ada", password=PASSWORD)
    assert (token.status_code, reason(token)) == (429, "too_many_logins")
    assert int(token["Retry-After"]) > 0
    assert token.json()["error"] == "temporarily_unavailable"
    assert hidden(page)
