"""Limits on the length of what a client sends, checked before anything else.

The time of a parser grows faster than its text. No known client needs longer values, so they are
refused at once.
"""

from __future__ import annotations

LONGEST_DATE = 64
"""Characters of a date or a moment."""

LONGEST_NUMBER = 400
"""Digits of a whole number that is sent as a text."""

LONGEST_KEY = 18
"""Digits of an id; every number of so many fits into a column."""

LONGEST_TEXT = 65_536
"""Characters of a text whose column has no limit, and bytes of a free JSON value."""

MOST_VALUES = 1000
"""Values of one filter, or keys of a set: as many as a page may have rows."""

MOST_OBJECTS = 1000
"""Rows that one PATCH of a list may create, change and delete."""

MOST_ITEMS = 1000
"""Items of a list in a body. Each needs a look-up in the database."""

MOST_ORDERS = 20
"""Names in order_by."""

MOST_STEPS = 8
"""Links in a filter or an order. For each, the database joins a table."""

MOST_WORDS, LONGEST_SEARCH = 20, 400
"""Words of a search, each of which is looked for in every row, and characters of a search."""

QUOTED, LONGEST_ERROR = 100, 1000
"""Characters of a value that an error text repeats, and of the whole text."""


def shorten_value(value: object, most: int = QUOTED) -> str:
    """Return a value as text, cut to `most` characters. The last one shows that it was cut."""
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
