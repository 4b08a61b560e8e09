"""The cast of the tests about rights: an owner and people who may do more or less with what
is his, each as somebody who sends requests.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from apps.access.models import Bundle, BundlePermission
from apps.accounts.models import User

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

PASSWORD = "open sesame"
NOTHING = object()


@dataclass(frozen=True)
class Caller:
    """Somebody who sends requests, with Basic credentials unless there is no user.

    A `body` is any JSON value; `headers` go with every request.
    """

    account: User | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def user(self) -> User:
        """The user behind the credentials."""
        assert self.account is not None
        return self.account

    def sending(self, name: str, value: str) -> Caller:
        """The same person, whose requests carry one more header."""
        return Caller(self.account, {**self.headers, name: value})

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """GET with a query of texts or lists of texts."""
        return Client().get(path, params, headers=self._headers())

    def post(self, path: str, body: object) -> Answer:
        return self.request("POST", path, body)

    def put(self, path: str, body: object) -> Answer:
        return self.request("PUT", path, body)

    def patch(self, path: str, body: object) -> Answer:
        return self.request("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self.request("DELETE", path)

    def options(self, path: str) -> Answer:
        return self.request("OPTIONS", path)

    def request(self, method: str, path: str, body: object = NOTHING) -> Answer:
        """Any method, with a JSON body if one is given."""
        return self.send(method, path, "" if body is NOTHING else json.dumps(body))

    def send(
        self, method: str, path: str, text: str | bytes, content_type: str = "application/json"
    ) -> Answer:
        """Any method with a body sent as it is, under any label."""
        return Client().generic(method, path, text, content_type, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        if self.account is None:
            return dict(self.headers)
        pair = f"{self.account.username}:{PASSWORD}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}", **self.headers}


@dataclass(frozen=True)
class Cast:
    """Everybody: `coach` may read and change what is the owner's and see his profile, `friend`
    may read it, `outsider` holds a bundle of the owner's that lets him do nothing."""

    owner: Caller
    coach: Caller
    friend: Caller
    outsider: Caller
    staff: Caller

    def __getitem__(self, name: str) -> Caller:
        found = getattr(self, name)
        assert isinstance(found, Caller)
        return found


PEOPLE = tuple(person.name for person in fields(Cast))
ANYBODY = Caller()


def new_user(name: str, **members: Any) -> User:
    """A user who can log in with PASSWORD, not saved yet."""
    address = f"{name}@example.com"
    secret = make_password(PASSWORD)
    return User(username=address, email=address, password=secret, **members)


def grant(target: User, allowed: User, *rights: str) -> None:
    """Lets `allowed` do with what is the target's what a bundle of these rights says."""
    bundle, _ = Bundle.objects.get_or_create(
        name="+".join(rights) or "nothing", rights=list(rights)
    )
    BundlePermission.objects.create(bundle=bundle, user_allowed=allowed, user_target=target)


@pytest.fixture
def owner(db: None) -> Caller:
    """Whose things the test is about."""
    user = new_user("owner")
    user.save()
    return Caller(user)


@pytest.fixture
def cast(owner: Caller) -> Cast:
    """The people of the test, with the grants that make them what they are."""
    others = {name: new_user(name, is_staff=name == "staff") for name in PEOPLE if name != "owner"}
    User.objects.bulk_create(others.values())
    grant(owner.user, others["coach"], "read", "profile", "write")
    grant(owner.user, others["friend"], "read")
    grant(owner.user, others["outsider"])
    return Cast(owner, **{name: Caller(user) for name, user in others.items()})


@pytest.fixture
def friend(cast: Cast) -> Caller:
    """Who may read what is the owner's."""
    return cast.friend


@pytest.fixture
def outsider(cast: Cast) -> Caller:
    """Who holds nothing but a bundle without rights."""
    return cast.outsider


@pytest.fixture
def staff(cast: Cast) -> Caller:
    """Who may do everything."""
    return cast.staff
