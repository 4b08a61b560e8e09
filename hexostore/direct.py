"""The URL of the database past a pooler, for what needs a session."""

from __future__ import annotations

import os

DIRECT_VARIABLE = "DATABASE_DIRECT_URL"

DIRECT_ENTRY = "DIRECT"
"""The member of DATABASES["default"] with the entry of the database past its pooler."""


def direct_url() -> str:
    """Return the URL of the database for what needs a session of its own: DATABASE_DIRECT_URL, or
    DATABASE_URL if no pooler is in between."""
    return os.environ.get(DIRECT_VARIABLE) or os.environ["DATABASE_URL"]


def has_pool() -> bool:
    """Return whether DATABASE_URL leads through a pooler, and another URL past it."""
    return bool(os.environ.get(DIRECT_VARIABLE))
