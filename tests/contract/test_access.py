"""bundle, bundle_permission, bundle_permission_request, team, sharetype and share."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.db.models import Model

from apps.access.models import (
    Bundle,
    BundlePermission,
    BundlePermissionRequest,
    Share,
    ShareType,
    Team,
)
from apps.accounts.models import User
from apps.credentials import one_time_tokens
from apps.records.models import Record
from tests.contract.base import ResourceContract
from tests.contract.contract import link
from tests.frozen import frozen
from tests.people import PEOPLE, grant, new_user

__all__ = ["frozen"]


def new_bundle(number: int = 1) -> Bundle:
    return Bundle.objects.get_or_create(name=f"bundle {number}", rights=["read"])[0]


def somebody(name: str = "somebody") -> User:
    found = User.objects.filter(username=f"{name}@example.com").first()
    if found is None:
        found = new_user(name)
        found.save()
    return found


class CallsPeopleByAddress(ResourceContract):
    """The contract of a resource in whose bodies people are called by their addresses, for the
    caller need not see them."""

    __test__ = False

    def shows(self, found: dict[str, Any], sent: dict[str, Any]) -> bool:
        people = {user.email: link(user, "user") for user in User.objects.all()}
        linked = {name: people.get(str(value), value) for name, value in sent.items()}
        return super().shows(found, linked)


class TestBundle(ResourceContract):
    name = "bundle"
    seen_by = PEOPLE

    def make(self, owner: User, number: int = 1) -> Bundle:
        return new_bundle(number)


class TestBundlePermission(CallsPeopleByAddress):
    __test__ = True
    name = "bundle_permission"
    seen_by = ("owner", "staff")
    changed_by = ("owner", "staff")
    required = ("bundle", "user_allowed", "user_target")
    test_relations_are_written_in_many_ways: ClassVar[Any] = (
        None  # the same grant is made only once
    )

    def make(self, owner: User, number: int = 1) -> BundlePermission:
        sides = {"user_allowed": somebody(), "user_target": owner}
        return BundlePermission.objects.create(bundle=new_bundle(number), **sides)

    def minimal(self, owner: User) -> dict[str, Any]:
        bundle = new_bundle(BundlePermission.objects.count() + 100)
        return {
            "bundle": link(bundle, "bundle"),
            "user_allowed": somebody().email,
            "user_target": link(owner, "user"),
        }

    def changes(self, owner: User) -> dict[str, Any]:
        return {"name": "my coach"}


@pytest.mark.usefixtures("frozen")
class TestBundlePermissionRequest(CallsPeopleByAddress):
    __test__ = True
    name = "bundle_permission_request"
    seen_by = ("owner", "staff")
    changed_by = PEOPLE
    foreign_post = near_post = 201
    required = ("bundle", "user_allowed", "user_target")
    test_relations_are_written_in_many_ways: ClassVar[Any] = None  # strangers have an address only
    test_put_of_the_whole_object: ClassVar[Any] = None  # only the token of the mail redeems
    test_put_of_nothing_keeps_what_may_not_be_empty: ClassVar[Any] = None

    def make(self, owner: User, number: int = 1) -> BundlePermissionRequest:
        return BundlePermissionRequest.objects.create(
            bundle=new_bundle(number),
            user_allowed=somebody(),
            user_target=owner,
            asked_by=somebody(),
            one_time_token=one_time_tokens.issue_token("bundle_permission_request", user=owner),
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        return {
            "bundle": link(new_bundle(), "bundle"),
            "user_allowed": somebody().email,
            "user_target": owner.email,
        }

    def changes(self, owner: User) -> dict[str, Any]:
        return {"redeem_url": "https://app.example.com/grant?lang=fr", "ttl": 3600}


class TestTeam(ResourceContract):
    name = "team"
    changed_by = ("owner", "staff")

    def make(self, owner: User, number: int = 1) -> Team:
        return Team.objects.create(name=f"team {number}", owner=owner)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"name": "Club", "owner": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        member = somebody("member")
        if not BundlePermission.objects.filter(user_target=member, user_allowed=owner).exists():
            grant(member, owner, "read")
        return {"name": "Athletics", "members": [link(member, "user")]}


class TestShareType(ResourceContract):
    name = "sharetype"
    seen_by = PEOPLE

    def make(self, owner: User, number: int = 1) -> ShareType:
        return ShareType.objects.create(name=f"kind {number}")


class TestShare(ResourceContract):
    name = "share"
    seen_by = ("owner", "staff")
    required = ("sharetype", "object_id")
    test_new_rows_for_the_owner: ClassVar[Any] = (
        None  # tests/access/test_shares.py: who may share what
    )

    def make(self, owner: User, number: int = 1) -> Model:
        kind, _ = ShareType.objects.get_or_create(name="record")
        record = Record.objects.create(user=owner)
        return Share.objects.create(
            sharetype=kind, object_id=record.pk, token=f"{record.pk:043}", user=owner
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        kind, _ = ShareType.objects.get_or_create(name="record")
        record = Record.objects.create(user=owner)
        return {"sharetype": link(kind, "sharetype"), "object_id": record.pk}

    def changes(self, owner: User) -> dict[str, Any]:
        return {}
