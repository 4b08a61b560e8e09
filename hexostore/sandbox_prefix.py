"""The beginning of a path that names a sandbox, as in `/~NAME/api/record/`."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"/+~([^/]*)(/.*|)", re.DOTALL)


def split_prefix(path: str) -> tuple[str | None, str]:
    """Return the name in front of a path, None if there is none, and the path without it."""
    found = _PREFIX.fullmatch(path)
    return (None, path) if found is None else (found[1], found[2] or "/")
