"""Creating users: which fields a client may send, how they are checked, and how they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.accounts.models import Profile, User
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.bounds import shorten_value
from apps.api.context import Context
from apps.api.errors import BadRequest, InvalidFields
from apps.api.fields import plain_number
from apps.api.resources import Resource

FITNESS = (
    "fitness_percentile",
    "height",
    "hr_max",
    "hr_recov",
    "hr_rest",
    "vo2_max",
    "weight",
)
BODY = ("height", "weight")
"""The fields that a profile has besides `fitness` (API reference, Profile)."""

LONGEST_PASSWORD = 256
REQUIRED = "This field is required."
TAKEN = "A user with this e-mail address already exists."


def find_user_named(email: str) -> User | None:
    """Return the user with that address or name; case does not matter. An empty one is
    nobody's."""
    if not email:
        return None
    named = Q(email__iexact=email) | Q(username__iexact=email)
    return User.objects.filter(named).order_by("id").first()


def fill_account(
    resource: Resource, context: Context, user: User, profile: Profile, sent: Mapping[str, Any]
) -> None:
    """Set the sent fields of a user and their profile without saving them.

    Raise BadRequest for values of the wrong type.
    """
    for name in ("first_name", "last_name"):
        if name in sent:
            resource.fields[name].accept(user, sent[name], context)
    if "email" in sent:
        user.email = user.username = _normalize_email(sent["email"])
    fill_profile(context, profile, sent.get("profile", {}))


def fill_profile(context: Context, profile: Profile, sent: JSONValue) -> None:
    """Set the sent fields of a profile without saving it. Raise BadRequest for values of the wrong
    type."""
    if not isinstance(sent, dict):
        given = shorten_value(repr(sent))
        raise BadRequest(f"The 'profile' field was given data that is not an object: {given}.")
    for name, field in registry.model_resource("profile").fields.items():
        if name in sent and sent[name] is not None and not field.readonly:
            field.accept(profile, sent[name], context)
    found = _read_fitness(sent.get("fitness") or {})
    if found:
        profile.fitness = {**(profile.fitness or {}), **found}
    for name in BODY:
        setattr(profile, name, found.get(name, getattr(profile, name)))


def _read_fitness(sent: JSONValue) -> dict[str, float]:
    """Return the known fitness indicators that were sent, as finite numbers."""
    if not isinstance(sent, dict):
        given = shorten_value(repr(sent))
        raise BadRequest(f"The 'fitness' field was given data that is not an object: {given}.")
    found = {}
    for name in FITNESS:
        value = sent.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
            given = shorten_value(repr(value))
            raise BadRequest(f"The '{name}' field was given data that is not a number: {given}.")
        found[name] = plain_number(float(value)) or 0
    return found


def _normalize_email(address: object) -> str:
    return User.objects.normalize_email(str(address).strip())


def read_email(resource: Resource, sent: Mapping[str, Any]) -> str:
    """Return the e-mail address of a body. Raise InvalidFields if it is missing or malformed."""
    user = User(email=_normalize_email(sent.get("email", "")))
    check_account(resource, user, None, unique=False)
    return user.email


def check_account(
    resource: Resource,
    user: User,
    password: JSONValue,
    profile: Profile | None = None,
    *,
    required: bool = False,
    unique: bool = True,
) -> None:
    """Raise InvalidFields if a new user cannot be saved like this.

    The address must be well-formed and, if `unique`, not belong to anybody else. The password must
    follow the rules (AUTH_PASSWORD_VALIDATORS), and be there if it is `required`. The values of the
    profile must be possible.
    """
    texts = {
        "email": _wrong_address(user, unique),
        "password": password_faults(password, user, required),
        "profile": _wrong_profile(profile) if profile else [],
    }
    errors = {name: found for name, found in texts.items() if found}
    if errors:
        raise InvalidFields(resource.name, errors)


def _wrong_address(user: User, unique: bool) -> list[str]:
    if not user.email:
        return [REQUIRED]
    wrong = address_faults(user)
    if wrong:
        return wrong
    other = find_user_named(user.email) if unique else None
    return [TAKEN] if other is not None and other.pk != user.pk else []


def address_faults(user: User) -> list[str]:
    """Return what is wrong with the form of an address."""
    try:
        User._meta.get_field("email").clean(user.email, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def _wrong_profile(profile: Profile) -> list[str]:
    found = registry.model_resource("profile").validate(profile)
    return [f"{name}: {text}" for name, texts in found.items() for text in texts]


def password_faults(password: JSONValue, user: User, required: bool = False) -> list[str]:
    """Return what is wrong with a password that a user is to have; None is no password."""
    if password is None:
        return [REQUIRED] if required else []
    if not isinstance(password, str) or len(password) > LONGEST_PASSWORD:
        return [f"A password must be a string of at most {LONGEST_PASSWORD} characters."]
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def save_account(resource: Resource, user: User, profile: Profile | None = None) -> None:
    """Save a user, and the profile if given. Raise InvalidFields if the address was taken
    meanwhile."""
    try:
        with transaction.atomic():
            user.save()
            if profile is not None:
                profile.user = user
                profile.save()
    except IntegrityError:
        raise InvalidFields(resource.name, {"email": [TAKEN]}) from None


def show_user(context: Context, user: User, **others: Any) -> dict[str, Any]:
    """Return a user as the operations show them; `others` are added or replace fields."""
    profile = Profile.objects.filter(user=user.pk).first() if user.pk else None
    found = {
        "email": user.email,
        "first_name": user.first_name,
        "id": user.pk,
        "last_name": user.last_name,
        "profile": profile and registry.model_resource("profile").uri(context, profile.pk),
        "resource_uri": uri_of_user(context, user),
        "username": user.username,
        **others,
    }
    return dict(sorted(found.items()))


def uri_of_user(context: Context, user: User) -> str:
    """Return the path of a user."""
    return registry.model_resource("user").uri(context, user.pk)
