"""Names of objects: a digest of the payload, and what no other object of that content has.

No name is used twice. So an object that no row names will not be named later either, and whoever
removes it cannot meet somebody who is just storing the same payload (loose.py).
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b

DIGEST, NONCE = 24, 8
"""The bytes of a name: the BLAKE2b digest of the payload, and random ones."""

_KEY = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})")


def new_name(payload: bytes) -> bytes:
    """Return a new name for an object with that payload."""
    return _digest(payload) + secrets.token_bytes(NONCE)


def fits(name: bytes, payload: bytes) -> bool:
    """Return whether the payload is the one that the name was made for."""
    return name[:DIGEST] == _digest(payload)


def key_of(name: bytes) -> str:
    """Return where an object is below the prefix: in two levels of folders, as `ab/cd/abcd…`."""
    text = name.hex()
    return f"{text[:2]}/{text[2:4]}/{text}"


def name_of(key: str) -> bytes | None:
    """Return the name of the object with that key, None for keys of other things."""
    found = _KEY.fullmatch(key)
    return bytes.fromhex(found[3]) if found else None


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=DIGEST).digest()
