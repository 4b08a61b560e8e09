"""No token is told what opens more than itself: every resource is searched for planted texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from apps.access.models import Share, ShareType
from apps.api import registry
from apps.api.fields import Field
from apps.api.resources import GET, Resource
from apps.api.versions import Version
from apps.bookkeeping.models import ConnectToken
from apps.credentials import one_time_tokens
from apps.credentials.models import Client
from tests.credentials import oauth1
from tests.credentials.tokens import ask, new_client, new_token
from tests.people import Caller, Cast

PLANTED = "pLaNt3d"
LINK = f"{PLANTED}-link"

SUSPECT = ("secret", "token", "password", "key", "code", "verifier", "shared_uri")
"""What the names of members that open something are made of."""

DECIDED = {
    ("connecttoken", "token"),
    ("connecttoken", "data"),
    ("createrelateduser", "password"),
    ("createuser", "password"),
    ("createuserrequest", "password"),
    ("oauth1token", "access_token"),
    ("oauth1token", "access_token_secret"),
    ("oauthclient", "secret"),
    ("resetpassword", "password"),
    ("share", "shared_uri"),
    ("share", "token"),
}
"""Members of such names of which it is decided who is told: none of them is shown to a token that
only reads. Passwords are taken and never shown."""

HARMLESS = {"token_type"}


def plant(cast: Cast) -> None:
    """Rows of the owner's that hold a secret each."""
    user = cast.owner.user
    Client.objects.create(user=user, client_secret=f"{PLANTED}-key", name="key")
    client = oauth1.new_client(user, client_secret=f"{PLANTED}-oauth1", name="oauth1")
    oauth1.new_token(client, user, token=f"{PLANTED}-t", secret=f"{PLANTED}-s")
    ConnectToken.objects.create(
        user=user, service="strava", token=f"{PLANTED}-strava", data=f"{PLANTED}-data"
    )
    kind = ShareType.objects.create(name="user")
    Share.objects.create(user=user, sharetype=kind, object_id=user.pk, token=LINK)
    one_time_tokens.issue_token(
        "resetpassword", user=user, email=user.email, payload=f"{PLANTED}-payload"
    )


def all_resources() -> dict[str, type[Resource]]:
    return {each.name: each for version in Version for each in registry.all_in(version)}


def lists() -> list[str]:
    return sorted(name for name, each in all_resources().items() if GET in each.list_methods)


def by_bearer(cast: Cast, scope: str) -> Callable[[str], Any]:
    new_token(new_client(cast.coach.user), cast.owner.user, scope=scope)
    return lambda path: ask(path=path)


def by_oauth1(cast: Cast, scope: str) -> Callable[[str], Any]:
    client = oauth1.new_client(cast.coach.user, client_id="asking", name="asking")
    oauth1.new_token(client, cast.owner.user, token="asks", secret="asking", realms=scope)
    options: dict[str, Any] = {
        "key": "asking",
        "resource_owner_key": "asks",
        "resource_owner_secret": "asking",
    }
    return lambda path: oauth1.ask(path, **options)


@pytest.mark.parametrize("program", [by_bearer, by_oauth1])
@pytest.mark.parametrize("scope", ["readonly", "readwrite"])
def test_no_resource_tells_a_token(
    cast: Cast, program: Callable[[Cast, str], Callable[[str], Any]], scope: str
) -> None:
    plant(cast)
    get = program(cast, scope)
    told = {}
    for name in lists():
        answer = get(f"/api/{name}/")
        found = [answer.getvalue()]
        is_json = answer["Content-Type"].startswith("application/json")
        told_of = json.loads(found[0]) if answer.status_code == 200 and is_json else {}
        rows = told_of.get("objects", []) if isinstance(told_of, dict) else []
        uris = [row["resource_uri"] for row in rows if row.get("resource_uri")]
        found += [get(uri).content for uri in uris[:3]]
        told[name] = sum(text.count(PLANTED.encode()) for text in found)
    leaks = {name: count for name, count in told.items() if count}
    assert leaks == ({} if scope == "readonly" else {"share": 4})


def test_the_owner_is_told_by_password(cast: Cast) -> None:
    plant(cast)
    for path in ("/api/oauthclient/", "/api/oauth1token/", "/api/connecttoken/", "/api/share/"):
        assert PLANTED.encode() in cast.owner.get(path).content


def test_a_share_is_readable_to_who_may_make_one(cast: Cast) -> None:
    plant(cast)
    readonly = by_bearer(cast, "readonly")
    (found,) = readonly("/api/share/").json()["objects"]
    assert (found["token"], found["shared_uri"]) == ("", "")
    (mine,) = cast.owner.get("/api/share/").json()["objects"]
    assert (mine["token"], mine["shared_uri"]) == (LINK, f"/api/share/{LINK}/")


def _suspects(fields: dict[str, Field]) -> set[str]:
    named = {name for name in fields if any(part in name for part in SUSPECT)}
    return named - HARMLESS


def test_every_member_that_is_named_like_a_secret_is_decided() -> None:
    found = {
        (name, member)
        for name, resource in all_resources().items()
        for member in _suspects(resource.fields)
    }
    assert found <= DECIDED, found - DECIDED


def test_staff_is_told_no_more(cast: Cast, owner: Caller) -> None:
    plant(cast)
    for path in ("/api/oauthclient/", "/api/oauth1token/", "/api/connecttoken/"):
        assert PLANTED.encode() not in cast.staff.get(path).content
