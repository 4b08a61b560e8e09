"""The people that commands name by their e-mail addresses."""

from __future__ import annotations

from django.core.management.base import CommandError

from apps.accounts.models import User
from apps.sandbox.people import find_person, suggest_person
from hexostore import program


def require_user(email: str) -> User:
    """Return the user with that address, in any case, or the subject of that name.

    Raise CommandError if there is none; it suggests the address that was probably meant.
    """
    found = find_person(email)
    if found is None:
        remedy = suggest_person(email) or f" Add one with: {program.program_name()} user add"
        raise CommandError(f"There is no user {email}.{remedy}")
    return found
