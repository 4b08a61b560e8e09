"""account, user and profile."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from apps.accounts.models import Profile, User
from tests.contract.base import ResourceContract
from tests.people import grant, new_user


def seen(owner: User, number: int) -> User:
    """Another user, who lets the owner see him."""
    user = new_user(f"athlete{number}", first_name=f"Number {number}")
    user.save()
    grant(user, owner, "read", "profile")
    return user


class TestAccount(ResourceContract):
    name = "account"
    most_rows = 1
    seen_by = ("owner",)

    def make(self, owner: User, number: int = 1) -> User:
        return owner

    def more(self, owner: User, count: int) -> list[Model]:
        return []


class TestUser(ResourceContract):
    name = "user"

    def make(self, owner: User, number: int = 1) -> User:
        Profile.objects.get_or_create(user=owner)
        return owner

    def more(self, owner: User, count: int) -> list[Model]:
        return [seen(owner, number) for number in range(count)]

    def changes(self, owner: User) -> dict[str, Any]:
        return {"first_name": "Ada", "last_name": "Lovelace"}


class TestProfile(ResourceContract):
    name = "profile"
    seen_by = ("owner", "coach", "staff")

    def make(self, owner: User, number: int = 1) -> Profile:
        return Profile.objects.get_or_create(user=owner, defaults={"height": 1.7, "weight": 78})[0]

    def more(self, owner: User, count: int) -> list[Model]:
        return [Profile.objects.create(user=seen(owner, number)) for number in range(count)]

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "date_of_birth": "1980-01-01",
            "gender": "F",
            "height": 1.82,
            "preferences": {"theme": "dark"},
            "unit_system": "imperial",
            "weight": 80,
            "zones": [{"name": "easy", "hr_max": 130}],
        }
