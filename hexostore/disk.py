"""The room on the disk of a home."""

from __future__ import annotations

import shutil
from pathlib import Path

LEAST = 32 << 20
"""Bytes without which PostgreSQL stops working: two segments of its log."""


def explain_failure(text: str, home: Path) -> str:
    """Return what a database says, or where the disk is full its first line and that.

    PostgreSQL ends, and tells its clients hardly anything, when it cannot write its log.
    """
    try:
        free = shutil.disk_usage(home).free
    except OSError:
        return text
    if free >= LEAST:
        return text
    first = text.partition("\n")[0].rstrip(".:")
    return f"{first}. Only {free >> 20} MiB are free on the disk of {home}; free some space."
