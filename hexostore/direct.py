"""The URL of the database past a pooler, for what needs a session."""

from __future__ import annotations

import os

DIRECT = "DATABASE_DIRECT_URL"


def direct_url() -> str:
    """Return the URL of the database for what needs a session of its own: DATABASE_DIRECT_URL, or
    DATABASE_URL if no pooler is in between."""
    return os.environ.get(DIRECT) or os.environ["DATABASE_URL"]


def has_pool() -> bool:
    """Return whether DATABASE_URL leads through a pooler, and another URL past it."""
    return bool(os.environ.get(DIRECT))
