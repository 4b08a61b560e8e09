"""Clients and tokens as resources: who sees a secret, what may be changed, what is revoked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_refresh_token_model,
)

from apps.accounts.models import User
from apps.bookkeeping.models import ActivityLog
from apps.credentials.models import Client, Consent, OAuth1Token, Realm
from apps.credentials.signed_keys.signatures import compute_signature
from hexostore import clock
from tests.credentials.conftest import KEY, SECRET
from tests.credentials.tokens import TOKEN, ask, bearing, new_client, new_token, reason
from tests.people import Caller, Cast

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

CLIENTS = "/api/oauthclient/"
TOKENS = "/api/oauth2token/"
OAUTH1 = "/api/oauth1token/"
BACK = "https://example.com/back"


def path(client: Client) -> str:
    return f"{CLIENTS}{client.pk}/"


def send(method: str, where: str, body: Any = None, token: str = TOKEN) -> Answer:
    """A request with a token."""
    text = "" if body is None else json.dumps(body)
    return Browser().generic(method, where, text, "application/json", headers=bearing(token))


def signed(where: str, client: Client) -> Answer:
    """GET with the signed key of a client alone."""
    now = str(int(clock.now().timestamp()))
    headers = {
        "X-HEXOTIMESTAMP": now,
        "X-HEXOAPIKEY": client.client_id,
        "X-HEXOAPISIGNATURE": compute_signature(client.secret, now, f"http://testserver{where}"),
    }
    return Browser().get(where, headers=headers)


# Clients


def test_an_owner_sees_the_secret(cast: Cast) -> None:
    client = new_client(cast.owner.user, client_secret=SECRET)
    assert cast.owner.get(path(client)).json()["secret"] == SECRET
    assert cast.owner.get(CLIENTS).json()["objects"][0]["secret"] == SECRET


def test_staff_sees_the_client_without_it(cast: Cast) -> None:
    client = new_client(cast.owner.user, client_secret=SECRET)
    for answer in (cast.staff.get(path(client)), cast.staff.get(CLIENTS)):
        assert answer.status_code == 200
        assert SECRET.encode() not in answer.content
    assert cast.staff.patch(path(client), {"name": "x"}).json()["secret"] == ""
    assert cast.staff.put(path(client), {"secret": "known"}).status_code == 200
    assert Client.objects.get().secret == SECRET


@pytest.mark.parametrize("person", ["coach", "friend", "outsider"])
def test_others_see_nothing(cast: Cast, person: str) -> None:
    client = new_client(cast.owner.user)
    assert cast[person].get(CLIENTS).json()["objects"] == []
    for where in (path(client), f"{CLIENTS}{client.client_id}/"):
        assert cast[person].get(where).status_code == 404
        assert cast[person].patch(where, {"name": "mine"}).status_code == 404


def test_a_signed_key_is_the_owner_himself(user: User, client_key: Client) -> None:
    found = signed(CLIENTS, client_key).json()["objects"]
    assert [(each["client_id"], each["secret"]) for each in found] == [(KEY, SECRET)]


def test_a_token_is_not_told_secrets(user: User, client_key: Client) -> None:
    """It would reach further with a key than its scope."""
    client = new_client(user)
    OAuth1Token.objects.create(token="t0ken1", secret="s3cret1", client=client, user=user)
    new_token(client, user, scope="readwrite")
    for where in (CLIENTS, path(client_key), path(client), OAUTH1):
        answer = ask(path=where)
        assert answer.status_code == 200
        for secret in (SECRET, client.secret, "t0ken1", "s3cret1"):
            assert secret.encode() not in answer.content


def test_a_token_changes_its_own_client_only(user: User, client_key: Client) -> None:
    client = new_client(user)
    new_token(client, None, scope="readwrite")
    body = {"redirect_uris": [BACK]}
    assert send("PATCH", path(client), body).json()["redirect_uris"] == [BACK]
    for method in ("PATCH", "PUT"):
        answer = send(method, path(client_key), body)
        assert (answer.status_code, reason(answer)) == (403, "in_person_only")
    client_key.refresh_from_db()
    assert client_key.redirect_uris == ""


def test_a_client_by_its_public_key(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    answer = cast.owner.patch(f"{CLIENTS}{client.client_id}/", {"name": "by key"})
    assert (answer.status_code, answer.json()["resource_uri"]) == (202, path(client))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ([BACK, "com.example.app:/back"], [BACK, "com.example.app:/back"]),
        ([BACK, BACK], [BACK]),
        (f"{BACK} http://127.0.0.1/", [BACK, "http://127.0.0.1/"]),
        (f"{BACK}\nhttp://127.0.0.1/", [BACK, "http://127.0.0.1/"]),
        (json.dumps([BACK]), [BACK]),
        ("", []),
        ([], []),
    ],
)
def test_redirect_uris_as_a_list_and_as_text(cast: Cast, sent: Any, shown: list[str]) -> None:
    client = new_client(cast.owner.user)
    answer = cast.owner.patch(path(client), {"redirect_uris": sent})
    assert (answer.status_code, answer.json()["redirect_uris"]) == (202, shown)
    client.refresh_from_db()
    assert client.redirect_uris.split() == shown


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (["http://example.com/"], "is plain http; use https"),
        ("javascript:alert(1)", "has the scheme javascript"),
        (["https://example.com/#here"], "is not an absolute URI, or has a fragment"),
        ([BACK, f"{BACK} {BACK}"], "is not an absolute URI"),
        ([f"https://example.com/{'x' * 1000}"], "is longer than 1000 characters"),
        ([BACK, 5], "a list of URIs"),
        ({"a": BACK}, "a list of URIs"),
        ("5", "a list of URIs"),
        ([f"{BACK}{number}" for number in range(51)], "at most 50 URIs"),
    ],
)
def test_redirect_uris_that_are_refused(cast: Cast, sent: Any, why: str) -> None:
    client = new_client(cast.owner.user, redirect_uris=BACK)
    answer = cast.owner.patch(path(client), {"redirect_uris": sent})
    assert answer.status_code == 400
    assert why in answer.json()["error"]
    client.refresh_from_db()
    assert client.redirect_uris == BACK


def test_in_public_no_plain_http_at_all(cast: Cast, settings: Any) -> None:
    client = new_client(cast.owner.user)
    settings.HEXOSTORE_PROFILE = "public"
    answer = cast.owner.patch(path(client), {"redirect_uris": ["http://127.0.0.1/"]})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "basic"),
        ("status", ""),
        ("grant_type", "authorization_code urn:ietf:params:oauth:grant-type:device_code"),
        ("response_type", "id_token"),
        ("name", "n" * 101),
        ("client_id", "another"),
        ("name", "taken"),
    ],
)
def test_what_may_not_be_set(cast: Cast, name: str, value: str) -> None:
    new_client(cast.outsider.user, name="taken")
    client = new_client(cast.owner.user, name="mine")
    before = cast.owner.get(path(client)).json()
    assert cast.owner.patch(path(client), {name: value}).status_code == 400
    assert cast.owner.get(path(client)).json() == before


def test_the_default_realm_is_one_of_the_clients(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    client.realms.set(Realm.objects.filter(name="readonly"))
    answer = cast.owner.patch(path(client), {"default_realm": "readwrite"})
    assert answer.status_code == 400
    assert cast.owner.patch(path(client), {"default_realm": "readonly"}).status_code == 202


def test_realms_owner_and_secret_stay(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    client.realms.set(Realm.objects.filter(name="readonly"))
    before = cast.owner.get(path(client)).json()
    sent = {"realms": ["/api/oauthrealm/2/"], "user": cast.outsider.user.pk, "secret": "known"}
    assert cast.owner.patch(path(client), sent).json() == before


def test_a_status_counts_at_once(cast: Cast) -> None:
    user = cast.owner.user
    client = new_client(user, client_id=KEY, client_secret=SECRET)
    new_token(client, user)
    assert ask().status_code == 200
    assert cast.owner.patch(path(client), {"status": "apikey"}).status_code == 202
    assert (ask().status_code, reason(ask())) == (401, "client_not_oauth2")
    assert signed(CLIENTS, client).status_code == 200


# Tokens of OAuth2


def test_one_object_for_each_client(cast: Cast) -> None:
    client, other = new_client(cast.owner.user), new_client(cast.coach.user)
    new_token(client, cast.owner.user, token="a", seconds=10)
    new_token(client, cast.owner.user, token="b", seconds=5000)
    new_token(client, cast.owner.user, token="c", seconds=100)
    new_token(other, cast.owner.user, token="d", scope="readonly")
    new_token(new_client(cast.owner.user), cast.owner.user, token="e", seconds=-1)
    found = cast.owner.get(TOKENS).json()["objects"]
    assert [each["client"] for each in found] == [client.client_id, other.client_id]
    assert 4990 < found[0]["expires_in"] <= 5000
    assert cast.owner.get(f"{TOKENS}{other.pk}/").json()["scopes"] == "readonly"


def test_tokens_are_the_callers_own(cast: Cast) -> None:
    client = new_client(cast.coach.user)
    new_token(client, cast.owner.user)
    for person in ("coach", "staff", "friend"):
        assert cast[person].get(TOKENS).json()["objects"] == []
        assert cast[person].get(f"{TOKENS}{client.pk}/").status_code == 404
        assert cast[person].delete(f"{TOKENS}{client.pk}/").status_code == 404
    assert cast.owner.get(TOKENS).json()["meta"]["total_count"] == 1


def test_a_token_without_a_user_is_the_developers(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    new_token(client, None)
    (found,) = cast.owner.get(TOKENS).json()["objects"]
    assert found["user"] == cast.owner.user.username
    assert cast.coach.get(TOKENS).json()["objects"] == []
    assert cast.owner.delete(f"{TOKENS}{client.pk}/").status_code == 204


@pytest.mark.rule("wire row 22", "behaviour 11")
@pytest.mark.parametrize("name", ["oauth2token", "accesstoken"])
def test_a_readonly_token_revokes_itself(user: User, name: str) -> None:
    """The published sync client does so when it is disconnected (behaviour 11)."""
    client = new_client(user)
    new_token(client, user, scope="readonly")
    answer = send("DELETE", f"/api/{name}/{client.client_id}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert (ask().status_code, reason(ask())) == (401, "revoked_token")
    assert ActivityLog.objects.get().resource_name == name


def test_it_revokes_no_other_clients(user: User) -> None:
    client, other = new_client(user), new_client(user)
    new_token(client, user, scope="readonly")
    new_token(other, user, token="other")
    answer = send("DELETE", f"{TOKENS}{other.pk}/")
    assert (answer.status_code, reason(answer)) == (403, "in_person_only")
    assert ask("other").status_code == 200
    assert send("DELETE", f"{TOKENS}{client.pk}/", token="other").status_code == 403
    assert ask().status_code == 200


def test_revoking_takes_back_all_that_the_client_holds(cast: Cast) -> None:
    client, user = new_client(cast.coach.user), cast.owner.user
    now = clock.now()
    token = new_token(client, user, token="a")
    new_token(client, user, token="b", seconds=-1)
    kept = new_token(client, cast.friend.user, token="c")
    refreshing = get_refresh_token_model().objects
    for row, name in ((token, "r"), (kept, "s")):
        refreshing.create(user=row.user, token=name, application=client, access_token=row)
    get_grant_model().objects.create(
        user=user, code="code", application=client, expires=now + timedelta(60), redirect_uri=BACK
    )
    Consent.objects.create(user=user, client=client, scopes="readonly", given=now)
    assert cast.owner.delete(f"{TOKENS}{client.pk}/").status_code == 204
    assert list(get_access_token_model().objects.all()) == [kept]
    assert [row.token for row in refreshing.filter(revoked=None)] == ["s"]
    assert not get_grant_model().objects.exists()
    assert not Consent.objects.exists()
    assert cast.owner.delete(f"{TOKENS}{client.pk}/").status_code == 404


def test_a_client_that_can_only_refresh_is_revoked_too(cast: Cast) -> None:
    client = new_client(cast.coach.user)
    refreshing = get_refresh_token_model().objects
    refreshing.create(user=cast.owner.user, token="r", application=client)
    assert cast.owner.get(f"{TOKENS}{client.pk}/").status_code == 404
    assert cast.owner.delete(f"{TOKENS}{client.pk}/").status_code == 204
    assert not refreshing.filter(revoked=None).exists()


def test_tokens_end_on_the_clock_of_the_server(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    new_token(client, cast.owner.user, seconds=100)
    with time_machine.travel(clock.now() + timedelta(seconds=100), tick=False):
        assert cast.owner.get(TOKENS).json()["objects"] == []


# Tokens of OAuth1


@pytest.fixture
def mine(cast: Cast) -> Client:
    """A client of OAuth1 of the owner's."""
    client = new_client(cast.owner.user)
    Client.objects.filter(pk=client.pk).update(status="oauth1")
    return client


def test_a_token_for_oneself_is_made_by_the_server(cast: Cast, mine: Client) -> None:
    body = {"oauthclient": path(mine), "access_token": "guess", "access_token_secret": "guess"}
    found = cast.owner.post(OAUTH1, body).json()
    row = OAuth1Token.objects.get()
    assert (found["access_token"], found["access_token_secret"]) == (row.token, row.secret)
    assert "guess" not in (row.token, row.secret)
    assert (len(row.token), row.user, row.realms) == (34, cast.owner.user, "readonly readwrite")


def test_nobody_makes_a_token_for_somebody_else(cast: Cast, mine: Client) -> None:
    body = {"oauthclient": path(mine), "user": f"/api/user/{cast.outsider.user.pk}/"}
    assert cast.owner.post(OAUTH1, body).status_code == 400  # not seen: not there
    assert cast.coach.post(OAUTH1, {"oauthclient": path(mine)}).status_code == 400
    body["user"] = f"/api/user/{cast.owner.user.pk}/"
    assert cast.coach.post(OAUTH1, body).status_code == 400
    assert not OAuth1Token.objects.exists()


def test_nor_with_a_token(cast: Cast, mine: Client) -> None:
    new_token(new_client(cast.owner.user), cast.owner.user)
    answer = send("POST", OAUTH1, {"oauthclient": path(mine)})
    assert (answer.status_code, reason(answer)) == (403, "in_person_only")
    assert not OAuth1Token.objects.exists()


def test_nor_for_a_client_of_another_scheme(cast: Cast) -> None:
    client = new_client(cast.owner.user)
    assert cast.owner.post(OAUTH1, {"oauthclient": path(client)}).status_code == 400


def test_staff_sees_tokens_without_their_texts(cast: Cast, mine: Client) -> None:
    cast.owner.post(OAUTH1, {"oauthclient": path(mine)})
    (found,) = cast.staff.get(OAUTH1).json()["objects"]
    assert (found["access_token"], found["access_token_secret"]) == ("", "")
    assert cast.friend.get(OAUTH1).json()["objects"] == []


def test_a_deleted_token_is_kept_as_revoked(cast: Cast, mine: Client) -> None:
    where = cast.owner.post(OAUTH1, {"oauthclient": path(mine)}).json()["resource_uri"]
    assert cast.owner.delete(where).status_code == 204
    assert cast.owner.get(OAUTH1).json()["objects"] == []
    assert cast.owner.patch(where, {}).status_code == 404
    assert OAuth1Token.objects.get().revoked is not None


# The activity log


def test_the_log_names_the_client_to_its_owner(cast: Cast) -> None:
    client = new_client(cast.coach.user)
    ActivityLog.objects.create(method="GET", path="/api/", user=cast.owner.user, client=client)
    found = {
        person: [
            row["application"] for row in cast[person].get("/api/activitylog/").json()["objects"]
        ]
        for person in ("owner", "coach", "staff")
    }
    assert found == {"owner": [None], "coach": [path(client)], "staff": [path(client)]}


def test_realms(owner: Caller) -> None:
    found = owner.get("/api/oauthrealm/").json()["objects"]
    assert [(row["id"], row["name"]) for row in found] == [(1, "readonly"), (2, "readwrite")]
