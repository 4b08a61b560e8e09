"""API versions: X-HexoAPIVersion chooses the shape of every response.

See API reference, API versions.
"""

from __future__ import annotations

import re
from enum import IntEnum

from apps.api.bounds import shorten_value
from apps.api.errors import BadRequest

HEADER = "X-HexoAPIVersion"


class Version(IntEnum):
    """The known versions, oldest first. The newest is the default."""

    V2_0 = 200
    V3_3 = 303
    V4_0 = 400

    @property
    def text(self) -> str:
        """The name that clients use, such as `3.3.x`."""
        return f"{self // 100}.{self % 100}.x"


OLDEST = min(Version)
NEWEST = max(Version)

_PATTERN = re.compile(r"(\d{1,2})\.(\d{1,2}|x)(?:\.(?:\d{1,4}|x))?", re.IGNORECASE)


def parse_version(header: str | None) -> Version:
    """Return the version that a header names; the newest without one or for `latest`.

    The last part may be a number or a wildcard. Version 1, which the first published client sends,
    means the oldest. Raise BadRequest for anything else; it lists the known versions.
    """
    if not header or header.strip().lower() == "latest":
        return NEWEST
    found = _PATTERN.fullmatch(header.strip())
    if found and int(found[1]) == 1:
        return OLDEST
    if found:
        major, minor = int(found[1]), found[2].lower()
        known = [v for v in Version if v // 100 == major and minor in ("x", str(v % 100))]
        if known:
            return max(known)
    listed = ", ".join(version.text for version in Version)
    raise BadRequest(f"Unknown API version '{shorten_value(header)}'. Known versions are {listed}.")
