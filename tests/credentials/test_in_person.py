"""What needs the user in person: no program can do it, whatever its token lets it do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser

from apps.access.models import Bundle, BundlePermission
from apps.accounts.models import User
from apps.credentials import one_time_tokens
from apps.credentials.models import Client, OAuth1Token, OneTimeToken, Realm
from apps.credentials.signed_keys.signatures import compute_signature
from hexostore import clock
from tests.credentials import oauth1
from tests.credentials.tokens import ask, bearing, new_client, new_token, reason
from tests.people import Caller, Cast

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

NEW = "mia@example.com"
EVIL = "https://evil.example/back"


@dataclass(frozen=True)
class Act:
    """A request that changes who reaches the account of the owner."""

    method: str
    path: str
    body: dict[str, Any]


def confirm_email(cast: Cast) -> Act:
    one_time_token = one_time_tokens.issue_token("changeemail", user=cast.owner.user, email=NEW)
    return Act("PUT", f"/api/changeemail/{one_time_token.token}/", {})


def give_rights(cast: Cast) -> Act:
    bundle = Bundle.objects.create(name="all", rights=["read", "profile", "write"])
    sides = {"user_allowed": cast.outsider.user.email, "user_target": cast.owner.user.pk}
    return Act("POST", "/api/bundle_permission/", {"bundle": bundle.pk, **sides})


def end_rights(cast: Cast) -> Act:
    row = BundlePermission.objects.get(user_allowed=cast.coach.user)
    return Act("DELETE", f"/api/bundle_permission/{row.pk}/", {})


def agree_to_rights(cast: Cast) -> Act:
    sides = {"user_allowed": cast.outsider.user.email, "user_target": cast.owner.user.email}
    bundle = Bundle.objects.create(name="asked", rights=["read"])
    asked = {"bundle": bundle.pk, **sides}
    assert cast.outsider.post("/api/bundle_permission_request/", asked).status_code == 201
    one_time_token = OneTimeToken.objects.get(kind="bundle_permission_request")
    token = one_time_tokens.issue_token("bundle_permission_request").token
    OneTimeToken.objects.filter(digest=one_time_tokens._digest_of(token)).delete()
    OneTimeToken.objects.filter(pk=one_time_token.pk).update(
        digest=one_time_tokens._digest_of(token)
    )
    return Act("PUT", f"/api/bundle_permission_request/{token}/", {})


def make_token(cast: Cast) -> Act:
    client = _oauth1_client(cast)
    return Act("POST", "/api/oauth1token/", {"oauthclient": f"/api/oauthclient/{client.pk}/"})


def move_token(cast: Cast) -> Act:
    client = _oauth1_client(cast)
    return Act("PATCH", _token_path(cast), {"oauthclient": f"/api/oauthclient/{client.pk}/"})


def take_token_back(cast: Cast) -> Act:
    return Act("DELETE", _token_path(cast), {})


def _oauth1_client(cast: Cast) -> Client:
    return oauth1.new_client(cast.owner.user, client_id="another", name="another")


def _token_path(cast: Cast) -> str:
    client = oauth1.new_client(cast.owner.user, client_id="third", name="third")
    row = oauth1.new_token(client, cast.owner.user, token="another")
    return f"/api/oauth1token/{row.pk}/"


def change_email(cast: Cast) -> Act:
    return Act("POST", "/api/changeemail/", {"email": NEW})


def end_other_program(cast: Cast) -> Act:
    other = new_client(cast.coach.user, name="other program")
    new_token(other, cast.owner.user, token="other")
    return Act("DELETE", f"/api/oauth2token/{other.pk}/", {})


ACTS = (
    change_email,
    confirm_email,
    give_rights,
    end_rights,
    agree_to_rights,
    make_token,
    move_token,
    take_token_back,
    end_other_program,
)

Send = Callable[[Cast, Act], "Answer"]


def by_token(cast: Cast, act: Act) -> Answer:
    """With a token that the user gave."""
    new_token(new_client(cast.coach.user, name="program"), cast.owner.user)
    return _send(act, bearing())


def by_token_of_program(cast: Cast, act: Act) -> Answer:
    """With a token that nobody consented to."""
    new_token(new_client(cast.owner.user, name="program"), None)
    return _send(act, bearing())


def by_oauth1(cast: Cast, act: Act) -> Answer:
    """With a token of OAuth 1."""
    oauth1.new_token(oauth1.new_client(cast.coach.user, name="program"), cast.owner.user)
    label = {"Content-Type": "application/json"}
    method: Any = act.method
    uri, headers, _ = oauth1.signer().sign(f"{oauth1.HOST}{act.path}", method, None, label)
    return oauth1.send(act.method, uri, headers, json.dumps(act.body))


def by_key(cast: Cast, act: Act) -> Answer:
    """With a signed key alone."""
    return _send(act, signed(act.path, Client.objects.create(user=cast.owner.user)))


def signed(path: str, client: Client) -> dict[str, str]:
    now = str(int(clock.now().timestamp()))
    return {
        "X-HEXOTIMESTAMP": now,
        "X-HEXOAPIKEY": client.client_id,
        "X-HEXOAPISIGNATURE": compute_signature(client.secret, now, f"http://testserver{path}"),
    }


def _send(act: Act, headers: dict[str, str]) -> Answer:
    text = json.dumps(act.body)
    return Browser().generic(act.method, act.path, text, "application/json", headers=headers)


@pytest.mark.parametrize("send", [by_token, by_token_of_program, by_oauth1, by_key])
@pytest.mark.parametrize("arrange", ACTS)
def test_no_program_does_it(cast: Cast, arrange: Callable[[Cast], Act], send: Send) -> None:
    act = arrange(cast)
    before = _reach(cast)
    answer = send(cast, act)
    assert (answer.status_code, reason(answer)) == (403, "in_person_only")
    assert _reach(cast) == before


@pytest.mark.parametrize("arrange", ACTS)
def test_the_user_does_it(cast: Cast, arrange: Callable[[Cast], Act]) -> None:
    act = arrange(cast)
    assert cast.owner.request(act.method, act.path, act.body).status_code < 300


@pytest.mark.parametrize("arrange", [change_email, give_rights])
def test_so_they_do_together_with_a_key(cast: Cast, arrange: Callable[[Cast], Act]) -> None:
    act, client = arrange(cast), Client.objects.create(user=cast.owner.user)
    headers = signed(act.path, client)
    answer = Caller(cast.owner.user, headers).request(act.method, act.path, act.body)
    assert answer.status_code < 300


def test_an_override_of_the_method_changes_nothing(cast: Cast) -> None:
    new_token(new_client(cast.coach.user), cast.owner.user)
    headers = {**bearing(), "X-HTTP-Method-Override": "POST"}
    answer = _send(Act("GET", "/api/changeemail/", {"email": NEW}), headers)
    assert answer.status_code in {403, 405}
    assert not OneTimeToken.objects.exists()


def _reach(cast: Cast) -> list[Any]:
    """Everything that decides who reaches the account."""
    return [
        User.objects.get(pk=cast.owner.user.pk).email,
        OneTimeToken.objects.filter(kind="changeemail", redeemed=None).count(),
        sorted(BundlePermission.objects.values_list("user_allowed", "user_target", "bundle")),
        sorted(OAuth1Token.objects.exclude(client__name="program").values_list("pk", "revoked")),
    ]


# Its own client


SECRETS = (
    ("status", "apikey"),
    ("redirect_uris", [EVIL]),
    ("grant_type", "client_credentials"),
    ("response_type", "token"),
    ("default_realm", "readwrite"),
)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_token_changes_only_the_name_of_its_client(
    cast: Cast, name: str, value: Any, method: str
) -> None:
    client = new_client(cast.owner.user, name="mine", redirect_uris="https://app.example/back")
    client.realms.set(Realm.objects.all())
    new_token(client, cast.owner.user)
    before = Client.objects.values().get()
    path = f"/api/oauthclient/{client.pk}/"
    whole = cast.owner.get(path).json() if method == "PUT" else {}
    answer = _send(Act(method, path, {**whole, "name": "renamed", name: value}), bearing())
    assert (answer.status_code, reason(answer)) == (403, "in_person_only")
    assert Client.objects.values().get() == before
    answer = _send(Act(method, path, {**whole, "name": "renamed"}), bearing())
    assert answer.status_code in {200, 202}
    assert Client.objects.values().get() == {**before, "name": "renamed"}


@pytest.mark.rule("wire row 48")
def test_a_program_registers_its_redirects_by_its_own_secret(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    new_token(client, None)
    path = f"/api/oauthclient/{client.pk}/"
    assert _send(Act("PATCH", path, {"redirect_uris": [EVIL]}), bearing()).status_code == 202
    answer = _send(Act("PATCH", path, {"status": "apikey"}), bearing())
    assert (answer.status_code, reason(answer)) == (403, "in_person_only")


@pytest.mark.rule("wire row 27")
def test_names_of_the_account_are_no_secret_and_its_address_stays(cast: Cast) -> None:
    """The whole object may be sent back (wire row 27)."""
    new_token(new_client(cast.coach.user), cast.owner.user)
    path = f"/api/user/{cast.owner.user.pk}/"
    sent = {"email": NEW, "username": NEW, "password": "another one", "is_staff": True}
    before = User.objects.values("email", "username", "password", "is_staff").get(
        pk=cast.owner.user.pk
    )
    assert _send(Act("PATCH", path, {**sent, "first_name": "Mia"}), bearing()).status_code == 202
    found = User.objects.get(pk=cast.owner.user.pk)
    assert found.first_name == "Mia"
    assert {name: getattr(found, name) for name in before} == before


def test_reading_is_not_concerned(cast: Cast) -> None:
    new_token(new_client(cast.owner.user), cast.owner.user)
    for path in ("/api/oauthclient/", "/api/bundle_permission/", "/api/oauth1token/"):
        assert ask(path=path).status_code == 200
