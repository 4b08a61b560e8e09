"""Keys of clients: how new ones are made, and whose a signed request carries."""

from __future__ import annotations

import secrets
import string

KEY_LENGTH, SECRET_LENGTH = 16, 34  # as long as the ones that the documents print

_LETTERS = string.ascii_letters + string.digits


def new_key() -> str:
    """Return a public key, the `client_id`."""
    return _random_text(KEY_LENGTH)


def new_secret() -> str:
    """Return a private key, the `secret`."""
    return _random_text(SECRET_LENGTH)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
