"""Texts with places, which a writer fills in and a reader finds again.

A form defines what a format writes between its values. So a change of the form changes the reader
and the writer of the format together.
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
        """Return the values in the places of a text; None if the text has another form."""
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None

    def text_around(self, place: str, **values: object) -> tuple[str, str]:
        """Return the text before and after a place, with these values in the others."""
        before, after = self.shape.split(f"{{{place}}}")
        return before.format(**values), after.format(**values)

    def loose_around(self, place: str) -> tuple[str, str]:
        """Return regular expressions for the text before and after a place.

        Blanks between the characters that divide the places are optional.
        """
        pieces = list(self._pattern_pieces(_allow_blanks))
        at = pieces.index(self._place_group(place))
        return "".join(pieces[:at]), "".join(pieces[at + 1 :])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(self._pattern_pieces()))

    def _pattern_pieces(self, pattern: Callable[[str], str] = re.escape) -> Iterator[str]:
        """Yield the regular expressions of fixed texts and places in turn."""
        for letters, place, _, _ in Formatter().parse(self.shape):
            yield pattern(letters)
            if place is not None:
                yield self._place_group(place)

    def _place_group(self, place: str) -> str:
        return f"(?P<{place}>{self.places[place]})"


def _allow_blanks(letters: str) -> str:
    """Return the pattern of a fixed text with any blanks inside, and at most one beside a place.

    A place may contain blanks itself. More blanks beside it could match in too many ways.
    """
    inner = r"\s*".join(map(re.escape, letters.replace(" ", "")))
    return "".join([
        " ?" if letters.startswith(" ") else "",
        inner,
        " ?" if letters.endswith(" ") else "",
    ])  # fmt: skip
