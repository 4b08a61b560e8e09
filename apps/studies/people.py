"""Users as studies show them: a short object for each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps.accounts.models import Profile
from apps.accounts.resources import ProfileResource, UserResource
from apps.api import reading
from apps.api.context import Context

LEFT_OUT = ("devices", "stats")
"""What other short objects have, and those of studies do not."""

SHORT_FITNESS = ("weight", "height", "hr_rest", "hr_max", "vo2_max")
"""The indicators that `short_metrics` leaves in a profile, which all are numbers."""


def short_users(context: Context, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return users by their keys: names, address, and the URI of the profile if the caller may see
    it."""
    rows = reading.read_rows(UserResource, context.showing("list")).filter(pk__in=set(keys))
    found = reading.read_objects(UserResource, context.showing("list"), rows)
    return {each["id"]: {n: v for n, v in each.items() if n not in LEFT_OUT} for each in found}


def whole_profiles(
    context: Context, users: Collection[int], *, short_metrics: bool
) -> dict[str, dict[str, Any]]:
    """Return the profiles of users by their URIs, those that the caller sees."""
    seen = ProfileResource.visible_rows(context).filter(user__in=set(users)).values("pk")
    rows = reading.read_rows(ProfileResource, context.showing("detail")).filter(pk__in=seen)
    found = reading.read_objects(ProfileResource, context.showing("detail"), rows)
    if short_metrics:
        found = [{**each, "fitness": _shorten(each["fitness"])} for each in found]
    return {each["resource_uri"]: each for each in found}


def _shorten(fitness: object) -> dict[str, float | int]:
    """The indicators of SHORT_FITNESS that a profile has, as numbers."""
    members = fitness if isinstance(fitness, dict) else {}
    return {
        name: members[name]
        for name in sorted(SHORT_FITNESS)
        if isinstance(members.get(name), int | float)
    }


def profile_of(user_id: int) -> Profile:
    """Return the profile of a user, locked until the end of the transaction, or a new one."""
    rows = Profile.objects.select_for_update(no_key=True)
    return rows.filter(user=user_id).first() or Profile(user_id=user_id)
