"""The space on the disk of a home."""

from __future__ import annotations

import shutil
from pathlib import Path

LEAST = 32 << 20
"""Without so many bytes PostgreSQL stops working: two segments of its log."""


def explain_failure(text: str, home: Path) -> str:
    """Return the text of a database error; if the disk is full, its first line and that.

    PostgreSQL ends without telling its clients much, if it cannot write its log.
    """
    try:
        free = shutil.disk_usage(home).free
    except OSError:
        return text
    if free >= LEAST:
        return text
    first = text.partition("\n")[0].rstrip(".:")
    return f"{first}. Only {free >> 20} MiB are free on the disk of {home}; free some space."
