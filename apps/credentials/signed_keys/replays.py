"""Repeated signatures.

The real service accepts them again within its window (behaviour 4), and so do we, but a developer
may want to know. Each worker remembers its own, since a remark is not worth a statement.
"""

from __future__ import annotations

MOST = 4096

_seen: set[tuple[str, str]] = set()


def was_seen(key: str, signature: str) -> bool:
    """Return whether this worker has recently seen the signature of that key, and remember it."""
    pair = key, signature.lower()
    if pair in _seen:
        return True
    if len(_seen) >= MOST:
        _seen.clear()
    _seen.add(pair)
    return False
