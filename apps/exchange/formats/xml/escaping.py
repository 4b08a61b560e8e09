"""Texts as XML allows them."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may contain, not even as references."""


def escaped(text: str) -> str:
    """Return a text for the inside of an element or attribute, without forbidden characters."""
    return escape(_FORBIDDEN.sub("", text), {'"': "&quot;", "\r": "&#13;"})


def element(name: str, text: str) -> str:
    """Return an element with a text."""
    return f"<{name}>{escaped(text)}</{name}>"
