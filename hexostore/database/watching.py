"""What watches the statements of this process: the log of slow ones, and traces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from hexostore.database import slow


def are_watched() -> bool:
    """Return whether statements are logged if they are slow, or traced."""
    return slow.are_wanted() or settings.HEXOSTORE_TRACING


@contextmanager
def watched(statement: object) -> Iterator[None]:
    """Log or trace a statement, which runs in the block."""
    if not settings.HEXOSTORE_TRACING:
        with slow.timed(statement):
            yield
        return
    from hexostore import tracing

    with tracing.traced(statement):
        if not slow.are_wanted():
            yield
            return
        with slow.timed(statement):
            yield
