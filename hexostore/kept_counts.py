"""How often kept answers are of use, if somebody counts that (hexostore/web/observer.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Kept = Literal["page", "keys", "nothing"]
"""What was kept of a list: its page, the keys of its rows, or nothing that was still valid."""

_listeners: list[Callable[[Kept], None]] = []


def tell_kept(listener: Callable[[Kept], None]) -> None:
    """Have one listener of this process be told of each list, in place of the one before."""
    _listeners[:] = [listener]


def note_kept(kept: Kept) -> None:
    """Note what was kept of a list that somebody asked for."""
    for listener in _listeners:
        listener(kept)
