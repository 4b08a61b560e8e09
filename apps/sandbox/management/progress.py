"""The progress of a command, shown on a terminal only: one line that is replaced."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]

_CLEAR = "\r\x1b[K"


@contextmanager
def on_terminal(*, quiet: bool = False) -> Iterator[Progress]:
    """Yield a function that shows the text of the line. The line is cleared at the end."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield _show_line
    finally:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()


def _show_line(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write(_CLEAR + text[:width])
    sys.stderr.flush()
