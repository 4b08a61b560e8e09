"""Generated pages. The committed ones must equal what would be generated now.

Only `./bin/docs` writes them. It runs the tests that make the pages, with `HEXOSTORE_WRITE_DOCS`.
Then `settle_pages` writes what it otherwise compares.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

LINES_SHOWN = 20

Pages = Mapping[Path, str]
"""The text of each file."""


class Stale(AssertionError):
    """A committed page differs from what would be generated now."""


def are_written() -> bool:
    """Return whether pages are to be written rather than compared."""
    return bool(os.environ.get("HEXOSTORE_WRITE_DOCS"))


def settle_pages(wanted: Pages, others: Iterable[Path] = ()) -> None:
    """Compare pages with their files, or write them and delete the `others`.

    Raise Stale for the first file that differs, is missing, or is one of the others.
    """
    gone = set(others) - wanted.keys()
    if are_written():
        _write_pages(wanted, gone)
        return
    for file in sorted(gone):
        raise _stale_error(file, "nothing makes it any more")
    for file, text in wanted.items():
        if not file.exists():
            raise _stale_error(file, "it is missing")
        if file.read_text() != text:
            raise _stale_error(file, _show_difference(file.read_text(), text))


def _write_pages(wanted: Pages, gone: Iterable[Path]) -> None:
    for file in gone:
        file.unlink()
    for file, text in wanted.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _stale_error(file: Path, why: str) -> Stale:
    here = Path.cwd()
    name = file.relative_to(here) if file.is_relative_to(here) else file
    return Stale(f"{name} is stale, ./bin/docs writes it anew: {why}")


def _show_difference(committed: str, made: str) -> str:
    lines = difflib.unified_diff(
        committed.splitlines(), made.splitlines(), "committed", "made now", lineterm=""
    )
    return "\n" + "\n".join(islice(lines, LINES_SHOWN))
