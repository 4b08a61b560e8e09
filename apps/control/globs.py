"""Texts in which `*` stands for any characters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Glob:
    """The parts between the stars. Matching takes time in proportion to the text."""

    parts: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Glob:
        """Return the glob that is written so."""
        return cls(tuple(text.split("*")))

    def matches(self, text: str) -> bool:
        """Return whether the whole text fits."""
        first, *rest = self.parts
        if not rest:
            return text == first
        *middle, last = rest
        place, end = len(first), len(text) - len(last)
        if place > end or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:
            found = text.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return True
