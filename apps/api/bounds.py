"""How long what a client sends may be before anything looks closer at it.

Parsers take time that grows faster than their text. What is longer than these bounds means
nothing to any client that is known, and is refused at once.
"""

from __future__ import annotations

LONGEST_DATE = 64
"""Characters of a date or a moment."""

LONGEST_NUMBER = 400
"""Digits of a whole number that is written as a text."""

LONGEST_TEXT = 65_536
"""Characters of a text whose column has no limit, and bytes of a free JSON value."""

MOST_VALUES = 1000
"""Values of one filter, keys of a set: as many as a page may have rows."""

MOST_OBJECTS = 1000
"""Rows that one PATCH of a list may create, change and delete."""

MOST_ITEMS = 1000
"""Items of a list in a body, each of which costs a look into the database."""

MOST_ORDERS = 20
"""Names in order_by."""

MOST_STEPS = 8
"""Steps of a walk through links, for each of which the database joins a table in."""

MOST_WORDS, LONGEST_SEARCH = 20, 400
"""Words of a search, each of which is looked for in every row, and its characters."""

QUOTED, LONGEST_ERROR = 100, 1000
"""Characters of a value that an error text repeats, and of the whole text."""


def shorten_value(value: object, most: int = QUOTED) -> str:
    """Return a value as text, cut to `most` characters of which the last says that it was cut."""
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
