"""The disk: its free space, and files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
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


def replace_text(file: Path, text: str) -> None:
    """Write a file in UTF-8, so that it has all of the text, or else what it had before.

    A link, device or pipe is written to directly. Raise OSError.
    """
    if file.is_symlink() or (file.exists() and not file.is_file()):
        file.write_text(text, encoding="utf-8")
        return
    descriptor, name = tempfile.mkstemp(prefix=".hexostore-", dir=file.parent)
    os.close(descriptor)
    draft = Path(name)
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
