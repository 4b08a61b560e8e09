"""Methods of HTTP."""

from __future__ import annotations

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing (RFC 9110, section 9.2.1)."""
