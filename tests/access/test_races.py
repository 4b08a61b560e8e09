"""Requests at the same time about who lets whom see what."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from apps.access.models import Bundle, BundlePermission, BundlePermissionRequest, Team
from apps.credentials import one_time_tokens
from tests.people import Caller, grant, new_user
from tests.races import locked, meet, unsaved

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guest(owner: Caller) -> Caller:
    """Somebody who lets the owner read what is his."""
    user = new_user("guest")
    user.save()
    grant(user, owner.user, "read")
    return Caller(user)


def test_a_grant_is_made_once(owner: Caller, guest: Caller) -> None:
    bundle = Bundle.objects.create(name="once", rights=["read"])
    body = {"bundle": bundle.pk, "user_allowed": guest.user.pk, "user_target": owner.user.pk}
    post = partial(owner.post, "/api/bundle_permission/", body)
    row: dict[str, Any] = {"user_allowed": guest.user, "user_target": owner.user}

    answers = meet(post, post, at=lambda: unsaved(BundlePermission(bundle=bundle, **row)))
    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert BundlePermission.objects.filter(bundle=bundle).count() == 1


def test_a_request_is_redeemed_once(owner: Caller, guest: Caller) -> None:
    one_time_token = one_time_tokens.issue_token("bundle_permission_request", user=owner.user)
    BundlePermissionRequest.objects.create(
        bundle=Bundle.objects.create(name="asked"),
        user_allowed=guest.user,
        user_target=owner.user,
        asked_by=guest.user,
        one_time_token=one_time_token,
    )
    put = partial(owner.put, f"/api/bundle_permission_request/{one_time_token.token}/", {})
    answers = meet(put, put, at=partial(locked, one_time_token))
    assert [answer.status_code for answer in answers] == [200, 404]
    assert BundlePermission.objects.filter(bundle__name="asked").count() == 1


def test_nobody_is_taken_into_a_team_while_his_grant_ends(owner: Caller, guest: Caller) -> None:
    team = Team.objects.create(name="club", owner=owner.user)
    grants = BundlePermission.objects.get(user_target=guest.user)
    delete = partial(guest.delete, f"/api/bundle_permission/{grants.pk}/")
    join = partial(owner.patch, f"/api/team/{team.pk}/", {"members": [uri(guest)]})
    answers = meet(delete, join, at=partial(locked, guest.user))
    assert [answer.status_code for answer in answers] == [204, 403]
    assert not team.members.exists()


def test_the_last_grant_to_end_ends_the_membership(owner: Caller, guest: Caller) -> None:
    grant(guest.user, owner.user, "read", "write")
    team = Team.objects.create(name="club", owner=owner.user)
    team.members.add(guest.user)
    keys = BundlePermission.objects.values_list("pk", flat=True)
    deletes = [partial(guest.delete, f"/api/bundle_permission/{key}/") for key in keys]
    answers = meet(*deletes, at=partial(locked, guest.user))
    assert [answer.status_code for answer in answers] == [204, 204]
    assert not team.members.exists()


def uri(caller: Caller) -> str:
    return f"/api/user/{caller.user.pk}/"
