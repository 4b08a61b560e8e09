"""Tells whether a loaded file is a seed or a download."""

from __future__ import annotations

import stat
from pathlib import Path

from apps.sandbox.seed_rows import SeedError
from apps.signals.formats.csv.reader import TABLES
from apps.signals.formats.file_names import CSV, EDF, HXD, WAV
from apps.signals.formats.reading.members import is_zip

DOWNLOADS = (".zip", EDF, HXD, WAV, CSV)
"""Suffixes of files that are never a seed, whatever they contain."""

READ = "a seed is a JSON object; a download is a .zip, its folder, or a .csv, .txt, .edf or .wav"

_BEGINNING = 64  # bytes in which JSON shows itself


def is_download(place: Path) -> bool:
    """Return whether a file is a download and not a seed, by its suffix or by how it begins.

    Raise SeedError if it is neither. A missing or unreadable file is left to whoever opens it.
    """
    suffix = place.suffix.lower()
    if place.is_dir() or suffix in DOWNLOADS:
        return True
    beginning = _read_beginning(place)
    if suffix == ".json" or beginning is None or beginning[:1] in (b"{", b"["):
        return False
    if suffix in TABLES or is_zip(place):
        return True
    raise SeedError(f"{place} is neither a seed nor a download: {READ}.")


def _read_beginning(place: Path) -> bytes | None:
    """Return the first bytes of a file, without what may precede JSON; None if it is not a file."""
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            return None
        with place.open("rb") as file:
            return file.read(_BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return None
