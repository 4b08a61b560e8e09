"""What a file is that somebody loads: a seed or a download."""

from __future__ import annotations

import stat
from pathlib import Path

from apps.archives.sources import EDF, HXD, WAV
from apps.sandbox.seed_rows import SeedError
from apps.signals.formats.csv.reader import TABLES
from apps.signals.formats.reading.members import is_zip

DOWNLOADS = (".zip", EDF, HXD, WAV, ".csv")
"""Suffixes of what is no seed whatever it holds."""

READ = "a seed is a JSON object; a download is a .zip, its folder, or a .csv, .txt, .edf or .wav"

_BEGINNING = 64  # bytes in which JSON shows itself


def is_download(place: Path) -> bool:
    """Whether that is a download and no seed: by its suffix, or else by how it begins.

    Raise SeedError for what is neither. What is missing or cannot be read is left to whoever
    opens it.
    """
    suffix = place.suffix.lower()
    if place.is_dir() or suffix in DOWNLOADS:
        return True
    beginning = _beginning(place)
    if suffix == ".json" or beginning is None or beginning[:1] in (b"{", b"["):
        return False
    if suffix in TABLES or is_zip(place):
        return True
    raise SeedError(f"{place} is neither a seed nor a download: {READ}.")


def _beginning(place: Path) -> bytes | None:
    """The first bytes of a file, without what may stand before JSON; None where it is none."""
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            return None
        with place.open("rb") as file:
            return file.read(_BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return None
