"""Users as studies show them: a short object for each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps.accounts.models import Profile, User
from apps.accounts.resources import ProfileResource, UserResource
from apps.api import reading
from apps.api.context import Context

LEFT_OUT = ("devices", "stats")
"""What other short objects have, and those of studies do not."""

SHORT_FITNESS = ("weight", "height", "hr_rest", "hr_max", "vo2_max")
"""The indicators that `short_metrics` leaves in a profile, which all are numbers."""

_NAMES = ("email", "first_name", "last_name", "username")


def short_users(context: Context, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return users by their keys, with the URIs of their profiles. The caller has to see these, as
    whoever sees a subject does."""
    rows = User.objects.filter(pk__in=set(keys)).values("pk", "profile__pk", *_NAMES)
    return {row["pk"]: _short_user(context, row) for row in rows}


def _short_user(context: Context, row: dict[str, Any]) -> dict[str, Any]:
    key, profile = row["pk"], row["profile__pk"]
    found = {name: row[name] for name in _NAMES}
    found |= {"id": key, "resource_uri": UserResource.uri(context, key)}
    found["profile"] = None if profile is None else ProfileResource.uri(context, profile)
    return dict(sorted(found.items()))


def short_members(context: Context, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the same users, of whose profiles only those have URIs that the caller sees."""
    seen = ProfileResource.visible_rows(context).filter(user__in=set(keys))
    visible = set(seen.values_list("user", flat=True))
    found = short_users(context, keys)
    return {k: user if k in visible else {**user, "profile": None} for k, user in found.items()}


def whole_profiles(
    context: Context, users: Collection[int], *, short_metrics: bool
) -> dict[str, dict[str, Any]]:
    """Return the profiles of users by their URIs; the caller has to see them."""
    of_users = Profile.objects.filter(user__in=set(users)).values("pk")
    rows = reading.read_rows(ProfileResource, context.showing("detail")).filter(pk__in=of_users)
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
