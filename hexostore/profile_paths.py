"""How the file of a profile is told from the name of a profile."""

from __future__ import annotations

import os

_SEPARATORS = {os.sep, os.altsep or os.sep}


def names_file(told: str) -> bool:
    """Return whether a text is the path of a file and not a name: it ends with `.json` or has a
    separator of paths."""
    return told.endswith(".json") or not _SEPARATORS.isdisjoint(told)
