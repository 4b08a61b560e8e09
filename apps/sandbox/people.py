"""The people of a store, by what others call them."""

from __future__ import annotations

from apps.accounts.account_creation import find_user_named
from apps.accounts.models import User
from hexostore.suggestions import did_you_mean

_LOOKED_AT = 10_000
"""How many addresses are searched for a similar one."""


def find_person(email: str) -> User | None:
    """Return the user with that address, in any case, or the subject of that name."""
    if not email or "\0" in email:  # subjects have no address; no column compares with \0
        return None
    return User.objects.filter(email=email).first() or find_user_named(email)


def suggest_person(email: str) -> str:
    """Return a sentence with the address that was probably meant; empty if there is none."""
    known = User.objects.values_list("username", flat=True)[:_LOOKED_AT]
    return did_you_mean(email, known)
