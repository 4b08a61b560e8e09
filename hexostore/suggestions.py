"""Suggestions for a mistyped word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.6
"""How similar two words must be, from 0 to 1, before one is suggested for the other."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'serve'?` for the most similar known word, or ""."""
    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=_ALIKE)
    return f" Did you mean {by_folded[found[0]]!r}?" if found else ""
