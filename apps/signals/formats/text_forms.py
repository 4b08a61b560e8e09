"""Texts with places in them, which a writer fills in and a reader finds again.

What a format writes between its values stands once, in a form. So whoever changes it changes the
reader and the writer of the format together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Formatter


@dataclass(frozen=True)
class TextForm:
    """A text such as `{id}:{name}`, and the regular expression of each of its `places`."""

    shape: str
    places: Mapping[str, str]

    def write(self, **values: object) -> str:
        """Return the text with these values in its places."""
        return self.shape.format(**values)

    def read(self, text: str) -> dict[str, str] | None:
        """Return the values in the places of a text, None for a text of another form."""
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None

    def around(self, place: str, **values: object) -> tuple[str, str]:
        """Return what stands before and after a place, with these values in the others."""
        before, after = self.shape.split(f"{{{place}}}")
        return before.format(**values), after.format(**values)

    def loose_around(self, place: str) -> tuple[str, str]:
        """Return regular expressions of what stands before and after a place.

        Blanks between the letters that divide the places may be there or not.
        """
        pieces = list(self._pieces(_loose))
        at = pieces.index(self._group(place))
        return "".join(pieces[:at]), "".join(pieces[at + 1 :])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(self._pieces()))

    def _pieces(self, pattern: Callable[[str], str] = re.escape) -> Iterator[str]:
        """Yield the regular expressions of letters and places in turn."""
        for letters, place, _, _ in Formatter().parse(self.shape):
            yield pattern(letters)
            if place is not None:
                yield self._group(place)

    def _group(self, place: str) -> str:
        return f"(?P<{place}>{self.places[place]})"


def _loose(letters: str) -> str:
    """The pattern of letters with any blanks between them, and one at most beside a place.

    More beside a place, which may hold blanks itself, could be found in too many ways.
    """
    inner = r"\s*".join(map(re.escape, letters.replace(" ", "")))
    return "".join([
        " ?" if letters.startswith(" ") else "",
        inner,
        " ?" if letters.endswith(" ") else "",
    ])  # fmt: skip
