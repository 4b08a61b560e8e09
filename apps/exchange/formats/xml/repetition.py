"""Points that look like one that was parsed before, but for their numbers, are read as text.

Most of a file are points of the same few forms. Once the parser has read one, its text becomes a
pattern: `<Time>(...)</Time><Value>(...)</Value>`. What matches it entirely is as well-formed as
the first one, because the groups hold letters, digits and `.:+-` only. This takes a tenth of the
time that the parser needs to make elements and to hand them over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.etree import _Element as Element

from apps.exchange.formats.xml.point_columns import PointTexts, Texts
from apps.exchange.formats.xml.point_elements import Children, leaf_targets

_VALUE = r">([0-9A-Za-z.:+\-]++)</"
_VALUES = re.compile(_VALUE)

_BLANKS = "[ \t\r\n]*+"

_MOST_FORMS = 16
"""So many forms of points are known at a time. Forms that come later go through the parser."""

_NOT_PLAIN = re.compile("<[!?]|&")
"""Comments, instructions, CDATA and references make no form."""


class PointForms:
    """The forms of points that were seen, and where their values go."""

    def __init__(self, texts: PointTexts, grammar: Children, most: int = _MOST_FORMS) -> None:
        self._most = most
        self._texts = texts
        self._grammar = grammar
        self._known: dict[tuple[str, ...], tuple[re.Pattern[str], list[Texts | None]]] = {}

    def learn(self, raw: str, point: Element) -> None:
        """Know the form of a point from its text and from what the parser made of it."""
        if len(self._known) == self._most:
            return
        parts = _VALUES.split(raw)
        between, values = tuple(parts[::2]), parts[1::2]
        if between in self._known or _NOT_PLAIN.search(raw):
            return
        leaves = [*leaf_targets(point, self._grammar)]
        targets = [target for _, target in leaves]
        timed = any(target is self._texts.times for target in targets)
        if timed and values == [text for text, _ in leaves]:
            form = _BLANKS + _VALUE.join(map(re.escape, between))
            self._known[between] = re.compile(form), targets

    def take(self, text: str, place: int) -> tuple[int, int]:
        """Take the points of known forms that follow at a place of a text.

        Return the place after them, and how many they were.
        """
        begun = self._texts.count
        found = True
        while found:
            found = False
            for pattern, targets in self._known.values():
                rows = []
                while match := pattern.match(text, place):
                    rows.append(match.groups())
                    place = match.end()
                if rows:
                    found = True
                    self._put(rows, targets)
        return place, self._texts.count - begun

    def _put(self, rows: Sequence[tuple[str, ...]], targets: Sequence[Texts | None]) -> None:
        first = self._texts.count
        numbers = range(first, first + len(rows))
        for target, values in zip(targets, zip(*rows, strict=True), strict=True):
            if target is not None:
                target.update(zip(numbers, values, strict=True))
        self._texts.end_points(len(rows))
