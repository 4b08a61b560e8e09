"""Names of sandboxes, and where a request names the one that it is for."""

from __future__ import annotations

import re
import secrets

MAIN = "main"
"""The sandbox of requests that name none: the store itself."""

LONGEST = 40

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")

RULE = (
    f"A name has 1 to {LONGEST} small letters, digits and hyphens, and neither begins nor ends "
    "with a hyphen."
)


def made_up_name() -> str:
    """Return a name for a sandbox or a snapshot whose maker gives it none."""
    return f"s-{secrets.token_hex(4)}"


def is_name(text: str) -> bool:
    """Return whether a sandbox may have that name. It can then be part of a host name."""
    return _NAME.fullmatch(text) is not None
