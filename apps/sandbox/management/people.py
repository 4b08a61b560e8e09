"""The people that commands name by their e-mail addresses."""

from __future__ import annotations

from django.core.management.base import CommandError

from apps.accounts.account_creation import find_user_named
from apps.accounts.models import User
from hexostore import program
from hexostore.suggestions import did_you_mean

_LOOKED_AT = 10_000
"""How many addresses are searched for a similar one."""


def require_user(email: str) -> User:
    """Return the user with that address, in any case, or the subject of that name.

    Raise CommandError if there is none; it suggests the address that was probably meant.
    """
    found = User.objects.filter(email=email).first() or find_user_named(email.replace("\0", ""))
    if found is None:
        known = User.objects.values_list("username", flat=True)[:_LOOKED_AT]
        hint = did_you_mean(email, known)
        remedy = hint or f" Add one with: {program.program_name()} user add"
        raise CommandError(f"There is no user {email}.{remedy}")
    return found
