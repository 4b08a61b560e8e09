"""Which statements are slow, in the log: HEXOSTORE_SLOW_STATEMENTS says from how many milliseconds.

Values of statements are not logged, since some are secrets.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from django.conf import settings

LONGEST = 4000
"""The most characters of a statement that are logged."""

_log = logging.getLogger("hexostore.database")


def are_wanted() -> bool:
    """Return whether slow statements are logged."""
    return bool(settings.HEXOSTORE_SLOW_STATEMENTS)


@contextmanager
def timed(statement: object) -> Iterator[None]:
    """Log a statement, which runs in the block, if it took as long as the setting says."""
    began = perf_counter()
    try:
        yield
    finally:
        spent = (perf_counter() - began) * 1000
        if spent >= settings.HEXOSTORE_SLOW_STATEMENTS:
            text = " ".join(str(statement).split())[:LONGEST]
            _log.warning("slow statement, %.0f ms: %s", spent, text)
