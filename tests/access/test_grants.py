"""Granting and asking for a grant: bundle_permission and bundle_permission_request."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from apps.access.models import READ, Bundle, BundlePermission, BundlePermissionRequest, Team
from apps.credentials.models import OneTimeToken
from apps.jobs import queue
from tests.frozen import FrozenClock, frozen
from tests.people import ANYBODY, PEOPLE, Caller, Cast, new_user

__all__ = ["frozen"]

GRANTS = "/api/bundle_permission/"
REQUESTS = "/api/bundle_permission_request/"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@pytest.fixture
def bundle(db: None) -> Bundle:
    return Bundle.objects.create(name="reader", rights=[READ])


@pytest.fixture
def newcomer(db: None) -> Caller:
    """Somebody whom nobody has granted anything."""
    user = new_user("newcomer")
    user.save()
    return Caller(user)


def body(bundle: Bundle, allowed: Caller, target: Caller, **more: object) -> dict[str, Any]:
    """What asks for a grant or makes one."""
    users = {"user_allowed": allowed.user.email, "user_target": target.user.email}
    return {"bundle": f"/api/bundle/{bundle.pk}/", **users, **more}


def sees(caller: Caller, other: Caller) -> bool:
    return caller.get(f"/api/user/{other.user.pk}/").status_code == 200


def held(caller: Caller) -> int:
    return BundlePermission.objects.filter(user_allowed=caller.user).count()


# Grants


def test_one_grants_on_what_is_ones_own(owner: Caller, newcomer: Caller, bundle: Bundle) -> None:
    answer = owner.post(GRANTS, body(bundle, newcomer, owner, name="my coach"))
    assert answer.status_code == 201
    found = answer.json()
    assert (found["bundle"], found["name"]) == (f"/api/bundle/{bundle.pk}/", "my coach")
    assert found["user_allowed"]["email"] == newcomer.user.email
    assert found["user_target"]["id"] == owner.user.pk
    assert "id" not in found
    assert sees(newcomer, owner)
    assert not sees(owner, newcomer)


@pytest.mark.parametrize("name", ["coach", "friend", "outsider", "allowed"])
def test_nobody_grants_on_what_is_anothers(
    cast: Cast, newcomer: Caller, bundle: Bundle, name: str
) -> None:
    """Not even who may write there, nor who would be allowed. Who sees nobody there is told that
    there is nobody."""
    caller = newcomer if name == "allowed" else cast[name]
    refused = 403 if name in {"coach", "friend"} else 400
    assert caller.post(GRANTS, body(bundle, newcomer, cast.owner)).status_code == refused
    assert held(newcomer) == 0


def test_staff_grants_for_others(cast: Cast, newcomer: Caller, bundle: Bundle) -> None:
    assert cast.staff.post(GRANTS, body(bundle, newcomer, cast.owner)).status_code == 201
    assert sees(newcomer, cast.owner)


def test_grants_that_make_no_sense(owner: Caller, newcomer: Caller, bundle: Bundle) -> None:
    assert owner.post(GRANTS, body(bundle, owner, owner)).status_code == 400
    assert owner.post(GRANTS, body(bundle, newcomer, owner)).status_code == 201
    assert owner.post(GRANTS, body(bundle, newcomer, owner)).status_code == 400
    assert held(newcomer) == 1


@pytest.mark.parametrize("side", ["user_allowed", "user_target"])
def test_both_sides_see_and_end_a_grant(cast: Cast, side: str) -> None:
    ended = BundlePermission.objects.get(user_allowed=cast.coach.user)
    caller = {"user_allowed": cast.coach, "user_target": cast.owner}[side]
    path = f"{GRANTS}{ended.pk}/"
    assert caller.get(path).json()[side]["id"] == caller.user.pk
    assert cast.friend.get(path).status_code == cast.friend.delete(path).status_code == 404
    assert ANYBODY.delete(path).status_code == 401
    assert caller.delete(path).status_code == 204
    assert not sees(cast.coach, cast.owner)


def test_grants_are_found_by_their_sides(cast: Cast) -> None:
    def count(**query: object) -> int:
        answer = cast.owner.get(GRANTS, query)
        assert answer.status_code == 200
        return len(answer.json()["objects"])

    assert count() == 3
    assert count(user_allowed=cast.coach.user.email) == 1
    assert count(user_allowed__in=f"{cast.coach.user.pk},{cast.friend.user.pk}") == 2
    assert count(user_target=f"/api/user/{cast.owner.user.pk}/") == 3
    assert count(user_target=cast.coach.user.pk) == 0


def test_who_ends_his_grant_leaves_the_team(cast: Cast) -> None:
    team = Team.objects.create(name="club", owner=cast.coach.user)
    team.members.add(cast.owner.user)
    grant = BundlePermission.objects.get(user_allowed=cast.coach.user)
    assert cast.owner.delete(f"{GRANTS}{grant.pk}/").status_code == 204
    assert not team.members.exists()
    assert not sees(cast.coach, cast.owner)


# Requests


def ask(caller: Caller, sent: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A request just made, and the token of its mail."""
    mail.outbox.clear()
    answer = caller.post(REQUESTS, sent)
    assert answer.status_code == 201, answer.content
    queue.do_due()
    found = TOKEN.search(str(mail.outbox[0].body))
    assert found
    return answer.json(), found[0]


def test_the_whole_loop(owner: Caller, newcomer: Caller, bundle: Bundle) -> None:
    asked, token = ask(newcomer, body(bundle, newcomer, owner))
    assert asked["bundle"] == {
        "id": bundle.pk,
        "name": "reader",
        "resource_uri": f"/api/bundle/{bundle.pk}/",
    }
    assert asked["user_target"] == f"/api/user/{owner.user.pk}/"
    assert asked["redeem_url"] is None
    assert not sees(newcomer, owner)
    checked = owner.get(f"{REQUESTS}{token}/")
    assert (checked.status_code, checked.json()["resource_uri"]) == (200, asked["resource_uri"])
    assert not sees(newcomer, owner)
    redeemed = owner.send("PUT", f"{REQUESTS}{token}/", "")
    assert (redeemed.status_code, redeemed.json()["bundle"]["name"]) == (200, "reader")
    assert sees(newcomer, owner)
    assert not sees(owner, newcomer)
    for method in ("GET", "PUT"):
        assert owner.request(method, f"{REQUESTS}{token}/").status_code == 404
    assert owner.get(REQUESTS).json()["objects"] == []
    assert owner.get(asked["resource_uri"]).status_code == 404


def test_the_mail(owner: Caller, newcomer: Caller, bundle: Bundle) -> None:
    _, token = ask(newcomer, body(bundle, newcomer, owner))
    (sent,) = mail.outbox
    assert sent.to == [owner.user.email]
    for part in (newcomer.user.email, "reader", f"http://testserver{REQUESTS}{token}/"):
        assert part in sent.body
    assert token not in str(OneTimeToken.objects.values().get())


@pytest.mark.parametrize(
    ("url", "start"),
    [
        ("https://app.example.com/grant", "https://app.example.com/grant?token="),
        ("http://app.example.com/?lang=fr", "http://app.example.com/?lang=fr&token="),
    ],
)
def test_the_mail_leads_to_the_program_that_asked(
    owner: Caller, newcomer: Caller, bundle: Bundle, url: str, start: str
) -> None:
    asked, token = ask(newcomer, body(bundle, newcomer, owner, redeem_url=url))
    assert asked["redeem_url"] == url
    assert f"    {start}{token}\n" in mail.outbox[0].body


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://a.example", "grant", "x" * 600])
def test_a_redeem_url_is_a_web_address(
    owner: Caller, newcomer: Caller, bundle: Bundle, url: str
) -> None:
    answer = newcomer.post(REQUESTS, body(bundle, newcomer, owner, redeem_url=url))
    assert answer.status_code == 400
    assert not mail.outbox
    assert not BundlePermissionRequest.objects.exists()
    assert not OneTimeToken.objects.exists()


@pytest.mark.parametrize("name", ["coach", "friend", "outsider", "staff"])
def test_others_may_ask_but_not_redeem(
    cast: Cast, newcomer: Caller, bundle: Bundle, name: str
) -> None:
    asked, token = ask(cast[name], body(bundle, newcomer, cast.owner))
    for caller in (cast[name], newcomer):
        assert caller.put(f"{REQUESTS}{token}/", {}).status_code == 403
        assert [found["resource_uri"] for found in caller.get(REQUESTS).json()["objects"]] == [
            asked["resource_uri"]
        ]
    assert ANYBODY.put(f"{REQUESTS}{token}/", {}).status_code == 401
    assert not sees(newcomer, cast.owner)
    assert cast.owner.put(f"{REQUESTS}{token}/", {}).status_code == 200
    assert sees(newcomer, cast.owner)


def test_who_takes_no_part_neither_sees_nor_redeems(
    cast: Cast, newcomer: Caller, bundle: Bundle
) -> None:
    asked, token = ask(newcomer, body(bundle, newcomer, cast.owner))
    for name in ("coach", "friend", "outsider"):
        assert cast[name].get(REQUESTS).json()["objects"] == []
        assert cast[name].get(asked["resource_uri"]).status_code == 404
        assert cast[name].delete(asked["resource_uri"]).status_code == 404
        assert cast[name].put(f"{REQUESTS}{token}/", {}).status_code == 403
    assert held(newcomer) == 0


def test_the_uri_of_a_request_does_not_redeem(
    owner: Caller, newcomer: Caller, bundle: Bundle
) -> None:
    asked, token = ask(newcomer, body(bundle, newcomer, owner))
    assert token not in str(asked)
    assert token not in owner.get(REQUESTS).content.decode()
    assert owner.put(asked["resource_uri"], {}).status_code == 403
    assert held(newcomer) == 0


@pytest.mark.parametrize("who", ["owner", "newcomer"])
def test_a_request_that_is_deleted_is_over(
    owner: Caller, newcomer: Caller, bundle: Bundle, who: str
) -> None:
    asked, token = ask(newcomer, body(bundle, newcomer, owner))
    caller = owner if who == "owner" else newcomer
    assert caller.delete(asked["resource_uri"]).status_code == 204
    for method in ("GET", "PUT"):
        assert owner.request(method, f"{REQUESTS}{token}/").status_code == 404
    assert held(newcomer) == 0


@pytest.mark.parametrize("ttl", [None, 1, 3600, 30 * 86400])
def test_a_request_expires_on_the_servers_clock(
    owner: Caller, newcomer: Caller, bundle: Bundle, frozen: FrozenClock, ttl: int | None
) -> None:
    asked, token = ask(newcomer, body(bundle, newcomer, owner, ttl=ttl))
    whole = 2 * 86400 if ttl is None else ttl
    assert asked["ttl"] == whole
    frozen.move(timedelta(seconds=whole - 0.5))
    assert owner.get(f"{REQUESTS}{token}/").json()["ttl"] == 0
    assert len(owner.get(REQUESTS).json()["objects"]) == 1
    frozen.move(timedelta(seconds=0.5))
    for method in ("GET", "PUT"):
        assert owner.request(method, f"{REQUESTS}{token}/").status_code == 404
    assert owner.get(REQUESTS).json()["objects"] == []
    assert owner.get(asked["resource_uri"]).status_code == 404
    assert held(newcomer) == 0


@pytest.mark.parametrize("ttl", [0, -1, 30 * 86400 + 1, "long", 1.5, True, 10**30, [60]])
def test_how_long_no_request_holds(
    owner: Caller, newcomer: Caller, bundle: Bundle, ttl: object
) -> None:
    answer = newcomer.post(REQUESTS, body(bundle, newcomer, owner, ttl=ttl))
    assert answer.status_code == 400
    assert "'ttl'" in answer.json()["error"]
    assert not mail.outbox


@pytest.mark.parametrize("token", ["x" * 43, "-" * 43, "0" * 43])
def test_an_unknown_token(owner: Caller, token: str) -> None:
    for method in ("GET", "PUT"):
        answer = owner.request(method, f"{REQUESTS}{token}/")
        assert (answer.status_code, answer.content) == (404, b"")
    assert owner.delete(f"{REQUESTS}{token}/").status_code == 405


def test_the_token_of_another_matter_redeems_nothing(owner: Caller) -> None:
    from apps.credentials import one_time_tokens

    other = one_time_tokens.issue_token("resetpassword", user=owner.user)
    assert owner.put(f"{REQUESTS}{other.token}/", {}).status_code == 404
    assert one_time_tokens.find_token("resetpassword", other.token) == other


def test_a_grant_that_is_there_already_is_no_obstacle(
    owner: Caller, newcomer: Caller, bundle: Bundle
) -> None:
    _, token = ask(newcomer, body(bundle, newcomer, owner))
    assert owner.post(GRANTS, body(bundle, newcomer, owner)).status_code == 201
    assert owner.put(f"{REQUESTS}{token}/", {}).status_code == 200
    assert held(newcomer) == 1


def test_nobody_asks_himself(owner: Caller, bundle: Bundle) -> None:
    assert owner.post(REQUESTS, body(bundle, owner, owner)).status_code == 400
    assert not mail.outbox


@pytest.mark.parametrize("name", PEOPLE)
def test_a_token_is_checked_by_anybody_who_has_it(
    cast: Cast, newcomer: Caller, bundle: Bundle, name: str
) -> None:
    _, token = ask(newcomer, body(bundle, newcomer, cast.owner))
    assert cast[name].get(f"{REQUESTS}{token}/").status_code == 200
    assert ANYBODY.get(f"{REQUESTS}{token}/").status_code == 401
