"""Signatures that came before. The real service takes them again within its window
(behaviour 4), and so do we, but a developer may want to know.

Each worker remembers its own: it is a remark, and not worth a statement.
"""

from __future__ import annotations

MOST = 4096

_seen: set[tuple[str, str]] = set()


def was_seen(key: str, signature: str) -> bool:
    """Whether this worker has seen the signature by that key of late; now it has."""
    pair = key, signature.lower()
    if pair in _seen:
        return True
    if len(_seen) >= MOST:
        _seen.clear()
    _seen.add(pair)
    return False
