"""Passwords that everybody knows, because the documents print them for the demo world.

A public server accepts none of them, nor the user's own name. This is checked at the login, because
only then is the password at hand. Checking every stored hash against every printed password would
take a second per user at each start.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings


@cache
def printed_passwords() -> frozenset[str]:
    """Return the printed passwords."""
    file: Path = settings.BASE_DIR / "fixtures" / "demo" / "user.json"
    people: dict[str, dict[str, Any]] = json.loads(file.read_text())["user"]
    return frozenset(each["password"] for each in people.values())


def is_refused(user: Any, password: str) -> bool:
    """Return whether this server refuses a password because everybody can guess it."""
    if settings.HEXOSTORE_PROFILE != "public":
        return False
    return password in printed_passwords() or password.lower() in _names_of(user)


def _names_of(user: Any) -> set[str]:
    addresses = {user.username.lower(), user.email.lower()}
    return addresses | {address.partition("@")[0] for address in addresses}
